import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import { Directory, SOURCE, shown, type Tenant } from '../sync/kit.ts';
import { bytesOf, overwritePage } from './damage.ts';
import { backedUp, lastIds, refusedRestore, restored } from './restore-kit.ts';

const tenant = (...users: string[]): Tenant => ({
  users: Object.fromEntries(users.map((id) => [id, {}])),
  groups: { g1: { members: users } },
});
const many = (n: number): string[] => Array.from({ length: n }, (_, at) => `u${String(at).padStart(3, '0')}`);
const limited = { source: { ...SOURCE, limits: DEFAULT_LIMITS } };
const idOf = (directory: Directory) => directory.rows<{ id: string }>('SELECT id FROM v1_directory')[0]?.id;

describe('a directory that was put back', () => {
  test('is the backup, has another id, and gives no id twice', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1', 'u2'));
    const before = { shown: shown(directory), id: idOf(directory) };
    const users = directory.rows('SELECT id, user_name FROM v1_users');
    const file = await backedUp(directory);
    // Since the backup u3 came, with an id that applications have seen.
    await directory.pass(tenant('u1', 'u2', 'u3'));
    const seen = directory.rows<{ id: number }>("SELECT id FROM v1_users WHERE user_name = 'u3'")[0]?.id ?? 0;
    const last = lastIds(directory);
    const { kept, runId, directoryId } = await restored(directory, file);
    expect(shown(directory)).toEqual(before.shown);
    expect(directory.rows('SELECT id, user_name FROM v1_users')).toEqual(users);
    expect(idOf(directory)).toBe(directoryId);
    expect(directoryId).not.toBe(before.id);
    expect(lastIds(directory)).toEqual({
      accounts: (last.accounts ?? 0) + 1_000_000,
      groups: (last.groups ?? 0) + 1_000_000,
      journal: (last.journal ?? 0) + 1_000_000,
      runs: (last.runs ?? 0) + 1_000_001,
    });
    await directory.pass(tenant('u1', 'u2', 'u3'));
    expect(directory.rows("SELECT id FROM v1_users WHERE user_name = 'u3'")).toEqual([{ id: seen + 1_000_001 }]);

    expect(directory.rows('SELECT * FROM v1_runs WHERE id = ?', runId)).toEqual([
      expect.objectContaining({
        ...{ source: 'local', mode: 'restore', trigger: 'hand', actor: 'ada', outcome: 'ok' },
        message: expect.stringMatching(/^Restored from .*backup\.db, made 2026-.*Z\. The directory before is kept as /),
      }),
    ]);
    // The file before is kept, whole.
    using old = new Directory(kept ?? '');
    expect(old.rows("SELECT id FROM v1_users WHERE user_name = 'u3'")).toEqual([{ id: seen }]);
    expect(idOf(old)).toBe(before.id);
    expect((statSync(kept ?? '').mode & 0o777).toString(8)).toBe('640');
    expect(readdirSync(directory.folder).filter((name) => /partial|-wal|-shm|-journal|holder/.test(name))).toEqual([]);
  });

  test('goes on above its own ids, where those of the backup are the larger ones', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    const file = await backedUp(directory);
    await restored(directory, file);
    const once = lastIds(directory);
    const far = await backedUp(directory, 'far.db');
    rmSync(directory.path);
    await directory.pass(tenant('u1'));
    await restored(directory, far);
    expect(lastIds(directory)).toMatchObject({ accounts: (once.accounts ?? 0) + 1_000_000 });
  });

  test('the next pass lists and plans everything, and says so; the one after does not', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1', 'u2', 'u3'));
    const file = await backedUp(directory);
    await directory.pass(tenant('u1', 'u2'));
    await restored(directory, file);
    // Something that only a plan of everything finds.
    directory.write('DELETE FROM memberships WHERE account_id = 2');
    const next = await directory.pass(tenant('u1', 'u2'));
    expect(next.outcome).toBe('ok');
    expect(next.message).toMatch(
      /^The directory was put back from a backup since the last pass of this source \(run 10000\d\d, /,
    );
    expect(shown(directory).users.map((user) => user.user_name)).toEqual(['u1', 'u2']);
    expect(shown(directory).members).toHaveLength(2);
    expect(await directory.pass(tenant('u1', 'u2'))).toMatchObject({ outcome: 'unchanged', message: null });
  });

  test('limits hold as ever: who left since then in numbers waits for an approval, and the screen says why', async () => {
    using directory = new Directory();
    const all = many(100);
    await directory.pass(tenant(...all), { request: limited });
    const file = await backedUp(directory);
    const left = all.slice(30);
    await directory.pass(tenant(...left));
    await restored(directory, file);
    const next = await directory.pass(tenant(...left), { request: limited });
    expect(next.outcome).toBe('blocked');
    expect(next.blocked?.causes[0]).toMatch(/^The directory was put back from a backup since/);
    expect(shown(directory).users).toHaveLength(100);
    const plan = next.blocked?.id ?? '';
    const approval = { plan, reason: null };
    const request = { ...limited, mode: 'approve', read: 'missing', approval } as const;
    expect(await directory.pass(tenant(...left), { request })).toMatchObject({ outcome: 'ok' });
    expect(shown(directory).users).toHaveLength(70);
  });

  test('what was taken in the last 24 hours counts as it did when the backup was made', async () => {
    using directory = new Directory();
    const all = many(100);
    await directory.pass(tenant(...all), { request: limited });
    await directory.pass(tenant(...all.slice(8)), { request: limited });
    const file = await backedUp(directory);
    await restored(directory, file);
    expect(await directory.pass(tenant(...all.slice(14)), { request: limited })).toMatchObject({ outcome: 'blocked' });
    expect(await directory.pass(tenant(...all.slice(10)), { request: limited })).toMatchObject({ outcome: 'ok' });
  });

  test('a plan that waited waits on, under another id: its own may have been decided on since', async () => {
    using directory = new Directory();
    const all = many(100);
    await directory.pass(tenant(...all), { request: limited });
    const stopped = await directory.pass(tenant(...all.slice(50)), { request: limited });
    const file = await backedUp(directory);
    await directory.pass(tenant(...all), { request: limited });
    const { waiting } = await restored(directory, file);
    expect(waiting).toEqual([{ source: 'corp', plan: expect.stringMatching(/^[a-z2-9]{6}$/) }]);
    const plan = waiting[0]?.plan ?? '';
    expect(plan).not.toBe(stopped.blocked?.id);
    const approve = (id: string) =>
      directory.pass(tenant(...all.slice(50)), {
        request: { ...limited, mode: 'approve', read: 'missing', approval: { plan: id, reason: null } },
      });
    expect(await approve(stopped.blocked?.id ?? '')).toMatchObject({ outcome: 'failed', code: 'approval' });
    // The same removals, so the same plan.
    const again = await directory.pass(tenant(...all.slice(50)), { request: limited });
    expect(again.blocked).toMatchObject({ id: plan, again: true });
    expect(await approve(plan)).toMatchObject({ outcome: 'ok' });
    expect(shown(directory).users).toHaveLength(50);
  });

  test('a run that was cut off in the backup is interrupted, also of a source that is no more', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    directory.write("UPDATE runs SET outcome = 'running', finished_at = NULL");
    const file = await backedUp(directory);
    await restored(directory, file);
    expect(directory.rows('SELECT outcome FROM v1_runs')).toEqual([{ outcome: 'interrupted' }, { outcome: 'ok' }]);
  });
});

