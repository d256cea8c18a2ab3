import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { after as afterwards, before as beforehand } from '../emulators/faults.ts';
import { Guarded, grouped, ids, people, stoppedBy, without } from '../sync/guarding.ts';
import { Directory, shown, type Tenant } from '../sync/kit.ts';
import { MEMBERS, USERS, world } from './world.ts';

// What directory syncs did to people by themselves: each test is one that happened.

describe('a breaker at 25 % stopped real changes and was raised to 75 % (firezone 10898); a limit was switched off for one run and forgotten (Microsoft documentation 35848)', () => {
  test('an approval lets one plan happen, once: the next disaster is stopped as the first was', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 100));
    const leaving = people(41, 100);
    expect((await directory.sync(leaving)).outcome).toBe('blocked');
    expect((await directory.approve(leaving)).outcome).toBe('ok');
    expect((await directory.sync(people(91, 100))).outcome).toBe('blocked');
    expect((await directory.sync({ users: {} })).outcome).toBe('blocked');
    expect(directory.active()).toEqual(ids(41, 100));
  });
});

test('owners stopped counting as members after an upgrade; the administrator lost access (ssosync 189)', async () => {
  using directory = new Guarded();
  const asBefore = grouped(people(1, 20), { admins: ids(1, 6), staff: ids(7, 20) });
  const asNow = grouped(people(1, 20), { admins: [], staff: ids(7, 20) });
  directory.limits = { removeMembers: { count: 3 } };
  await directory.sync(asBefore);
  directory.edit("UPDATE sources SET applied_key = replace(applied_key, 'meaning: 1', 'meaning: 0')");
  const result = await directory.sync(asNow);
  expect(stoppedBy(result)).toEqual(['removeMembers']);
  expect(result.blocked?.causes[0]).toMatch(/^rosterd was upgraded/);
  expect(shown(directory).members.filter(({ grp }) => grp === 'admins')).toHaveLength(6);
});

/** A person, a group and its members made by hand; the tables are private, and the commands for it come later. */
const BY_HAND = `
  INSERT INTO accounts (name_key, user_name, active, created_at, updated_at) VALUES ('root', 'root', 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
  INSERT INTO groups (name_key, name, created_at, updated_at) VALUES ('administrators', 'Administrators', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
  INSERT INTO memberships SELECT g.id, a.id, 4, 1, 5 FROM groups g, accounts a WHERE g.source_id IS NULL AND a.user_name IN ('root', 'u001', 'u002');`;
const LOCAL = `SELECT g.name, u.user_name, m.origin FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id JOIN v1_users u ON u.id = m.user_id
  WHERE g.source = 'local' ORDER BY 1, 2`;

describe('groups that another tool had made were deleted (ssosync 88, 286)', () => {
  test('a source takes away only what it made itself', async () => {
    using directory = new Guarded({});
    await directory.sync(grouped(people(1, 5), { ours: ids(1, 5) }));
    await directory.sync(grouped(people(11, 15), { theirs: ids(11, 15) }), {}, 'staff');
    directory.edit(BY_HAND);
    const before = directory.rows('SELECT * FROM v1_groups WHERE source <> ?', 'corp');
    await directory.sync({ users: {}, groups: {} });
    expect(directory.active()).toEqual([]);
    expect(directory.rows('SELECT * FROM v1_groups')).toEqual(before);
    expect(directory.active('staff')).toEqual(ids(11, 15));
    expect(directory.rows('SELECT user_name, active FROM v1_users WHERE source = ?', 'local')).toEqual([
      { user_name: 'root', active: 1 },
    ]);
  });
});

