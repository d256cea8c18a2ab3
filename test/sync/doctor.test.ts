import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import { examine, type Finding } from '../../src/sync/doctor/doctor.ts';
import { addGroup } from '../../src/sync/hand/groups.ts';
import { addMembers } from '../../src/sync/hand/members.ts';
import { contested } from './arbitrary.ts';
import { by, groupId, person, turn } from './hand-kit.ts';
import { Directory, SOURCE, type Tenant } from './kit.ts';

const COMPANY: Tenant = {
  users: {
    u1: { userName: 'ada', department: 'Engineering' },
    u2: { userName: 'bob', manager: 'u1' },
    u3: { userName: 'carol' },
    u4: { userName: 'dan' },
  },
  groups: {
    g1: { name: 'Platform', members: ['u1', '@g2'] },
    g2: { name: 'Core', members: ['u2', 'u3'] },
    g3: { name: 'Sales', members: ['u3'] },
  },
};

/** Some history: carol leaves Sales and is disabled, dan goes, Sales is renamed; a local group holds ada. */
async function company(): Promise<Directory> {
  const directory = new Directory();
  await directory.pass(COMPANY);
  const { u4: _, ...users } = COMPANY.users;
  const groups = { ...COMPANY.groups, g3: { name: 'Selling', members: [] } };
  await directory.pass({ users: { ...users, u3: { userName: 'carol', active: false } }, groups });
  await addGroup(by(directory), 'Admins', null, turn(directory));
  await addMembers(by(directory), groupId(directory, 'Admins'), [person(directory, 'ada')], turn(directory));
  return directory;
}

function findings(directory: Directory): Finding[] {
  const db = new Database(directory.path);
  try {
    return examine(db);
  } finally {
    db.close();
  }
}
const wrong = (directory: Directory): Record<string, string[]> =>
  Object.fromEntries(findings(directory).flatMap(({ name, count, examples }) => (count > 0 ? [[name, examples]] : [])));

test('a directory with some history is sound', async () => {
  using directory = await company();
  expect(wrong(directory)).toEqual({});
  expect(findings(directory).every(({ left }) => left === null)).toBe(true);
});

test('whatever passes bring, the directory is sound', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(contested, { minLength: 1, maxLength: 4 }), async (snapshots) => {
      using directory = new Directory();
      for (const snapshot of snapshots) {
        await directory.pass(snapshot);
        expect(wrong(directory)).toEqual({});
      }
    }),
    { numRuns: 40 },
  );
});

const id = (table: string, name: string) =>
  `(SELECT id FROM ${table} WHERE ${table === 'accounts' ? 'user_name' : 'name'} = '${name}')`;
const node = (ext: string) => `(SELECT id FROM nodes WHERE ext = '${ext}')`;

