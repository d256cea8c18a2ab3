import { describe, expect, test } from 'vitest';
import { pathOf, Realm } from './realm.ts';

const realmWith = (...names: string[]) => {
  const realm = new Realm('test');
  for (const username of names) realm.addUser({ username });
  return realm;
};

describe('edits of the emulated realm', () => {
  test('ids come from the seed and the order of edits', () => {
    const ids = (seed: string) => {
      const realm = new Realm(seed);
      return [realm.addUser({ username: 'ada' }).id, realm.addGroup('a').id];
    };
    expect(ids('x')).toEqual(ids('x'));
    expect(ids('x')).not.toEqual(ids('y'));
    expect(ids('x')[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('a renamed user keeps the id and moves in the order', () => {
    const realm = realmWith('ada', 'bea', 'cem');
    const { id } = realm.user('ada');
    realm.editUser(realm.user('ada'), { username: 'Zoe', email: 'zoe@example.org' });
    expect(realm.users().map((user) => user.username)).toEqual(['bea', 'cem', 'zoe']);
    expect(realm.user('zoe')).toMatchObject({ id, email: 'zoe@example.org' });
    expect(() => realm.user('ada')).toThrow('no user ada');
  });

  test('a removed user is in no group, and a restored one in the same ones', () => {
    const realm = realmWith('ada', 'bea');
    const group = realm.addGroup('one');
    for (const user of realm.users()) realm.join(user, group);
    expect(realm.membersOf(group)).toHaveLength(2);
    const ada = realm.user('ada');
    const left = realm.removeUser(ada);
    expect(realm.membersOf(group).map((user) => user.username)).toEqual(['bea']);
    realm.restoreUser(ada, left);
    expect(realm.user('ada')).toBe(ada);
    expect(realm.membersOf(group).map((user) => user.username)).toEqual(['ada', 'bea']);
    for (const user of realm.users()) realm.leave(user, group);
    expect(realm.membersOf(group)).toEqual([]);
  });

  test('a moved group takes what is in it along, and a removed one takes it away', () => {
    const realm = new Realm(1);
    const a = realm.addGroup('a');
    const inner = realm.addGroup('inner', realm.addGroup('b', a));
    const other = realm.addGroup('other');
    realm.moveGroup(realm.group('/a/b'), other);
    expect(pathOf(inner)).toBe('/other/b/inner');
    realm.renameGroup(other, 'new');
    expect(realm.group('/new/b/inner')).toBe(inner);
    realm.moveGroup(inner, null);
    expect(realm.topGroups().map(pathOf)).toEqual(['/a', '/inner', '/new']);
    realm.removeGroup(other);
    expect(realm.groups().map(pathOf)).toEqual(['/a', '/inner']);
  });

  test('what the vendor refuses is a mistake of the test', () => {
    const realm = realmWith('ada');
    const a = realm.addGroup('a');
    const b = realm.addGroup('b', a);
    realm.addGroup('b');
    expect(() => realm.addUser({ username: 'ADA' })).toThrow('already has a user ada');
    expect(() => realm.addGroup('a')).toThrow('already has a group /a');
    expect(() => realm.moveGroup(b, null)).toThrow('already has a group /b');
    expect(() => realm.moveGroup(a, b)).toThrow('/a cannot be moved into itself');
    expect(() => realm.renameGroup(a, 'b')).toThrow('already has a group /b');
  });
});
