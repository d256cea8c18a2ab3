import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { changes } from '../../src/cli/changes.ts';
import { explain } from '../../src/cli/explain.ts';
import { groups } from '../../src/cli/groups.ts';
import { LOOKUPS } from '../../src/cli/lookups.ts';
import { members } from '../../src/cli/members.ts';
import { problems } from '../../src/cli/problems.ts';
import { runs } from '../../src/cli/runs.ts';
import { users } from '../../src/cli/users.ts';
import { closeDirectory, openDirectory } from '../../src/directory/open.ts';
import { Directory, type Tenant } from '../sync/kit.ts';
import { company, look, paper, refused, rows } from './lookups-kit.ts';

const COMMANDS = { users, groups, members, runs, changes, problems, explain };

test('every command that is declared is there, with help for each flag and its default', async () => {
  expect(LOOKUPS.map((command) => command.name)).toEqual(Object.keys(COMMANDS));
  for (const { name, options } of LOOKUPS) {
    const loaded: Record<string, unknown> = await import(`../../src/cli/${name}.ts`);
    expect(loaded[name]).toBeTypeOf('function');
    for (const [flags, help] of options) {
      expect(flags).toMatch(/^--[a-z]+( <[a-z]+>)?$/);
      expect(help).toMatch(/ \(default: [^)]+\)$/);
    }
  }
});

describe('problems', () => {
  test('none', async () => {
    using directory = new Directory();
    await directory.pass({ users: { u1: {} } });
    expect(await paper(directory, problems, {})).toBe('No problems.\n');
    expect(await paper(directory, problems, { json: true })).toBe('[]\n');
  });

  const TROUBLED: Tenant = {
    users: { u1: { userName: 'ada' }, u2: { userName: 'ADA' }, u3: { userName: 'carol', active: null } },
    groups: { g1: { name: 'Secret', members: null } },
  };

  test('each with what it is about, since when and why', async () => {
    using directory = new Directory();
    await directory.pass(TROUBLED);
    expect(await paper(directory, problems, {})).toMatchInlineSnapshot(`
      "kind                object        source  since (UTC)       detail
      active-unknown      user u3       corp    2026-01-01 00:00  The identity provider did not say whether this user is active; the last known state stays. Check that the permission to read users covers this user.
      members-unread      group Secret  corp    2026-01-01 00:00  Its members could not be read (HTTP 403); the last known members stay.
      user-name-conflict  user u2       corp    2026-01-01 00:00  No account was made: the user name \`ADA\` is held by account 1 of source corp. Rename one of the two at the identity provider.
      "
    `);
    expect(await paper(directory, problems, { source: 'corp', limit: '1' })).toContain(
      '… and 2 more; --limit 0 shows all',
    );
    expect((await refused(directory, problems, { source: 'core' })).message).toMatch(/did you mean `corp`\?$/);
  });

  test('the reason wraps on a terminal', async () => {
    using directory = new Directory();
    await directory.pass(TROUBLED);
    expect((await look(directory, problems, { limit: '1' }, { columns: 72 })).out).toMatchInlineSnapshot(`
      "kind            object   source  since (UTC)
      active-unknown  user u3  corp    2026-01-01 00:00
          The identity provider did not say whether this user is active; the
          last known state stays. Check that the permission to read users
          covers this user.
      … and 2 more; --limit 0 shows all
      "
    `);
  });

  test('for programs, the view and the name', async () => {
    using directory = new Directory();
    await directory.pass(TROUBLED);
    const names = (await rows(directory, problems, {})).map(({ object_name, ...view }) => ({ object_name, view }));
    expect(names.map((one) => one.object_name)).toEqual([null, 'Secret', null]);
    expect(names.map((one) => one.view)).toEqual(
      directory.rows('SELECT * FROM v1_problems ORDER BY since, source, kind'),
    );
  });
});

