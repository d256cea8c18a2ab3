import { expect, test } from 'vitest';
import { addUser } from '../../src/sync/hand/local-user.ts';
import { releaseName } from '../../src/sync/hand/release-name.ts';
import { by, changes, person, refusedBy, standing, turn } from './hand-kit.ts';
import { Directory, SOURCE, type Tenant } from './kit.ts';

const people = (names: Record<string, string>): Tenant => ({
  users: Object.fromEntries(Object.entries(names).map(([id, userName]) => [id, { userName }])),
});
const problems = (directory: Directory) =>
  directory.rows<{ detail: string }>('SELECT detail FROM v1_problems ORDER BY 1').map(({ detail }) => detail);

test('a newcomer who wants the name of a leaver: the problem says what to type, and it works', async () => {
  using directory = new Directory();
  await directory.pass(people({ u1: 'ada', u9: 'bob' }));
  await directory.pass(people({ "u'2": 'ADA', u9: 'bob' }));
  const sentence = `No account was made: the user name \`ADA\` is held by account 1 of source corp. That account is not active. If it is the same person under a new id, type "rosterd user relink id:1 --to 'u'\\''2'"; if it is somebody else, "rosterd user release-name id:1".`;
  expect(problems(directory)).toEqual([sentence]);
  const { runId } = await releaseName(by(directory), person(directory, 'ada'), turn(directory));
  expect(changes(directory, runId)).toEqual(['corp user update (hand) {"holdsName":true} -> {"holdsName":false}']);
  expect((await releaseName(by(directory), person(directory, 'ada'), turn(directory))).runId).toBeNull();
  await directory.pass(people({ "u'2": 'ADA', u9: 'bob' }));
  expect(directory.rows('SELECT id, user_name, user_key, active FROM v1_users ORDER BY id')).toEqual([
    { id: 1, user_name: 'ada', user_key: null, active: 0 },
    { id: 2, user_name: 'bob', user_key: 'bob', active: 1 },
    { id: 3, user_name: 'ADA', user_key: 'ada', active: 1 },
  ]);
  expect(problems(directory)).toEqual([]);
});

test('whoever is at another source is found there', async () => {
  using directory = new Directory();
  await directory.pass(people({ u1: 'ada', u9: 'bob' }));
  await directory.pass(people({ u9: 'bob' }));
  await directory.pass(people({ x1: 'ada' }), { source: 'partner' });
  expect(problems(directory)).toEqual([
    'No account was made: the user name `ada` is held by account 1 of source corp. That account is not active. If it is the same person under a new id, type "rosterd user relink id:1 --to x1 --source partner"; if it is somebody else, "rosterd user release-name id:1".',
  ]);
});

test('an account that wants the name of a leaver cannot become that one', async () => {
  using directory = new Directory();
  await directory.pass(people({ u1: 'ada', u2: 'bob' }));
  await directory.pass(people({ u2: 'ada' }));
  expect(problems(directory)).toEqual([
    'The user name `ada` is held by account 1 of source corp; this account keeps `bob`. That account is not active: "rosterd user release-name id:1" makes it let go of the name.',
  ]);
  await releaseName(by(directory), person(directory, 'ada'), turn(directory));
  await directory.pass(people({ u2: 'ada' }));
  expect(directory.rows('SELECT id, user_key FROM v1_users ORDER BY id')).toEqual([
    { id: 1, user_key: null },
    { id: 2, user_key: 'ada' },
  ]);
});

test('between two who are active, the name is for the identity provider to settle', async () => {
  using directory = new Directory();
  await directory.pass(people({ u1: 'ada' }));
  await directory.pass(people({ u1: 'ada', u2: 'Ada' }));
  expect(problems(directory)).toEqual([
    'No account was made: the user name `Ada` is held by account 1 of source corp. Rename one of the two at the identity provider.',
  ]);
  expect(await refusedBy(releaseName(by(directory), person(directory, 'ada'), turn(directory)))).toMatch(
    /^2: Account 1 is active/,
  );
});

/** Lets a leaver's name go, then brings the user back under some name. */
async function returning(directory: Directory, name: string, taken: string | null) {
  await directory.pass(people({ u1: 'ada', u2: 'bob' }));
  await directory.pass(people({ u2: 'bob' }));
  await releaseName(by(directory), person(directory, 'ada'), turn(directory));
  if (taken !== null) await addUser(by(directory), taken, {}, turn(directory));
  const tenant = people({ u1: name, u2: 'bob' });
  const { runId } = await directory.pass(tenant);
  directory.write('UPDATE sources SET applied_key = NULL');
  expect(await directory.pass(tenant)).toMatchObject({ outcome: 'unchanged' });
  return changes(directory, runId);
}

type Return = [what: string, name: string, taken: string | null, state: string, key: string | null, changes: string[]];
const RETURNS: Return[] = [
  [
    'the name is free: it has it back',
    'ada',
    null,
    'active',
    'ada',
    [
      'corp user update (source) {"holdsName":false} -> {"holdsName":true}',
      'corp user reactivate (source) {"active":false,"inactiveReason":"missing"} -> {"active":true,"inactiveReason":null}',
    ],
  ],
  [
    'another name: it has that',
    'ada.b',
    'ada',
    'active',
    'ada.b',
    [
      'corp user rename (source) {"userName":"ada","holdsName":false} -> {"userName":"ada.b","holdsName":true}',
      'corp user reactivate (source) {"active":false,"inactiveReason":"missing"} -> {"active":true,"inactiveReason":null}',
    ],
  ],
  ['somebody has it: it stays inactive', 'ada', 'ADA', 'missing', null, []],
  ['a name that cannot be used, and somebody has its own', ' ', 'ada', 'missing', null, []],
];

test.each(RETURNS)('whoever let go of a name comes back: %s', async (_, name, taken, state, key, expected) => {
  using directory = new Directory();
  expect(await returning(directory, name, taken)).toEqual(expected);
  expect(standing(directory, 1)).toBe(state);
  expect(directory.rows('SELECT user_key FROM v1_users WHERE id = 1')).toEqual([{ user_key: key }]);
});

test('a deletion frees no name that somebody else holds by now', async () => {
  using directory = new Directory();
  const request = { source: { ...SOURCE, limits: {}, onMissing: 'delete' as const } };
  await directory.pass(people({ u1: 'ada', u2: 'bob' }));
  await directory.pass(people({ u2: 'bob' }));
  await releaseName(by(directory), person(directory, 'ada'), turn(directory));
  await addUser(by(directory), 'ada', {}, turn(directory));
  // The leaver is deleted in the very pass that brings somebody who wants the name.
  await directory.pass(people({ u2: 'bob', u3: 'ada' }), { request });
  expect(directory.rows('SELECT id, source, user_key FROM v1_users ORDER BY id')).toEqual([
    { id: 2, source: 'corp', user_key: 'bob' },
    { id: 3, source: 'local', user_key: 'ada' },
  ]);
  expect(problems(directory)[0]).toContain('held by account 3 of source local. That account was made by hand');
});
