import { expect, test } from 'vitest';
import { addUser, deactivateUser, deleteUser, updateUser } from '../../src/sync/hand/local-user.ts';
import { suspendUser } from '../../src/sync/hand/suspend.ts';
import { by, changes, person, refusedBy, standing, turn } from './hand-kit.ts';
import { Directory } from './kit.ts';

const ADA = { users: { u1: { userName: 'ada' } } };

test('an account made by hand has what was said, and a run of its own', async () => {
  using directory = new Directory();
  const made = await addUser(by(directory), 'Root', { email: 'root@x.org', title: ' ', locale: 'de' }, turn(directory));
  expect(directory.rows('SELECT id, source, user_name, user_key, email, title, active FROM v1_users')).toEqual([
    { id: 1, source: 'local', user_name: 'Root', user_key: 'root', email: 'root@x.org', title: null, active: 1 },
  ]);
  expect(
    directory.rows(
      'SELECT source, mode, "trigger", actor, outcome, created, message FROM v1_runs WHERE id = ?',
      made.runId,
    ),
  ).toEqual([
    {
      ...{ source: 'local', mode: 'hand', trigger: 'hand', actor: 'ada', outcome: 'ok' },
      ...{ created: 1, message: 'INC-7' },
    },
  ]);
  expect(changes(directory, made.runId)).toEqual([
    'local user create (hand) null -> {"active":true,"userName":"Root","email":"root@x.org","locale":"de"}',
  ]);
});

test('no pass touches it, not even one that removes everybody', async () => {
  using directory = new Directory();
  await addUser(by(directory), 'root', {}, turn(directory));
  await directory.pass(ADA);
  const before = directory.rows("SELECT * FROM v1_users WHERE source = 'local'");
  await directory.pass({ users: { u9: { userName: 'ROOT' } } });
  await directory.run(null, 'corp', { removal: { reason: null } });
  expect(directory.rows("SELECT * FROM v1_users WHERE source = 'local'")).toEqual(before);
});

test('a user of a source who wants its name is a conflict that names the command', async () => {
  using directory = new Directory();
  const { id } = await addUser(by(directory), 'ADA', {}, turn(directory));
  await directory.pass(ADA);
  expect(directory.rows('SELECT detail FROM v1_problems')).toEqual([
    {
      detail: `No account was made: the user name \`ada\` is held by account ${id} of source local. That account was made by hand: rename it with "rosterd user update id:${id} --user-name NAME", or this user at the identity provider.`,
    },
  ]);
  const renamed = await updateUser(
    by(directory),
    person(directory, 'ADA'),
    { userName: 'root' },
    false,
    turn(directory),
  );
  expect(changes(directory, renamed.runId)).toEqual([
    'local user rename (hand) {"userName":"ADA"} -> {"userName":"root"}',
  ]);
  await directory.pass(ADA);
  expect(directory.rows('SELECT user_name FROM v1_users ORDER BY id')).toEqual([
    { user_name: 'root' },
    { user_name: 'ada' },
  ]);
  expect(directory.rows('SELECT * FROM v1_problems')).toEqual([]);
});

test('updates change what differs; an empty text takes a value away', async () => {
  using directory = new Directory();
  const boss = await addUser(by(directory), 'boss', {}, turn(directory));
  await addUser(by(directory), 'root', { email: 'a@x.org', title: 'Admin' }, turn(directory));
  const root = person(directory, 'root');
  const attributes = { email: 'a@x.org', title: '', department: 'IT', manager: boss.id };
  const { runId } = await updateUser(by(directory), root, attributes, false, turn(directory));
  expect(changes(directory, runId)).toEqual([
    'local user update (hand) {"title":"Admin","department":null,"managerId":null} -> {"title":null,"department":"IT","managerId":1}',
  ]);
  expect((await updateUser(by(directory), root, attributes, true, turn(directory))).runId).toBeNull();
  expect(directory.rows('SELECT count(*) AS n FROM v1_runs')).toEqual([{ n: 3 }]);
});