describe('readers', () => {
  test('one in the middle of a transaction reads on, and the next one sees the new directory', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    const file = await backedUp(directory);
    await directory.pass(tenant('u1', 'u2'));
    const writer = new Database(directory.path);
    writer.pragma('journal_mode = WAL');
    const reader = new Database(directory.path, { readonly: true });
    const names = () => reader.prepare('SELECT user_name FROM v1_users ORDER BY 1').pluck().all();
    reader.exec('BEGIN');
    expect(names()).toEqual(['u1', 'u2']);
    await restored(directory, file);
    expect(names()).toEqual(['u1', 'u2']);
    reader.exec('COMMIT');
    expect(names()).toEqual(['u1']);
    reader.close();
    writer.close();
  });
});

describe('a directory that is damaged, or not there', () => {
  const cases: [string, (directory: Directory) => void, boolean][] = [
    ['a page of a table', (d) => overwritePage(d.path, 'accounts'), true],
    ['the page of the ids', (d) => overwritePage(d.path, 'sqlite_sequence'), true],
    ['the first page', (d) => overwritePage(d.path, null), true],
    ['cut off', (d) => truncateSync(d.path, 5000), true],
    ['no SQLite file', (d) => writeFileSync(d.path, 'rubbish\n'.repeat(1000)), true],
    ['gone', (d) => rmSync(d.path), false],
    ['empty', (d) => truncateSync(d.path, 0), false],
  ];
  test.each(cases)('%s: the backup comes back, and the next pass goes on from it', async (_, damage, keeps) => {
    using directory = new Directory();
    await directory.pass(tenant('u1', 'u2'));
    const file = await backedUp(directory);
    const before = shown(directory);
    const last = lastIds(directory);
    damage(directory);
    const broken = keeps ? bytesOf(directory.path) : null;
    const { kept } = await restored(directory, file);
    expect(shown(directory)).toEqual(before);
    expect(directory.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(lastIds(directory).accounts).toBe((last.accounts ?? 0) + 1_000_000);
    expect(kept !== null).toBe(keeps);
    if (kept !== null && broken !== null) expect(bytesOf(kept).subarray(100).equals(broken.subarray(100))).toBe(true);
    expect((statSync(directory.path).mode & 0o777).toString(8)).toBe('640');
    expect(await directory.pass(tenant('u1', 'u2', 'u3'))).toMatchObject({ outcome: 'ok' });
    expect(shown(directory).members).toHaveLength(3);
    expect(readdirSync(directory.folder).filter((name) => /partial|-wal|-shm|-journal/.test(name))).toEqual([]);
  });

  test('what was killed and left in WAL mode is kept with what lies in -wal', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    const file = await backedUp(directory);
    const open = new Database(directory.path);
    open.pragma('journal_mode = WAL');
    open.exec("UPDATE accounts SET title = 'in the WAL'");
    const { kept } = await restored(directory, file);
    open.close();
    using old = new Directory(kept ?? '');
    expect(old.rows('SELECT title FROM v1_users')).toEqual([{ title: 'in the WAL' }]);
    expect(directory.rows('SELECT title FROM v1_users')).toEqual([{ title: null }]);
  });

  test('made by a newer rosterd: a restore is the way back', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    const file = await backedUp(directory);
    directory.write('PRAGMA user_version = 99; CREATE TABLE tomorrow (id INTEGER)');
    const { kept } = await restored(directory, file);
    expect(directory.rows('PRAGMA user_version')).toEqual([{ user_version: 1 }]);
    expect(directory.rows("SELECT name FROM sqlite_master WHERE name = 'tomorrow'")).toEqual([]);
    expect(existsSync(kept ?? '')).toBe(true);
  });
});

