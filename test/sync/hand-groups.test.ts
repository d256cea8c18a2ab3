import { expect, test } from 'vitest';
import { addGroup, deleteGroup, renameGroup } from '../../src/sync/hand/groups.ts';
import { addUser, deactivateUser, deleteUser } from '../../src/sync/hand/local-user.ts';
import { addMembers, removeMembers } from '../../src/sync/hand/members.ts';
import { suspendUser } from '../../src/sync/hand/suspend.ts';
import { by, changes, groupId, person, refusedBy, turn } from './hand-kit.ts';
import { Directory, SOURCE, type Tenant } from './kit.ts';

const TENANT: Tenant = {
  users: { u1: { userName: 'ada' }, u2: { userName: 'bob' } },
  groups: { g1: { name: 'team', members: ['u1', 'u2'] } },
};
const without = (...gone: string[]): Tenant => ({
  users: Object.fromEntries(Object.entries(TENANT.users).filter(([id]) => !gone.includes(id))),
  groups: { g1: { name: 'team', members: ['u1', 'u2'].filter((id) => !gone.includes(id)) } },
});
const memberships = (directory: Directory) =>
  directory
    .rows<{ text: string }>(
      `SELECT g.name || ' ' || u.user_name || ' ' || m.origin AS text FROM v1_memberships m
       JOIN v1_groups g ON g.id = m.group_id JOIN v1_users u ON u.id = m.user_id ORDER BY 1`,
    )
    .map(({ text }) => text);

/** A directory with a source and a local group that holds one of its people. */
async function withGroup(directory: Directory): Promise<number> {
  await directory.pass(TENANT);
  const { id } = await addGroup(by(directory), 'On Call', 'Who wakes up', turn(directory));
  await addMembers(by(directory), id, [person(directory, 'ada')], turn(directory));
  return id;
}

test('made, filled, renamed, emptied and deleted, each a run of its own', async () => {
  using directory = new Directory();
  await directory.pass(TENANT);
  const made = await addGroup(by(directory), 'On Call', 'Who wakes up', turn(directory));
  const { id } = made;
  await addUser(by(directory), 'root', {}, turn(directory));
  const [ada, root] = [person(directory, 'ada'), person(directory, 'root')];
  const added = await addMembers(by(directory), id, [ada, root], turn(directory));
  expect(added).toMatchObject({ added: [1, 3], already: [] });
  const again = await addMembers(by(directory), id, [ada], turn(directory));
  expect(again).toEqual({ group: id, added: [], already: [1], runId: null });
  const renamed = await renameGroup(by(directory), id, 'on call', turn(directory));
  expect((await renameGroup(by(directory), id, 'on call', turn(directory))).runId).toBeNull();
  expect(memberships(directory)).toEqual([
    'on call ada hand',
    'on call root hand',
    'team ada source',
    'team bob source',
  ]);
  const bob = person(directory, 'bob');
  const left = await removeMembers(by(directory), id, [root, bob], turn(directory));
  expect(left).toMatchObject({ removed: [3], byRule: [], none: [2] });
  const deleted = await deleteGroup(by(directory), id, turn(directory));
  expect([made, added, renamed, left, deleted].map(({ runId }) => changes(directory, runId))).toEqual([
    ['local group create (hand) null -> {"name":"On Call","description":"Who wakes up"}'],
    [
      'local membership add (hand) null -> {"direct":0,"origin":"hand"}',
      'local membership add (hand) null -> {"direct":0,"origin":"hand"}',
    ],
    ['local group rename (hand) {"name":"On Call"} -> {"name":"on call"}'],
    ['local membership drop (hand) {"direct":0,"origin":"hand"} -> null'],
    [
      'local membership drop (hand) {"direct":0,"origin":"hand"} -> null',
      'local group remove (hand) {"removed":false,"holdsName":true} -> {"removed":true,"holdsName":false}',
    ],
  ]);
  expect(
    directory.rows(
      "SELECT mode, source, groups_changed, members_added, members_removed FROM v1_runs WHERE mode = 'hand'",
    ),
  ).toEqual(
    [
      [1, 0, 0],
      [0, 0, 0],
      [0, 2, 0],
      [1, 0, 0],
      [0, 0, 1],
      [1, 0, 1],
    ].map(([groups_changed, members_added, members_removed]) => ({
      ...{ mode: 'hand', source: 'local', groups_changed, members_added, members_removed },
    })),
  );
  expect(memberships(directory)).toEqual(['team ada source', 'team bob source']);
  expect((await addGroup(by(directory), 'ON CALL', null, turn(directory))).id).toBe(id + 1);
});

