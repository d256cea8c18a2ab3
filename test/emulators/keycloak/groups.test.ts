import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeycloakEmulator, startKeycloak } from './keycloak.ts';
import { ask, tokenOf, vendorClient } from './walk.ts';

let keycloak: KeycloakEmulator;
let token: string;

const addAll = ({ realm }: KeycloakEmulator) => {
  const a = realm.addGroup({ name: 'a', description: 'first', attributes: { x: ['1', '2'] } });
  const b = realm.addGroup('b', a);
  realm.addGroup('c', b);
  realm.addGroup('b', realm.addGroup('z'));
  const wide = realm.addGroup('wide');
  for (let at = 0; at < 15; at++) realm.addGroup(`w${String(at).padStart(2, '0')}`, wide);
  const big = realm.addGroup('big group');
  for (let at = 0; at < 250; at++) realm.join(realm.addUser({ username: `u${String(at).padStart(3, '0')}` }), big);
  realm.join(realm.user('service-account-rosterd'), big);
  realm.join(realm.user('u000'), b);
};

beforeAll(async () => {
  keycloak = await startKeycloak();
  addAll(keycloak);
  token = await tokenOf(keycloak);
});
afterAll(() => keycloak.close());

const TOP = ['/a', '/big group', '/wide', '/z'];
const access = { view: true, viewMembers: true, manageMembers: false, manage: false, manageMembership: false };
const pathsIn = (body: unknown): string[] => (Array.isArray(body) ? body.map((group) => group.path) : []);

describe('GET groups lists what the vendor lists', () => {
  test.each([
    ['', TOP],
    ['?max=-1', TOP],
    ['?max=0', []],
    ['?first=1&max=2', ['/big group', '/wide']],
    ['?populateHierarchy=false', TOP],
    ['?search=', TOP],
    ['?search=c', ['/a']],
    ['?search=c&populateHierarchy=false', ['/a/b/c']],
    ['?search=B&populateHierarchy=false', expect.arrayContaining(['/a/b', '/z/b', '/big group'])],
    ['?search=b&exact=true&populateHierarchy=false', expect.arrayContaining(['/a/b', '/z/b'])],
    ['?search=B&exact=true&populateHierarchy=false', []],
    ['?q=x:2', ['/a']],
  ])('%s', async (query, paths) => {
    const { status, body } = await ask(keycloak, token, `/groups${query}`);
    expect([status, pathsIn(body)]).toEqual([200, paths]);
  });

  test('a blank search without hierarchy is every level in one flat list', async () => {
    const query = '?search=+&first=0&max=-1&populateHierarchy=false&subGroupsCount=false&briefRepresentation=true';
    const { body } = await ask(keycloak, token, `/groups${query}`);
    expect(pathsIn(body)).toHaveLength(22);
    expect(body).toContainEqual({
      id: keycloak.realm.group('/a/b/c').id,
      name: 'c',
      path: '/a/b/c',
      parentId: keycloak.realm.group('/a/b').id,
      subGroups: [],
      access,
    });
  });

  test('a search with hierarchy shows the branch from the root, and no sibling', async () => {
    const { body } = await ask(keycloak, token, '/groups?search=w14');
    expect(body).toMatchObject([
      { path: '/wide', subGroupCount: 15, subGroups: [{ path: '/wide/w14', subGroupCount: 0 }] },
    ]);
  });

  test.each([
    ['', 22],
    ['?top=true', 4],
    ['?search=w1', 5],
    // Not trimmed, unlike in the listing: names that hold a space.
    ['?search=%20', 1],
  ])('groups/count%s', async (query, count) => {
    expect(await ask(keycloak, token, `/groups/count${query}`)).toMatchObject({ status: 200, body: { count } });
  });
});

describe('one group', () => {
  test('is never brief, and has its description', async () => {
    const vendor = await vendorClient(keycloak);
    const { id } = keycloak.realm.group('/a');
    const full = { attributes: { x: ['1', '2'] }, realmRoles: [], clientRoles: {}, access };
    const group = { id, name: 'a', description: 'first', path: '/a', subGroupCount: 1, subGroups: [], ...full };
    expect(await vendor.groups.findOne({ id })).toEqual(group);
  });

  test.each([
    ['', 10],
    ['?max=-1', 15],
    ['?max=0', 0],
    ['?first=12&max=10', 3],
    ['?search=w1&max=-1', 5],
  ])('has children%s', async (query, rows) => {
    const { body } = await ask(keycloak, token, `/groups/${keycloak.realm.group('/wide').id}/children${query}`);
    expect(pathsIn(body)).toHaveLength(rows);
  });

  test.each([
    ['', 100],
    ['?max=-1', 251],
    ['?max=0', 0],
    ['?first=200&max=100', 51],
  ])('has members%s', async (query, rows) => {
    const { body } = await ask(keycloak, token, `/groups/${keycloak.realm.group('/big group').id}/members${query}`);
    expect(pathsIn(body)).toHaveLength(rows);
  });

  test('has direct members only, by user name, service accounts among them, without access', async () => {
    const vendor = await vendorClient(keycloak);
    expect(await vendor.groups.listMembers({ id: keycloak.realm.group('/a').id })).toEqual([]);
    const members = await vendor.groups.listMembers({ id: keycloak.realm.group('/big group').id, max: -1 });
    const names = members.map((member) => member.username ?? '');
    expect(names).toEqual([...names].sort());
    expect(names).toContain('service-account-rosterd');
    expect(members[0]).not.toHaveProperty('access');
  });

  test.each(['', '/members', '/children'])('that is not there: groups/{id}%s', async (what) => {
    expect(await ask(keycloak, token, `/groups/nothing${what}`)).toMatchObject({
      status: 404,
      body: { error: 'Could not find group by id' },
    });
  });

  test('is found from its member', async () => {
    const vendor = await vendorClient(keycloak);
    const { id } = keycloak.realm.user('u000');
    const groups = await vendor.users.listGroups({ id });
    expect(groups.map((group) => group.path)).toEqual(['/a/b', '/big group']);
    expect(await vendor.users.countGroups({ id })).toEqual({ count: 2 });
  });
});

describe('a server before 23', () => {
  test('lists whole trees, with and without a search, and has no listing of children', async () => {
    await using old = await startKeycloak({ version: 22 });
    addAll(old);
    const key = await tokenOf(old);
    const tree = await ask(old, key, '/groups');
    expect(tree.body).toMatchObject([
      { path: '/a', subGroups: [{ path: '/a/b', subGroups: [{ path: '/a/b/c', subGroups: [] }] }] },
      { path: '/big group' },
      { path: '/wide' },
      { path: '/z' },
    ]);
    expect((await ask(old, key, '/groups?search=+&max=-1&populateHierarchy=false')).body).toEqual(tree.body);
    expect((await ask(old, key, '/groups?search=c')).body).toMatchObject([{ path: '/a' }]);
    expect((await ask(old, key, `/groups/${old.realm.group('/wide').id}/children`)).status).toBe(405);
  });
});
