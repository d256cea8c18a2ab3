import type { Reply } from '../reply.ts';
import { refused } from './errors.ts';
import { childrenOfGroup, countGroups, listGroups, membersOfGroup, oneGroup } from './groups.ts';
import { found, queryOf } from './query.ts';
import type { Realm } from './realm.ts';
import type { Rights } from './rights.ts';
import { countGroupsOfUser, countUsers, groupsOfUser, listUsers, oneUser } from './users.ts';

/** One request of the administration interface: whose, where, and with which parameters. */
export interface Admin {
  realm: Realm;
  /** The realm's name, as asked for. */
  name: string;
  rights: Rights;
  version: 22 | 26;
  strict: boolean;
  parameters: URLSearchParams;
}

type Endpoint = (admin: Admin, id: string) => Reply;

/** By the vendor's paths below /admin/realms/{realm}; the first that fits is the one. */
const endpoints: readonly (readonly [string, Endpoint])[] = [
  ['', oneRealm],
  ['users', listUsers],
  ['users/count', countUsers],
  ['users/profile', userProfile],
  ['users/{id}', oneUser],
  ['users/{id}/groups', groupsOfUser],
  ['users/{id}/groups/count', countGroupsOfUser],
  ['groups', listGroups],
  ['groups/count', countGroups],
  ['groups/{id}', oneGroup],
  ['groups/{id}/children', childrenOfGroup],
  ['groups/{id}/members', membersOfGroup],
  ['attack-detection/brute-force/users/{id}', bruteForce],
];

/** @param path what follows /admin/realms/{realm}, decoded */
export function resource(admin: Admin, method: string, path: readonly string[]): Reply {
  for (const [pattern, endpoint] of endpoints) {
    const parts = pattern === '' ? [] : pattern.split('/');
    if (parts.length !== path.length || !parts.every((part, at) => part === '{id}' || part === path[at])) continue;
    if (method === 'GET') return endpoint(admin, path[parts.indexOf('{id}')] ?? '');
    // The emulated directory is edited by its tests, never over HTTP.
    return admin.rights.manageUsers ? refused.noMethod() : refused.forbidden();
  }
  return refused.notFound();
}

/** GET the realm: everyone with any role sees that it is there, and little more. */
function oneRealm({ name, rights, strict, parameters }: Admin): Reply {
  queryOf(parameters, [], strict);
  if (!rights.any) return refused.forbidden();
  const more = rights.viewUsers ? { registrationEmailAsUsername: false } : {};
  return found({ realm: name, ...more, bruteForceProtected: false, supportedLocales: [], organizationsEnabled: false });
}

/** GET users/profile: which attributes there are, and whether others are shown (`unmanagedAttributePolicy`). */
function userProfile({ realm, rights, strict, parameters }: Admin): Reply {
  queryOf(parameters, [], strict);
  if (!rights.queryUsers) return refused.forbidden();
  const { declared, unmanaged } = realm.profile;
  const permissions = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  const attributes = ['username', 'email', 'firstName', 'lastName', ...declared].map((name) => ({
    name,
    permissions,
    multivalued: declared.includes(name),
  }));
  return found({ attributes, groups: [], ...(unmanaged ? { unmanagedAttributePolicy: unmanaged } : {}) });
}

/** GET attack-detection/brute-force/users/{id}: nobody is locked out here, and unknown ids are answered alike. */
function bruteForce({ rights, strict, parameters }: Admin): Reply {
  queryOf(parameters, [], strict);
  if (!rights.viewUsers) return refused.forbidden();
  return found({
    failedLoginNotBefore: 0,
    numFailures: 0,
    numTemporaryLockouts: 0,
    disabled: false,
    numSecondaryAuthFailures: 0,
    lastIPFailure: 'n/a',
    lastFailure: 0,
  });
}