test('deactivated, brought back, deleted; whoever it managed has no manager then', async () => {
  using directory = new Directory();
  const { id } = await addUser(by(directory), 'root', { email: 'a@x.org' }, turn(directory));
  await addUser(by(directory), 'other', { manager: id }, turn(directory));
  const root = person(directory, 'root');
  await deactivateUser(by(directory), root, turn(directory));
  expect(standing(directory, id)).toBe('manual');
  expect((await deactivateUser(by(directory), root, turn(directory))).runId).toBeNull();
  await updateUser(by(directory), root, {}, true, turn(directory));
  expect(standing(directory, id)).toBe('active');
  const { runId } = await deleteUser(by(directory), root, turn(directory));
  expect(changes(directory, runId)).toEqual([
    'local user update (hand) {"managerId":1} -> {"managerId":null}',
    'local user delete (hand) {"active":true,"inactiveReason":null,"userName":"root","email":"a@x.org"} -> null',
  ]);
  expect(directory.rows('SELECT user_name, manager_id FROM v1_users')).toEqual([
    { user_name: 'other', manager_id: null },
  ]);
  const again = await addUser(by(directory), 'root', {}, turn(directory));
  expect(again.id).toBe(3);
  expect(await refusedBy(updateUser(by(directory), root, {}, false, turn(directory)))).toBe(
    '5: Account 1 changed meanwhile; nothing was done. Look at it and try again.',
  );
});

const REFUSED: [what: string, edit: (directory: Directory) => Promise<unknown>, sentence: string][] = [
  [
    'a name that somebody has',
    (directory) => addUser(by(directory), 'ADA', {}, turn(directory)),
    '2: The user name is held by account 1 of source `corp`. Nothing was changed.',
  ],
  [
    'a name that whoever left still has',
    (directory) => addUser(by(directory), 'Gone', {}, turn(directory)),
    '2: The user name is held by account 2 of source `corp`, which is not active; "rosterd user release-name id:2" makes it let go of the name. Nothing was changed.',
  ],
  [
    'an empty name',
    (directory) => addUser(by(directory), ' ', {}, turn(directory)),
    '2: That user name cannot be used: it is empty. Nothing was changed.',
  ],
  [
    'a name with control characters',
    (directory) => addUser(by(directory), 'a\u001bb', {}, turn(directory)),
    '2: That user name cannot be used: it holds control characters. Nothing was changed.',
  ],
  [
    'a manager who is gone',
    (directory) => addUser(by(directory), 'new', { manager: 99 }, turn(directory)),
    '2: The manager, account 99, was deleted meanwhile. Nothing was changed.',
  ],
  [
    "update of a source's account",
    (directory) => updateUser(by(directory), person(directory, 'ada'), { title: 'x' }, false, turn(directory)),
    '2: Account 1 comes from source `corp`, which would undo that; nothing was changed. Change it at the identity provider, or by a rule of that source.',
  ],
  [
    "deactivation of a source's account",
    (directory) => deactivateUser(by(directory), person(directory, 'ada'), turn(directory)),
    '2: Account 1 comes from source `corp`, which would undo that; nothing was changed. "rosterd user suspend id:1 --reason TEXT" holds it inactive.',
  ],
  [
    "deletion of a source's account",
    (directory) => deleteUser(by(directory), person(directory, 'ada'), turn(directory)),
    '2: Account 1 comes from source `corp`, which would undo that; nothing was changed. "rosterd user suspend id:1 --reason TEXT" holds it inactive; it is deleted when its user leaves, as `onMissing` and `deleteAfter` say.',
  ],
  [
    'activation of who is suspended',
    async (directory) => {
      await suspendUser(by(directory), person(directory, 'root'), turn(directory));
      return await updateUser(by(directory), person(directory, 'root'), { title: 'x' }, true, turn(directory));
    },
    '2: Account 3 is suspended; "rosterd user unsuspend id:3" ends that. Nothing was changed.',
  ],
];

test.each(REFUSED)('refused, and nothing written: %s', async (_, edit, sentence) => {
  using directory = new Directory();
  await directory.pass({ users: { u1: { userName: 'ada' }, u2: { userName: 'gone' } } });
  await directory.pass(ADA);
  await addUser(by(directory), 'root', {}, turn(directory));
  const users = () => directory.rows('SELECT id, user_name, title FROM v1_users');
  const before = users();
  expect(await refusedBy(edit(directory))).toBe(sentence);
  expect(users()).toEqual(before);
});