describe('refused with exit status 2, and nothing is touched', () => {
  const cases: [string, (directory: Directory, backup: string) => unknown, string][] = [
    ['no file', (d) => join(d.folder, 'none.db'), 'There is no file none.db; nothing was done.'],
    ['the directory itself', (d) => d.path, 'directory.db is the directory itself'],
    ['a text', (d) => join(d.folder, 'text'), 'text is no backup of a directory; nothing was done.'],
    ['an empty file', (d) => join(d.folder, 'empty'), 'empty is empty, and no backup'],
    ['another program’s', (d) => join(d.folder, 'other.db'), 'other.db is no backup of a directory; nothing was done.'],
    ['a damaged backup', (_, b) => overwritePage(b, 'journal'), 'backup.db is damaged ('],
    ['one with a damaged index', (_, b) => overwritePage(b, 'memberships_of_account'), 'backup.db is damaged ('],
    ['half a backup', (_, b) => truncateSync(b, 40_960), 'backup.db is damaged ('],
    [
      'one of a newer rosterd',
      (_, b) => new Database(b).exec('PRAGMA user_version = 99').close(),
      'backup.db was made by a newer rosterd (its tables are version 99, this one knows 1)',
    ],
  ];
  test.each(cases)('%s', async (_, spoil, sentence) => {
    using directory = new Directory();
    await directory.pass(tenant(...many(50)));
    const backup = await backedUp(directory);
    writeFileSync(join(directory.folder, 'text'), 'rubbish\n'.repeat(1000));
    writeFileSync(join(directory.folder, 'empty'), '');
    new Database(join(directory.folder, 'other.db')).exec('CREATE TABLE theirs (id INTEGER)').close();
    const named = spoil(directory, backup);
    const file = typeof named === 'string' ? named : backup;
    const before = bytesOf(directory.path);
    expect(await refusedRestore(directory, file)).toEqual({ exit: 2, message: expect.stringContaining(sentence) });
    // Entering and leaving WAL mode touches the file change counter of the first page.
    expect(bytesOf(directory.path).subarray(100).equals(before.subarray(100))).toBe(true);
    const names = readdirSync(directory.folder).filter((name) => !name.endsWith('.lock'));
    expect(names.sort()).toEqual(['backup.db', 'directory.db', 'empty', 'other.db', 'text']);
  });

  test('a file of another program in the place of the directory', async () => {
    using directory = new Directory();
    await directory.pass(tenant('u1'));
    const file = await backedUp(directory);
    rmSync(directory.path);
    new Database(directory.path).exec('CREATE TABLE theirs (id INTEGER)').close();
    expect(await refusedRestore(directory, file)).toMatchObject({ exit: 2 });
    expect(directory.rows('SELECT * FROM theirs')).toEqual([]);
  });
});