describe('what is wrong is told by the look that it is about', () => {
  const cases: [what: string, sql: string, look: string, example: RegExp][] = [
    [
      'a member who is no account',
      'UPDATE memberships SET account_id = 99 WHERE account_id = 2',
      'membership-ends',
      /there is no such account/,
    ],
    [
      'a member who was deleted',
      `UPDATE accounts SET deleted_at = 'x', active = 0, name_key = NULL WHERE user_name = 'bob'`,
      'membership-ends',
      /the account was deleted/,
    ],
    [
      'members of a group that was removed',
      `UPDATE groups SET removed_at = 'x' WHERE name = 'Core'`,
      'membership-ends',
      /the group was removed/,
    ],
    [
      'a source’s member in a local group',
      `UPDATE memberships SET how = 1 WHERE how = 4`,
      'membership-kinds',
      /a source made it, in a local group/,
    ],
    [
      'a member by hand in a source’s group',
      `UPDATE memberships SET how = 4 WHERE how = 2`,
      'membership-kinds',
      /no source made it/,
    ],
    [
      'nesting of a group that is not there',
      'UPDATE group_nesting SET child_id = 77',
      'nesting-ends',
      /one of them is not there/,
    ],
    ['a run that is not there', 'DELETE FROM runs WHERE id = 2', 'history-ends', /runs 1 to 2/],
    ['a change without its run', 'DELETE FROM runs WHERE id = 2', 'runs', /run 2 is not there/],
    [
      'intervals that overlap',
      'INSERT INTO past_memberships SELECT group_id, account_id, how, from_run, 0, to_run + 1, 0 FROM past_memberships',
      'history',
      /begins before the one before it ends/,
    ],
    [
      'an interval into the open one',
      'INSERT INTO past_memberships SELECT group_id, account_id, how, 1, 0, 2, 0 FROM memberships WHERE how = 1',
      'history',
      /ends after the open one begins/,
    ],
    [
      'a name that does not fold so',
      `UPDATE accounts SET name_key = 'adam' WHERE user_name = 'ada'`,
      'user-names',
      /ada: its name is kept as adam/,
    ],
    [
      'an active account without a name',
      `UPDATE accounts SET name_key = NULL WHERE user_name = 'ada'`,
      'user-names',
      /it is active, and holds no name/,
    ],
    [
      'a group without a name',
      `UPDATE groups SET name_key = NULL WHERE name = 'Core'`,
      'group-names',
      /it is there, and holds no name/,
    ],
    [
      'two groups of one name',
      `UPDATE groups SET name = 'CORE', name_key = 'CORE' WHERE name = 'Platform'`,
      'group-names',
      /groups \d and \d: both are CORE/,
    ],
    [
      'an inactive account without a reason',
      `UPDATE accounts SET reason = NULL WHERE user_name = 'carol'`,
      'account-states',
      /without a reason/,
    ],
    [
      'an account without its identity',
      `DELETE FROM identities WHERE node = ${node('u1')}`,
      'identities',
      /ada: it has no identity/,
    ],
    [
      'an identity without its account',
      `UPDATE identities SET account_id = 99 WHERE node = ${node('u1')}`,
      'identities',
      /account 99 is not there/,
    ],
    [
      'a group without its source',
      `DELETE FROM group_sources WHERE node = ${node('g2')}`,
      'group-sources',
      /Core: it has 0 groups/,
    ],
    [
      'an id beyond the last',
      `UPDATE sqlite_sequence SET seq = 2 WHERE name = 'accounts'`,
      'ids',
      /accounts: 4 was given, and the last is said to be 2/,
    ],
    ['no last id at all', `DELETE FROM sqlite_sequence WHERE name = 'runs'`, 'ids', /said to be none/],
    ['a fingerprint of somebody who is gone', `UPDATE nodes SET print = 5 WHERE ext = 'u4'`, 'mirror', /user u4/],
    [
      'a membership that was lost',
      `DELETE FROM memberships WHERE account_id = ${id('accounts', 'bob')} AND group_id = ${id('groups', 'Platform')}`,
      'memberships',
      /Platform, account 2 bob: a member at the source, and not here/,
    ],
    [
      'a membership too many',
      `INSERT INTO memberships VALUES (${id('groups', 'Selling')}, ${id('accounts', 'bob')}, 1, 1, 0)`,
      'memberships',
      /bob: a member here, and not at the source/,
    ],
    [
      'direct where it is nested',
      `UPDATE memberships SET how = 1 WHERE how = 2`,
      'memberships',
      /direct at one of both/,
    ],
    ['a group that is in no other', 'DELETE FROM group_nesting', 'nesting', /there at the source, and not here/],
    [
      'counts of other times',
      `UPDATE sources SET applied_counts = '{"users":9,"groups":3,"memberships":4}'`,
      'counts',
      /"users":9/,
    ],
    [
      'an attribute that nobody changed',
      `UPDATE accounts SET department = 'Sales' WHERE user_name = 'ada'`,
      'journal',
      /ada: department is another than the last change left/,
    ],
    [
      'a custom attribute that nobody changed',
      `UPDATE accounts SET custom = '{"a":1}' WHERE user_name = 'ada'`,
      'journal',
      /custom attributes/,
    ],
    [
      'a change that was taken out',
      `DELETE FROM journal WHERE action = 'deactivate' AND object_name = 'carol'`,
      'journal',
      /carol: active is another/,
    ],
    [
      'a change that says another before',
      `UPDATE journal SET before = '{"name":"Buying"}' WHERE action = 'rename'`,
      'journal',
      /run 2 says that name was another/,
    ],
    [
      'an account that nobody made',
      `DELETE FROM journal WHERE object_name = 'ada' AND object = 'user'`,
      'journal',
      /ada: the journal does not tell it/,
    ],
    ['nesting that nobody made', `DELETE FROM journal WHERE object = 'nesting'`, 'journal', /holds group/],
  ];
  test.each(cases)('%s', async (_, sql, look, example) => {
    using directory = await company();
    directory.write(sql);
    const found = wrong(directory);
    expect(Object.keys(found)).toContain(look);
    expect(found[look]?.some((line) => example.test(line))).toBe(true);
  });

  test('five examples at most, and how many there are', async () => {
    using directory = new Directory();
    const ids = Array.from({ length: 20 }, (_, at) => `u${at}`);
    await directory.pass({ users: Object.fromEntries(ids.map((one) => [one, {}])) });
    directory.write("UPDATE accounts SET name_key = 'x' || id");
    const names = findings(directory).find(({ name }) => name === 'user-names');
    expect(names?.count).toBe(20);
    expect(names?.examples).toHaveLength(5);
  });
});

test('a source whose plan waits is not compared, and that is said', async () => {
  using directory = new Directory();
  const ids = Array.from({ length: 40 }, (_, at) => `u${at}`);
  const tenant = (some: string[]): Tenant => ({
    users: Object.fromEntries(some.map((one) => [one, {}])),
    groups: { g1: { members: some } },
  });
  const request = { source: { ...SOURCE, limits: DEFAULT_LIMITS } };
  await directory.pass(tenant(ids), { request });
  expect(await directory.pass(tenant(ids.slice(20)), { request })).toMatchObject({ outcome: 'blocked' });
  expect(wrong(directory)).toEqual({});
  const { left } = findings(directory).find(({ name }) => name === 'memberships') ?? {};
  expect(left).toBe('`corp` was not compared: what was read last is not applied yet');
});
