import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeycloakEmulator, startKeycloak } from './keycloak.ts';
import type { Role } from './rights.ts';
import { ask, tokenOf } from './walk.ts';

let keycloak: KeycloakEmulator;
let paths: Record<string, string>;

beforeAll(async () => {
  keycloak = await startKeycloak();
  const { realm } = keycloak;
  const user = realm.addUser({ username: 'ada' });
  const group = realm.addGroup('one');
  realm.join(user, group);
  paths = {
    users: '/users',
    count: '/users/count',
    user: `/users/${user.id}`,
    noUser: '/users/nobody',
    groups: '/groups',
    groupCount: '/groups/count',
    group: `/groups/${group.id}`,
    noGroup: '/groups/nothing',
    members: `/groups/${group.id}/members`,
    children: `/groups/${group.id}/children`,
    profile: '/users/profile',
    lockout: '/attack-detection/brute-force/users/nobody',
    realm: '',
  };
});
afterAll(() => keycloak.close());

/** What a real server (26.4 and 26.7) answers: a status, or for a list how many rows it shows. */
const all = {
  users: [1],
  count: 1,
  user: 200,
  noUser: 404,
  groups: [1],
  groupCount: { count: 1 },
  group: 200,
} as const;
const none = { users: 403, count: 403, user: 403, noUser: 403, groups: 403, groupCount: 403, group: 403 } as const;
const seesAll = { ...all, noGroup: 404, members: [1], children: [0], profile: 200, lockout: 200, realm: 200 } as const;
const seesNone = {
  ...none,
  noGroup: 404,
  members: 403,
  children: 403,
  profile: 403,
  lockout: 403,
  realm: 200,
} as const;

describe('what each role may see', () => {
  test.each<[Role[], Record<string, unknown>]>([
    [[], { ...seesNone, realm: 403 }],
    [['query-users'], { ...seesNone, users: [0], count: 1, noUser: 404, profile: 200 }],
    [['query-groups'], { ...seesNone, groups: [0], groupCount: { count: 1 } }],
    [['view-realm'], seesNone],
    [['view-events'], seesNone],
    [['view-users'], seesAll],
    [['manage-users'], seesAll],
  ])('%j', async (roles, expected) => {
    keycloak.client.roles = new Set(roles);
    const token = await tokenOf(keycloak);
    const seen: Record<string, unknown> = {};
    for (const [name, path] of Object.entries(paths)) {
      const { status, body } = await ask(keycloak, token, path);
      seen[name] = Array.isArray(body)
        ? [body.length]
        : status === 200 && name.toLowerCase().endsWith('count')
          ? body
          : status;
    }
    expect(seen).toEqual(expected);
  });

  test('a role that is taken away counts at once, for tokens that are out already', async () => {
    keycloak.client.roles = new Set(['view-users']);
    const token = await tokenOf(keycloak);
    keycloak.client.roles.clear();
    expect(await ask(keycloak, token, '/users')).toMatchObject({ status: 403, body: { error: 'HTTP 403 Forbidden' } });
  });
});