test('people of sources stay in it while they are away, and are in it again when they return', async () => {
  using directory = new Directory();
  await withGroup(directory);
  await directory.pass(without('u1'));
  expect(memberships(directory)).toEqual(['team bob source']);
  await directory.pass(TENANT);
  expect(memberships(directory)).toEqual(['On Call ada hand', 'team ada source', 'team bob source']);
  await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
  expect(memberships(directory)).toEqual(['team bob source']);
  await directory.run(null, 'corp', { removal: { reason: null } });
  expect(directory.rows('SELECT group_id, account_id, how FROM memberships')).toEqual([
    { group_id: groupId(directory, 'On Call'), account_id: 1, how: 4 },
  ]);
});

test('whoever is deleted leaves it, by a pass or by hand', async () => {
  using directory = new Directory();
  const id = await withGroup(directory);
  await addUser(by(directory), 'root', {}, turn(directory));
  await addMembers(by(directory), id, [person(directory, 'root')], turn(directory));
  const request = { source: { ...SOURCE, limits: {}, onMissing: 'delete' as const } };
  const { runId } = await directory.pass(without('u1'), { request });
  expect(changes(directory, runId)).toContain('local membership drop (missing) {"direct":0,"origin":"hand"} -> null');
  const { runId: byHand } = await deleteUser(by(directory), person(directory, 'root'), turn(directory));
  expect(changes(directory, byHand)).toContain('local membership drop (hand) {"direct":0,"origin":"hand"} -> null');
  expect(directory.rows('SELECT * FROM memberships WHERE group_id = ?', id)).toEqual([]);
});

test('the mark of a rule and that of a hand are two', async () => {
  using directory = new Directory();
  const id = await withGroup(directory);
  directory.write(`UPDATE memberships SET how = 12 WHERE group_id = ${id}`);
  const bob = person(directory, 'bob').id;
  directory.write(`INSERT INTO memberships VALUES (${id}, ${bob}, 8, 1, 4)`);
  const { runId: joined } = await addMembers(by(directory), id, [person(directory, 'bob')], turn(directory));
  expect(changes(directory, joined)).toEqual([
    'local membership update (hand) {"direct":0,"origin":"rule"} -> {"direct":0,"origin":"hand"}',
  ]);
  const people = [person(directory, 'ada'), person(directory, 'bob')];
  const { runId, ...left } = await removeMembers(by(directory), id, people, turn(directory));
  expect(left).toEqual({ group: id, removed: [], byRule: [1, 2], none: [] });
  expect(changes(directory, runId)).toEqual([
    'local membership update (hand) {"direct":0,"origin":"hand"} -> {"direct":0,"origin":"rule"}',
    'local membership update (hand) {"direct":0,"origin":"hand"} -> {"direct":0,"origin":"rule"}',
  ]);
});

test('a group of a source that wants the name of a local one is a conflict', async () => {
  using directory = new Directory();
  await addGroup(by(directory), 'TEAM', null, turn(directory));
  await directory.pass(TENANT);
  const details = () =>
    directory.rows<{ detail: string }>('SELECT detail FROM v1_problems').map(({ detail }) => detail);
  const sentence = 'The group was left out: the group name `team` is held by group 1 of source local. That group';
  expect(details()).toEqual([
    `${sentence} was made by hand: rename it with "rosterd group rename id:1 NAME", or this group at the identity provider.`,
  ]);
  directory.write("UPDATE groups SET rule = 'true'");
  await directory.pass(TENANT);
  expect(details()).toEqual([
    `${sentence} stands in the configuration file: give it another name there, under \`localGroups\`, or this group at the identity provider.`,
  ]);
  directory.write('UPDATE groups SET rule = NULL');
  await renameGroup(by(directory), groupId(directory, 'TEAM'), 'ours', turn(directory));
  await directory.pass(TENANT);
  expect(directory.rows('SELECT name FROM v1_groups ORDER BY id')).toEqual([{ name: 'ours' }, { name: 'team' }]);
});

