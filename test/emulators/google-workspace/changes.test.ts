import { describe, expect, test } from 'vitest';
import { type GoogleOptions, startGoogle } from './google.ts';
import { all, ask, assertionOf, failure, rowOf, rowsOf, tokenAnswer, tokenOf } from './walk.ts';

const C = 'customer=my_customer';

async function started(options: GoogleOptions = {}) {
  const google = await startGoogle(options);
  const { directory } = google;
  const ada = directory.addUser({ primaryEmail: 'ada@fjord.example', name: { givenName: 'Ada' } });
  const team = directory.addGroup({ email: 'team@fjord.example' });
  directory.join(team, ada);
  const token = await tokenOf(google);
  const get = (path: string) => ask(google, token, path);
  const members = async () =>
    rowsOf((await get(`/groups/${team.id}/members`)).body, 'members').map(({ email, role }) => [email, role]);
  return { google, directory, ada, team, token, get, members };
}

describe('who was deleted', () => {
  test('is in the list of those only, and can be restored for twenty days', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    const { google, directory, ada, get, members } = await started({ clock, tokenLifespan: 10_000_000 });
    await using _ = google;
    directory.removeUser(ada);
    const deleted = async () => rowsOf((await get(`/users?${C}&showDeleted=true`)).body, 'users');
    expect(rowsOf((await get(`/users?${C}`)).body, 'users')).toHaveLength(1);
    expect(await deleted()).toMatchObject([{ id: ada.id, deletionTime: new Date(now).toISOString() }]);
    expect(await members()).toEqual([]);
    const gone = await get(`/users/${ada.id}`);
    expect(failure(gone)).toBe('412 conditionNotMet: User is deleted.');
    expect(failure(await get('/users/ada@fjord.example'))).toBe('404 notFound: Resource Not Found: userKey');
    google.settings.deletedUser = 404;
    expect(failure(await get(`/users/${ada.id}`))).toBe('404 notFound: Resource Not Found: userKey');
    directory.restoreUser(ada);
    expect((await get(`/users/${ada.id}`)).status).toBe(200);
    directory.removeUser(ada);
    google.settings.deletedUser = 412;
    now += 20 * 86_400_000;
    const { body } = await tokenAnswer(google, assertionOf(google, {}, { now }));
    const later = (path: string) => ask(google, String(rowOf(body).access_token), path);
    expect(failure(await later(`/users/${ada.id}`))).toBe('404 notFound: Resource Not Found: userKey');
    expect((await later(`/users?${C}&showDeleted=true`)).body).not.toHaveProperty('users');
    expect(() => directory.restoreUser(ada)).toThrow('cannot be restored');
  });

  test('may be listed by a group for a while, and leaves the address to somebody else', async () => {
    const { google, directory, ada, get, members } = await started();
    await using _ = google;
    directory.removeUser(ada, { lingers: true });
    expect(await members()).toEqual([['ada@fjord.example', 'MEMBER']]);
    const other = directory.addUser({ primaryEmail: 'ada@fjord.example' });
    expect(rowOf((await get('/users/ada@fjord.example')).body).id).toBe(other.id);
    expect(() => directory.restoreUser(ada)).toThrow('already has');
  });
});

test('a new name keeps the old one as an alias, and memberships show it', async () => {
  const { google, directory, ada, get, members } = await started();
  await using _ = google;
  directory.renameUser(ada, 'Countess@fjord.example');
  const { body } = await get('/users/ada@fjord.example');
  expect(body).toMatchObject({ id: ada.id, primaryEmail: 'countess@fjord.example', aliases: ['ada@fjord.example'] });
  expect(await members()).toEqual([['countess@fjord.example', 'MEMBER']]);
  directory.renameUser(ada, 'ada@fjord.example');
  expect(ada.aliases).toEqual(['countess@fjord.example']);
  expect(() => directory.addUser({ primaryEmail: 'countess@fjord.example' })).toThrow('already has');
  expect(() => directory.addUser({ primaryEmail: 'x@elsewhere.example' })).toThrow('none of the domains');
});

test('groups come and go, and so do members and their roles', async () => {
  const { google, directory, ada, team, get, members } = await started();
  await using _ = google;
  const outer = directory.addGroup({ email: 'outer@fjord.example', name: 'Outer' });
  directory.join(outer, team);
  directory.join(team, outer);
  directory.join(team, ada, 'MANAGER');
  directory.joinCustomer(team);
  expect(await members()).toEqual([
    ['ada@fjord.example', 'MANAGER'],
    ['outer@fjord.example', 'MEMBER'],
    [undefined, 'MEMBER'],
  ]);
  directory.leave(team, google.customerId);
  directory.leave(team, ada);
  directory.editGroup(outer, { name: 'Outermost' });
  expect(rowOf((await get(`/groups/${outer.id}`)).body).name).toBe('Outermost');
  directory.removeGroup(outer);
  expect(await members()).toEqual([]);
  expect(failure(await get(`/groups/${outer.id}`))).toBe('404 notFound: Resource Not Found: groupKey');
  expect(() => directory.join(outer, ada)).toThrow('is deleted');
});

test('who comes or goes between two pages shifts no other row', async () => {
  const { google, directory, token } = await started();
  await using _ = google;
  const more = ['b', 'd', 'f'].map((name) => directory.addUser({ primaryEmail: `${name}@fjord.example` }));
  let pages = 0;
  google.faults.when({ path: '/users', times: Number.POSITIVE_INFINITY }, async (_request, honest) => {
    const reply = await honest();
    if (++pages === 1 && more[0]) directory.removeUser(more[0]);
    if (pages === 2) directory.addUser({ primaryEmail: 'a@fjord.example' });
    return reply;
  });
  const { rows } = await all(google, token, `/users?${C}&maxResults=2`);
  expect(rows.map(({ primaryEmail }) => String(primaryEmail)[0])).toEqual(['a', 'a', 'd', 'f']);
});