describe('turning sync on emptied the groups kept by hand, the administrators among them (defguard 2833)', () => {
  const corp = grouped(people(1, 5), { staff: ids(1, 5) });

  test('local groups keep whom they have, whatever passes do', async () => {
    using directory = new Guarded({});
    await directory.sync(corp);
    directory.edit(BY_HAND);
    const before = directory.rows(LOCAL);
    expect(before).toHaveLength(3);
    await directory.sync(grouped(people(1, 5), { staff: [] }));
    await directory.sync(grouped(corp, {}));
    await directory.sync(corp);
    expect(directory.rows(LOCAL)).toEqual(before);
    // Who left is not shown anywhere, and stands where they stood when they are back.
    await directory.sync(people(2, 5));
    expect(directory.rows(LOCAL)).toHaveLength(2);
    await directory.sync(corp);
    expect(directory.rows(LOCAL)).toEqual(before);
  });

  test('and are never taken over: a group or person of the same name is a conflict', async () => {
    using directory = new Guarded({});
    await directory.sync(corp);
    directory.edit(BY_HAND);
    const before = directory.rows(LOCAL);
    const clash = {
      users: { ...corp.users, r: { userName: 'Root' } },
      groups: { ...corp.groups, a: { name: 'ADMINISTRATORS', members: ['r', 'u003'] } },
    };
    expect(await directory.sync(clash)).toMatchObject({ outcome: 'unchanged', problems: 2 });
    expect(directory.problems()).toEqual(['group-name-conflict a', 'user-name-conflict r']);
    expect(directory.rows(LOCAL)).toEqual(before);
    await directory.sync(corp);
    expect(directory.rows(LOCAL)).toEqual(before);
  });
});

describe('somebody deleted a person by hand, and every later run failed with a 404 (idp-scim-sync 104)', () => {
  test('a user deleted at the provider between listing and look-up, or a group in mid-listing', async () => {
    const here = await world();
    const { realm, faults } = here.emulator;
    const ana = realm.user('ana.kovacevic');
    const sales = realm.group('/Fjordlight/Sales');
    faults.when(
      { path: USERS },
      afterwards(() => void realm.removeUser(ana)),
    );
    faults.when(
      { path: MEMBERS },
      beforehand(() => realm.removeGroup(sales)),
    );
    expect(await here.pass()).toMatchObject({ outcome: 'ok', blocked: null });
    expect(await here.pass()).toMatchObject({ outcome: 'ok' });
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged' });
    expect(here.directory.rows("SELECT user_name FROM v1_users WHERE inactive_reason = 'missing'")).toEqual([
      { user_name: 'ana.kovacevic' },
    ]);
    expect(here.shown().groups.filter(({ name }) => String(name).includes('Sales'))).toEqual([]);
  });

  test('a row deleted in the directory by hand: passes go on', async () => {
    using directory = new Guarded({});
    const corp = grouped(people(1, 5), { staff: ids(1, 5) });
    await directory.sync(corp);
    directory.edit('DELETE FROM memberships WHERE account_id = 1', 'DELETE FROM group_nesting', 'DELETE FROM problems');
    expect((await directory.sync(corp)).outcome).toBe('unchanged');
    expect((await directory.sync(without(corp, ['u001']))).outcome).toBe('ok');
    expect((await directory.sync(corp)).outcome).toBe('ok');
    expect(shown(directory).members).toHaveLength(5);
  });

  test('what rosterd knows and what it did are one: where one cannot be written, the other is not', async () => {
    using directory = new Guarded({});
    const corp = grouped(people(1, 5), { staff: ids(1, 5) });
    await directory.sync(corp);
    const tables = [
      'nodes',
      'mirror_users',
      'mirror_groups',
      'accounts',
      'identities',
      'groups',
      'memberships',
      'journal',
      'sources',
    ];
    const dump = () => tables.map((table) => directory.rows(`SELECT * FROM ${table}`).map(({ state, ...row }) => row));
    const before = dump();
    directory.edit("CREATE TRIGGER disk_full BEFORE INSERT ON journal BEGIN SELECT raise(ABORT, 'disk full'); END");
    await expect(directory.sync(people(3, 9))).rejects.toThrow('disk full');
    expect(dump()).toEqual(before);
    directory.edit('DROP TRIGGER disk_full');
    expect((await directory.sync(people(3, 9))).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(3, 9));
  });
});

