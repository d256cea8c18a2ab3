import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Directory, shown, type Tenant } from './kit.ts';

const PROCESS = fileURLToPath(new URL('./crash-process.ts', import.meta.url));

const before: Tenant = {
  users: {
    a: { userName: 'ada', manager: 'b' },
    b: { userName: 'bob' },
    c: { userName: 'carol' },
    d: { userName: 'dan' },
  },
  groups: {
    g: { name: 'Team', members: ['a', 'b', '@h'] },
    h: { name: 'Inner', members: ['c'] },
    i: { name: 'Gone', members: ['d'] },
  },
};
/** Every kind of change at once. */
const after: Tenant = {
  users: {
    a: { userName: 'bob', manager: 'e' },
    b: { userName: 'ada', department: 'New' },
    c: { userName: 'carol', active: false },
    e: { userName: 'eve' },
  },
  groups: {
    g: { name: 'Team 2', members: ['a', 'e'] },
    h: { name: 'Inner', members: ['b', '@g'] },
    j: { name: 'Gone', members: ['e'] },
  },
};

const TABLES = [
  'nodes',
  'mirror_users',
  'mirror_groups',
  'accounts',
  'identities',
  'groups',
  'group_sources',
  'memberships',
  'past_memberships',
  'group_nesting',
  'journal',
  'problems',
];
const dump = (directory: Directory) => TABLES.map((table) => directory.rows(`SELECT * FROM ${table}`));

function child(directory: Directory, n: number) {
  const run = spawnSync(process.execPath, [PROCESS, directory.path, JSON.stringify(after), String(n)], {
    encoding: 'utf8',
  });
  return {
    signal: run.signal,
    told: run.stdout === '' ? null : (JSON.parse(run.stdout) as { statements: number; outcome: string }),
    err: run.stderr,
  };
}

/** How many of the statements to die at; `all` is every one. */
const CRASHES = process.env.ROSTERD_CRASHES ?? '8';

test('killed before any statement of a pass, the directory is the old one or the new one, and the next pass converges', async () => {
  using counting = new Directory();
  await counting.pass(before);
  const { told, err } = child(counting, 0);
  expect(err).toBe('');
  const statements = told?.statements ?? 0;
  expect(statements).toBeGreaterThan(30);
  using right = new Directory();
  await right.pass(after);

  const step = CRASHES === 'all' ? 1 : Math.max(1, Math.floor(statements / Number(CRASHES)));
  const ends = { old: 0, new: 0 };
  // The last ones are never left out: before them lies the commit.
  const sampled = Array.from({ length: Math.ceil(statements / step) }, (_, at) => 1 + at * step);
  for (const n of new Set([...sampled, statements - 2, statements - 1, statements])) {
    using directory = new Directory();
    await directory.pass(before);
    const old = dump(directory);
    expect(child(directory, n).signal, `statement ${n}`).toBe('SIGKILL');
    expect(directory.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const now = dump(directory);
    if (JSON.stringify(now) === JSON.stringify(old)) ends.old++;
    else {
      ends.new++;
      expect(shown(directory)).toEqual(shown(right));
    }
    const [run] = directory.rows<{ outcome: string }>('SELECT outcome FROM v1_runs WHERE id = 2');
    await directory.pass(after);
    if (run?.outcome === 'running')
      expect(directory.rows('SELECT outcome FROM v1_runs WHERE id = 2')).toEqual([{ outcome: 'interrupted' }]);
    expect(shown(directory)).toEqual(shown(right));
  }
  console.log(`killed ${ends.old + ends.new} times at ${statements} statements: ${ends.old} old, ${ends.new} new`);
  expect(ends.old).toBeGreaterThan(0);
}, 900_000);