test('a daemon, or a pass of any source, is waited for: exit status 5 names the holder', async () => {
  using directory = new Directory();
  await directory.pass(tenant('u1'));
  const file = await backedUp(directory);
  for (const [source, sentence] of [
    ['_daemon', /^the daemon, process \d+ on .* has directory\.db\. Stop it first; nothing was done\.$/],
    ['gone-from-the-file', /^Source `gone-from-the-file` is busy: the daemon, process/],
  ] as const) {
    const lock = await lockSource(directory.path, source, 'the daemon', { clock: systemClock, wait: 0 });
    expect(await refusedRestore(directory, file)).toEqual({ exit: 5, message: expect.stringMatching(sentence) });
    lock.release();
  }
  await restored(directory, file);
});

test('edits by hand that the backup does not have are told', async () => {
  using directory = new Directory();
  await directory.pass(tenant('u1'));
  const file = await backedUp(directory);
  expect((await restored(directory, file)).lost).toEqual([]);
  directory.write(`INSERT INTO runs (id, mode, trigger, actor, started_at, finished_at, outcome, version, message)
      VALUES (7, 'hand', 'hand', 'root', '2026-01-02T00:00:00.000Z', '2026-01-02T00:00:00.000Z', 'ok', 'test', 'laptop stolen');
    INSERT INTO journal (run_id, at, source, object, object_id, object_name, action, reason)
      VALUES (7, '2026-01-02T00:00:00.000Z', 'corp', 'user', 1, 'u1', 'suspend', 'hand')`);
  expect((await restored(directory, file)).lost).toEqual([
    {
      ...{ run: 7, at: '2026-01-02T00:00:00.000Z', actor: 'root', reason: 'laptop stolen' },
      ...{ object: 'user', name: 'u1', action: 'suspend', source: null },
    },
  ]);
});
