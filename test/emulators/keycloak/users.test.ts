import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeycloakEmulator, startKeycloak } from './keycloak.ts';
import { ask, tokenOf, vendorClient } from './walk.ts';

let keycloak: KeycloakEmulator;
let token: string;

beforeAll(async () => {
  keycloak = await startKeycloak();
  const { realm } = keycloak;
  for (let at = 0; at < 250; at++) {
    const name = `u${String(at).padStart(3, '0')}`;
    realm.addUser({
      username: name,
      enabled: at % 10 !== 3,
      emailVerified: at % 2 === 0,
      email: `${name}@example.org`,
      firstName: 'Åsa',
      lastName: `Family${at}`,
      attributes: { department: [`D${at % 5}`], costCenter: ['c1', 'c2'] },
    });
  }
  realm.addUser({ username: 'Ünïcode.Ñame' });
  token = await tokenOf(keycloak);
});
afterAll(() => keycloak.close());

describe('GET users lists as many as the vendor', () => {
  test.each([
    ['', 100],
    ['?max=-1', 251],
    ['?max=-2', 251],
    ['?max=', 100],
    ['?max=0', 0],
    ['?first=-1&max=5', 5],
    ['?first=250&max=100', 1],
    ['?first=9999', 0],
    ['?max=1000', 251],
    // With any filter but search, service accounts come in.
    ['?max=-1&enabled=true', 227],
    ['?max=-1&enabled=false', 25],
    ['?max=-1&username=service', 1],
    ['?max=-1&search=service', 0],
    ['?max=-1&username=u00', 10],
    ['?max=-1&username=u001&exact=true', 1],
    ['?max=-1&email=U001@EXAMPLE', 1],
    ['?max=-1&q=department:D1', 50],
    ['?max=-1&q=department:D1 costCenter:c2', 50],
    ['?max=-1&idpAlias=google', 0],
    ['?max=-1&search=', 251],
    ['?max=-1&search=%20', 251],
    // A search is a prefix of a name or the mail address, unless it has a star or quotes.
    ['?max=-1&search=u00', 10],
    ['?max=-1&search=001', 0],
    ['?max=-1&search=*001*', 1],
    ['?max=-1&search="u001"', 1],
    ['?max=-1&search="u00"', 0],
    ['?max=-1&search=åsa family24', 11],
  ])('%s', async (query, rows) => {
    const { status, body } = await ask(keycloak, token, `/users${query}`);
    expect([status, Array.isArray(body) && body.length]).toEqual([200, rows]);
  });

  test.each([
    ['', 251],
    ['?enabled=true', 227],
    ['?search=u00', 10],
    ['?search=service', 0],
  ])('and counts them: users/count%s', async (query, count) => {
    expect(await ask(keycloak, token, `/users/count${query}`)).toMatchObject({ status: 200, body: count });
  });

  test.each(['max=abc', 'max=99999999999', 'first=1.5'])('%s is not found', async (query) => {
    expect(await ask(keycloak, token, `/users?${query}`)).toMatchObject({
      status: 404,
      body: { error: 'HTTP 404 Not Found' },
    });
  });

  test('by user name, whole or in pages', async () => {
    const vendor = await vendorClient(keycloak);
    const whole = (await vendor.users.find({ max: -1 })).map((user) => user.username);
    const paged: (string | undefined)[] = [];
    for (let first = 0; ; first += 40) {
      const page = await vendor.users.find({ first, max: 40 });
      if (page.length === 0) break;
      paged.push(...page.map((user) => user.username));
    }
    expect(whole).toEqual([...whole].sort());
    expect(whole.at(-1)).toBe('ünïcode.ñame');
    expect(paged).toEqual(whole);
  });
});

describe('a user is shown as the vendor shows it', () => {
  const brief = {
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    username: 'u000',
    firstName: 'Åsa',
    lastName: 'Family0',
    email: 'u000@example.org',
    emailVerified: true,
    enabled: true,
    createdTimestamp: expect.any(Number),
  };
  const more = { totp: false, disableableCredentialTypes: [], requiredActions: [], notBefore: 0 };
  const attributes = { department: ['D0'], costCenter: ['c1', 'c2'] };
  const may = { manageGroupMembership: false, resetPassword: false, view: true, mapRoles: false, impersonate: false };

  test('in a list, briefly', async () => {
    const vendor = await vendorClient(keycloak);
    const [user] = await vendor.users.find({ username: 'u000', exact: true, briefRepresentation: true });
    expect(user).toEqual({ ...brief, access: { manage: false } });
  });

  test('in a list, which is not brief unless asked', async () => {
    const vendor = await vendorClient(keycloak);
    const [user] = await vendor.users.find({ username: 'u000', exact: true });
    expect(user).toEqual({ ...brief, attributes, ...more, access: { manage: false } });
  });

  test('by id', async () => {
    const vendor = await vendorClient(keycloak);
    const user = await vendor.users.findOne({ id: keycloak.realm.user('u000').id });
    expect(user).toEqual({ ...brief, attributes, ...more, access: { ...may, manage: false } });
  });

  test('without keys for what it does not have', async () => {
    const { body } = await ask(keycloak, token, `/users/${keycloak.realm.user('ünïcode.ñame').id}`);
    expect(body).not.toHaveProperty('email');
    expect(body).not.toHaveProperty('firstName');
    expect(body).not.toHaveProperty('attributes');
  });

  test('with nothing that marks a service account', async () => {
    const { body } = await ask(keycloak, token, `/users/${keycloak.realm.user('service-account-rosterd').id}`);
    expect(JSON.stringify(body)).not.toContain('serviceAccountClientId');
  });

  test('without attributes that the user profile hides', async () => {
    const before = keycloak.realm.profile;
    keycloak.realm.profile = { declared: ['department'], unmanaged: null };
    const { body } = await ask(keycloak, token, '/users?max=1');
    expect(body).toMatchObject([{ attributes: { department: ['D0'] } }]);
    expect(JSON.stringify(body)).not.toContain('costCenter');
    keycloak.realm.profile = before;
  });

  test('not found', async () => {
    expect(await ask(keycloak, token, '/users/nobody')).toMatchObject({
      status: 404,
      body: { error: 'User not found' },
    });
    expect(await (await vendorClient(keycloak)).users.findOne({ id: 'nobody' })).toBeNull();
  });
});

test('strictness catches a parameter that does not exist; a lenient emulator ignores it, as the vendor does', async () => {
  expect(await ask(keycloak, token, '/users?limit=5')).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('there is no parameter "limit" here') },
  });
  await using lenient = await startKeycloak({ strict: false });
  expect((await ask(lenient, await tokenOf(lenient), '/users?limit=5')).status).toBe(200);
});