describe('a crash before the first state was written: conflicts in every later run (idp-scim-sync 45, 48)', () => {
  const PROCESS = fileURLToPath(new URL('../sync/crash-process.ts', import.meta.url));
  const corp: Tenant = grouped(people(1, 20), { staff: ids(1, 20), outer: ['@staff'] });
  const child = (directory: Directory, statement: number) =>
    spawnSync(process.execPath, [PROCESS, directory.path, JSON.stringify(corp), String(statement)], {
      encoding: 'utf8',
    });

  test('a first import that is killed leaves nothing behind but a run that says so', async () => {
    using counting = new Directory();
    const { statements } = JSON.parse(child(counting, 0).stdout) as { statements: number };
    let interrupted = 0;
    for (const share of [0.2, 0.5, 0.8]) {
      using directory = new Directory();
      expect(child(directory, Math.floor(statements * share)).signal).toBe('SIGKILL');
      expect(await directory.pass(corp)).toMatchObject({ outcome: 'ok', problems: 0 });
      const runs = directory.rows<{ outcome: string }>('SELECT outcome FROM v1_runs').map(({ outcome }) => outcome);
      expect(runs.pop()).toBe('ok');
      expect(runs.every((outcome) => outcome === 'interrupted')).toBe(true);
      interrupted += runs.length;
      expect(shown(directory)).toEqual(shown(counting));
      expect(await directory.pass(corp)).toMatchObject({ outcome: 'unchanged' });
      expect(readdirSync(directory.folder).filter((name) => name.includes('stage'))).toEqual([]);
    }
    expect(interrupted).toBeGreaterThan(0);
  });
});

describe('two groups of one name: one was dropped silently, or both were merged (idp-scim-sync, several)', () => {
  test('the first keeps the name, the other is left out and reported, and no member of it gets in', async () => {
    using directory = new Guarded({});
    const twins: Tenant = {
      users: people(1, 6).users,
      groups: { a: { name: 'Team', members: ids(1, 3) }, b: { name: 'TEAM', members: ids(4, 6) } },
    };
    await directory.sync(twins);
    expect(directory.problems()).toEqual(['group-name-conflict b']);
    expect(shown(directory).members.map(({ usr }) => usr)).toEqual(ids(1, 3));
    expect(await directory.sync(twins)).toMatchObject({ outcome: 'unchanged', problems: 1 });
  });

  test('ids are the keys: two that swap their names swap nothing else', async () => {
    using directory = new Guarded({});
    const named = (a: string, b: string) => ({
      users: people(1, 6).users,
      groups: { a: { name: a, members: ids(1, 3) }, b: { name: b, members: ids(4, 6) } },
    });
    await directory.sync(named('Red', 'Blue'));
    const ids_ = directory.rows('SELECT id, external_id FROM v1_groups');
    const members = shown(directory).members;
    expect(await directory.sync(named('Blue', 'Red'))).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.rows('SELECT id, external_id FROM v1_groups')).toEqual(ids_);
    expect(shown(directory).members).toEqual(members);
  });

  test('at Keycloak: the child `b` of `a`, and a group that is called `a/b`', async () => {
    const here = await world({
      fill: ({ emulator: { realm } }) => {
        const [one, two] = ['one', 'two'].map((username) => realm.addUser({ username }));
        const child = realm.addGroup('b', realm.addGroup('a'));
        const twin = realm.addGroup('a/b');
        if (one && two) {
          realm.join(one, child);
          realm.join(two, twin);
        }
      },
    });
    expect(here.problems()).toEqual([
      expect.stringMatching(/^group-name-conflict: The group was left out: the group name `a\/b`/),
    ]);
    expect(here.shown().members.filter(({ direct }) => direct === 1)).toHaveLength(1);
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged', problems: 1 });
  });

  test('a person who comes back under a new id is another person: no account is inherited by a name', async () => {
    const here = await world();
    const { realm } = here.emulator;
    const ana = realm.user('ana.kovacevic');
    const { username, email } = ana;
    realm.removeUser(ana);
    realm.addUser({ username, email });
    expect(await here.pass()).toMatchObject({ outcome: 'ok', problems: 2 });
    expect(here.directory.rows('SELECT active, inactive_reason FROM v1_users WHERE user_name = ?', username)).toEqual([
      { active: 0, inactive_reason: 'missing' },
    ]);
  });
});