type Edit = (directory: Directory, local: number) => Promise<unknown>;
const REFUSED: [what: string, edit: Edit, sentence: string][] = [
  [
    'a name that a group has',
    (directory) => addGroup(by(directory), 'Team', null, turn(directory)),
    '2: The name is held by group 1 of source `corp`. Nothing was changed.',
  ],
  [
    'a name that a removed group keeps',
    async (directory) => {
      await directory.pass({ users: TENANT.users });
      return await addGroup(by(directory), 'Team', null, turn(directory));
    },
    '2: The name is held by group 1 of source `corp`, which was removed and keeps its name for when it comes back. Nothing was changed.',
  ],
  [
    'a new name that a group has',
    (directory, local) => renameGroup(by(directory), local, 'TEAM', turn(directory)),
    '2: The name is held by group 1 of source `corp`. Nothing was changed.',
  ],
  [
    'an empty name',
    (directory) => addGroup(by(directory), '', null, turn(directory)),
    '2: That group name cannot be used: it is empty. Nothing was changed.',
  ],
  [
    'another name for a group of a source',
    (directory) => renameGroup(by(directory), 1, 'x', turn(directory)),
    '2: Group 1 comes from source `corp`, which would undo that; nothing was changed. Rename it at the identity provider, or by a rule of that source.',
  ],
  [
    'deletion of a group of a source',
    (directory) => deleteGroup(by(directory), 1, turn(directory)),
    '2: Group 1 comes from source `corp`, which would undo that; nothing was changed. Delete it at the identity provider, or leave it out by `groups.where`.',
  ],
  [
    'a member for a group of a source',
    async (directory) => {
      await addUser(by(directory), 'root', {}, turn(directory));
      return await addMembers(by(directory), 1, [person(directory, 'root')], turn(directory));
    },
    '2: Group 1 comes from source `corp`, which would undo that; nothing was changed. Put the people into it at the identity provider.',
  ],
  [
    'leaving a group of a source',
    (directory) => removeMembers(by(directory), 1, [person(directory, 'ada')], turn(directory)),
    '2: Group 1 comes from source `corp`, which would undo that; nothing was changed. Take the people out of it at the identity provider.',
  ],
  [
    'a group of the configuration file',
    (directory, local) => {
      directory.write(`UPDATE groups SET rule = 'true' WHERE id = ${local}`);
      return deleteGroup(by(directory), local, turn(directory));
    },
    '2: Group 2 stands in the configuration file, under `localGroups`. Nothing was changed; change it there.',
  ],
  [
    'one of several people who is gone: nobody is added',
    async (directory, local) => {
      await addUser(by(directory), 'root', {}, turn(directory));
      const root = person(directory, 'root');
      await deactivateUser(by(directory), root, turn(directory));
      await deleteUser(by(directory), root, turn(directory));
      return await addMembers(by(directory), local, [person(directory, 'bob'), root], turn(directory));
    },
    '5: Account 3 changed meanwhile; nothing was done. Look at it and try again.',
  ],
];

test.each(REFUSED)('refused: %s', async (_, edit, sentence) => {
  using directory = new Directory();
  const local = await withGroup(directory);
  expect(await refusedBy(edit(directory, local))).toBe(sentence);
  expect(directory.rows('SELECT account_id FROM memberships WHERE group_id = ?', local)).toEqual([{ account_id: 1 }]);
  expect(directory.rows('SELECT name FROM groups ORDER BY id')).toEqual([{ name: 'team' }, { name: 'On Call' }]);
});