describe('what an identity provider sends', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31m\nroot  active\u202e\u2028';
  // A user or group name with control characters is refused by the pass.
  const NAME = 'eve\u202e\u2028 root';
  const tenant = (mark: string): Tenant => ({
    users: {
      [`u1${EVIL}`]: {
        userName: NAME,
        displayName: `${EVIL}${mark}`,
        email: `${EVIL}@x`,
        department: `${EVIL}${mark}`,
      },
      u2: { userName: NAME.toUpperCase() },
      u3: { userName: EVIL },
    },
    groups: { g1: { name: NAME, description: EVIL + mark, members: [`u1${EVIL}`, `stranger${EVIL}`] } },
  });

  test.each([
    ['users', users, {}],
    ['groups', groups, {}],
    ['members', members, { group: NAME }],
    ['members of a person', members, { user: NAME }],
    ['runs', runs, {}],
    ['changes', changes, {}],
    ['problems', problems, {}],
  ])('never reaches a terminal as it is: %s', async (_, command, options) => {
    using directory = new Directory();
    await directory.pass(tenant('a'));
    await directory.pass(tenant('b'));
    for (const how of [{}, { json: true }]) {
      for (const terminal of [undefined, { columns: 90 }]) {
        const { exit, out } = await look<object>(directory, command, { ...options, ...how }, terminal);
        expect(exit).toBe(0);
        expect(out).not.toMatch(/[^\n\P{C}]|[\u2028\u2029]/u);
        // Nothing looks like a row of its own; what wraps is further in.
        expect(out).not.toMatch(/^ {0,3}root/m);
      }
    }
  });

  test('is what programs read', async () => {
    using directory = new Directory();
    await directory.pass(tenant('a'));
    const [user] = await rows(directory, users, { text: 'eve' });
    expect(user).toMatchObject({ user_name: NAME, email: `${EVIL}@x` });
  });
});

describe('the directory', () => {
  test.each(Object.entries(COMMANDS))('%s: there is none yet', async (_, command) => {
    using directory = new Directory();
    const { code, exit, message } = await refused<object>(directory, command, { group: 'x' });
    expect({ code, exit }).toEqual({ code: 'no-directory', exit: 2 });
    expect(message).toBe(`There is no directory at ${directory.path} yet: run "rosterd --once" first.`);
  });

  test('a file with a fault, and no file', async () => {
    using directory = await company();
    const exit = { code: 'configuration', exit: 2 };
    expect(await refused(directory, users, { config: 'other.yaml' })).toMatchObject(exit);
  });

  test('is read beside a rosterd that has it open and writes', async () => {
    using directory = await company();
    const db = await openDirectory(directory.path, { clock: directory.clock, wait: 0 });
    try {
      const before = await paper(directory, users, {});
      db.exec("BEGIN IMMEDIATE; UPDATE accounts SET user_name = 'half'");
      expect(await paper(directory, users, {})).toBe(before);
      db.exec('ROLLBACK');
    } finally {
      closeDirectory(db);
    }
  });

  test('is left without a trace', async () => {
    using directory = await company();
    await paper(directory, users, {});
    const files = () => readdirSync(directory.folder).sort();
    const before = files();
    await paper(directory, changes, { limit: '0' });
    expect(files()).toEqual(before);
    rmSync(join(directory.folder, 'config.yaml'));
  });

  test('is not held while nobody reads the output', async () => {
    using directory = await company();
    await paper(directory, users, {});
    let go = () => {};
    const stuck = new Writable({ write: (_chunk, _encoding, done) => (go = done) });
    const io = { out: stuck, err: stuck, in: Readable.from([]), env: {}, cwd: directory.folder };
    const looking = users({}, io);
    while (stuck.writableLength === 0) await directory.clock.sleep(1).then(() => new Promise(setImmediate));
    // Starting takes the file for a moment, which a reader in the middle of it would not let it do.
    closeDirectory(await openDirectory(directory.path, { clock: directory.clock, wait: 0 }));
    const release = setInterval(() => go(), 1);
    expect(await looking).toBe(0);
    clearInterval(release);
  });
});

describe('the output', () => {
  const failing = (code: string) =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(`${code}: it failed`), { code })),
    });
  const run = async (out: Writable) => {
    using directory = await company();
    await paper(directory, users, {});
    return await users({}, { out, err: out, in: Readable.from([]), env: {}, cwd: directory.folder });
  };

  test('may lose its reader', async () => {
    expect(await run(failing('EPIPE'))).toBe(0);
  });

  test('that cannot be written is a failure', async () => {
    await expect(run(failing('ENOSPC'))).rejects.toMatchObject({
      code: 'output',
      exit: 1,
      message: 'The output could not be written: ENOSPC: it failed.',
    });
  });
});
