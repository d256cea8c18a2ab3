import { expect, test } from 'vitest';
import { addGroup } from '../../src/sync/hand/groups.ts';
import { addUser } from '../../src/sync/hand/local-user.ts';
import { addMembers } from '../../src/sync/hand/members.ts';
import { relink } from '../../src/sync/hand/relink.ts';
import { suspendUser } from '../../src/sync/hand/suspend.ts';
import { by, changes, person, refusedBy, standing, turn } from './hand-kit.ts';
import { Directory, type Tenant } from './kit.ts';

const BOB = { u9: { userName: 'bob' } };
const tenant = (users: Tenant['users']): Tenant => ({
  users: { ...BOB, ...users },
  groups: { g1: { name: 'team', members: ['u9', ...Object.keys(users)] } },
});
const FIRST = tenant({ u1: { userName: 'ada' } });
const SECOND = tenant({ u2: { userName: 'ada', title: 'Boss' } });
const to = (ext: string, source = 'corp') => ({ source, ext });

/** Makes the next pass plan everything anew: nothing may be left for it. */
async function settled(directory: Directory, last: Tenant, source = 'corp'): Promise<void> {
  directory.write('UPDATE sources SET applied_key = NULL');
  expect(await directory.pass(last, { source })).toMatchObject({ outcome: 'unchanged' });
}

test('the same person under a new id keeps the account, and the next pass follows', async () => {
  using directory = new Directory();
  await directory.pass(FIRST);
  await directory.pass(SECOND);
  expect(standing(directory, 2)).toBe('active');
  const ada = person(directory, 'ada');
  expect(standing(directory, ada.id)).toBe('missing');
  const { runId } = await relink(by(directory), ada, to('u2'), turn(directory));
  expect(changes(directory, runId)).toEqual(['corp user update (hand) {"externalId":"u1"} -> {"externalId":"u2"}']);
  expect((await relink(by(directory), ada, to('u2'), turn(directory))).runId).toBeNull();
  expect(standing(directory, ada.id)).toBe('missing');
  await directory.pass(SECOND);
  expect(directory.rows('SELECT user_id, external_id, active FROM v1_identities ORDER BY 1')).toEqual([
    { user_id: 1, external_id: 'u2', active: 1 },
    { user_id: 2, external_id: 'u9', active: 1 },
  ]);
  expect(directory.rows('SELECT title, user_key FROM v1_users WHERE id = 1')).toEqual([
    { title: 'Boss', user_key: 'ada' },
  ]);
  expect(directory.rows('SELECT user_id FROM v1_memberships ORDER BY 1')).toEqual([{ user_id: 1 }, { user_id: 2 }]);
  expect(directory.rows('SELECT * FROM v1_problems')).toEqual([]);
  await settled(directory, SECOND);
});

test('while the old one is disabled: it stays without an account, in no group', async () => {
  using directory = new Directory();
  await directory.pass(FIRST);
  const both = tenant({ u1: { userName: 'ada', active: false }, u2: { userName: 'ada.new' } });
  await directory.pass(both);
  const made = person(directory, 'ada.new');
  expect(await refusedBy(relink(by(directory), person(directory, 'ada'), to('u2'), turn(directory)))).toContain(
    `has account ${made.id} already, and two accounts are never made one; nothing was changed.`,
  );
  const later = tenant({
    u1: { userName: 'ada', active: false },
    u2: { userName: 'ada.new' },
    u3: { userName: 'ADA' },
  });
  await directory.pass(later);
  await relink(by(directory), person(directory, 'ada'), to('u3'), turn(directory));
  await directory.pass(later);
  expect(standing(directory, person(directory, 'ADA').id)).toBe('active');
  expect(person(directory, 'ADA').id).toBe(1);
  await settled(directory, later);
});

test('whoever is suspended stays so under the new id', async () => {
  using directory = new Directory();
  await directory.pass(FIRST);
  const ada = person(directory, 'ada');
  await suspendUser(by(directory), ada, turn(directory));
  await directory.pass(SECOND);
  await relink(by(directory), ada, to('u2'), turn(directory));
  await directory.pass(SECOND);
  expect(standing(directory, ada.id)).toBe('suspended');
  expect(directory.rows('SELECT title FROM v1_users WHERE id = ?', ada.id)).toEqual([{ title: 'Boss' }]);
  await settled(directory, SECOND);
});

test('to another source: groups of the old one are left, local ones stay', async () => {
  using directory = new Directory();
  await directory.pass(FIRST);
  const ada = person(directory, 'ada');
  const { id } = await addGroup(by(directory), 'ours', null, turn(directory));
  await addMembers(by(directory), id, [ada], turn(directory));
  const gone = tenant({});
  await directory.pass(gone);
  const partner: Tenant = { users: { x1: { userName: 'ada' } }, groups: { h1: { name: 'guests', members: ['x1'] } } };
  await directory.pass(partner, { source: 'partner' });
  await relink(by(directory), ada, to('x1', 'partner'), turn(directory));
  await directory.pass(partner, { source: 'partner' });
  await directory.pass(gone);
  expect(directory.rows('SELECT source, external_id, active FROM v1_users WHERE id = ?', ada.id)).toEqual([
    { source: 'partner', external_id: 'x1', active: 1 },
  ]);
  expect(
    directory.rows(
      'SELECT g.name FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id WHERE m.user_id = ? ORDER BY 1',
      ada.id,
    ),
  ).toEqual([{ name: 'guests' }, { name: 'ours' }]);
  await settled(directory, gone);
  await settled(directory, partner, 'partner');
});

type Edit = (directory: Directory) => Promise<unknown>;
const REFUSED: [what: string, edit: Edit, sentence: string][] = [
  [
    'an id that was never seen',
    (directory) => relink(by(directory), person(directory, 'gone'), to('u77'), turn(directory)),
    '2: What source `corp` listed last has no user `u77`; nothing was changed.',
  ],
  [
    'an id that is gone itself',
    (directory) => relink(by(directory), person(directory, 'ada'), to('u3'), turn(directory)),
    '2: What source `corp` listed last has no user `u3`; nothing was changed.',
  ],
  [
    'a user who has an account',
    (directory) => relink(by(directory), person(directory, 'gone'), to('u9'), turn(directory)),
    '2: The user `u9` of source `corp` has account ',
  ],
  [
    'an account whose user is still there',
    (directory) => relink(by(directory), person(directory, 'ada'), to('u2'), turn(directory)),
    '2: The user `u1` behind account 1 is still active at source `corp`, and would get another account; nothing was changed.',
  ],
  [
    'an account that was made by hand',
    async (directory) => {
      await addUser(by(directory), 'root', {}, turn(directory));
      return await relink(by(directory), person(directory, 'root'), to('u2'), turn(directory));
    },
    '2: Account 4 was made by hand, and no pass may touch it; nothing was changed.',
  ],
];

test.each(REFUSED)('refused: %s', async (_, edit, sentence) => {
  using directory = new Directory();
  const users = { ...BOB, u1: { userName: 'ada' } };
  await directory.pass({ users: { ...users, u3: { userName: 'gone' } } });
  await directory.pass({ users: { ...users, u2: { userName: 'gone' } } });
  const before = directory.rows('SELECT * FROM v1_identities');
  expect(await refusedBy(edit(directory))).toContain(sentence);
  expect(directory.rows('SELECT * FROM v1_identities')).toEqual(before);
});
