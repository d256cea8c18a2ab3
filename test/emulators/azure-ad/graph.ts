import type { Reply } from '../reply.ts';
import type { Ask } from './ask.ts';
import { deletedItem, deletedItems } from './deleted.ts';
import { deltaOf } from './delta.ts';
import { refuse } from './errors.ts';
import { countGroups, listGroups, membersOf, oneGroup } from './groups.ts';
import { getByIds, grantedTo, oneServicePrincipal, organization } from './objects.ts';
import { countUsers, groupsOfUser, listUsers, managerOf, oneUser } from './users.ts';

type Endpoint = (ask: Ask, id: string, cast: string) => Reply;

/** By method and path below the version; `{id}` and `{cast}` stand for any part. The first that fits is the one. */
const endpoints: readonly (readonly ['GET' | 'POST', string, Endpoint])[] = [
  ['GET', 'users', listUsers],
  ['GET', 'users/$count', countUsers],
  ['GET', 'users/delta', (ask) => deltaOf(ask, 'user')],
  ['GET', 'users/{id}', oneUser],
  ['GET', 'users/{id}/manager', managerOf],
  ['GET', 'users/{id}/memberOf', (ask, id, cast) => groupsOfUser(ask, id, cast, false)],
  ['GET', 'users/{id}/memberOf/{cast}', (ask, id, cast) => groupsOfUser(ask, id, cast, false)],
  ['GET', 'users/{id}/transitiveMemberOf', (ask, id, cast) => groupsOfUser(ask, id, cast, true)],
  ['GET', 'users/{id}/transitiveMemberOf/{cast}', (ask, id, cast) => groupsOfUser(ask, id, cast, true)],
  ['GET', 'groups', listGroups],
  ['GET', 'groups/$count', countGroups],
  ['GET', 'groups/delta', (ask) => deltaOf(ask, 'group')],
  ['GET', 'groups/{id}', oneGroup],
  ['GET', 'groups/{id}/members', (ask, id, cast) => membersOf(ask, id, cast, false)],
  ['GET', 'groups/{id}/members/{cast}', (ask, id, cast) => membersOf(ask, id, cast, false)],
  ['GET', 'groups/{id}/transitiveMembers', (ask, id, cast) => membersOf(ask, id, cast, true)],
  ['GET', 'groups/{id}/transitiveMembers/{cast}', (ask, id, cast) => membersOf(ask, id, cast, true)],
  ['GET', 'directory/deletedItems/microsoft.graph.user', (ask) => deletedItems(ask, 'user')],
  ['GET', 'directory/deletedItems/microsoft.graph.group', (ask) => deletedItems(ask, 'group')],
  ['GET', 'directory/deletedItems/{id}', deletedItem],
  ['GET', 'directory/deletedItems/{id}/{cast}', deletedItem],
  ['POST', 'directoryObjects/getByIds', getByIds],
  ['GET', 'organization', organization],
  ['GET', 'servicePrincipals/{id}', oneServicePrincipal],
  ['GET', 'servicePrincipals/{id}/appRoleAssignments', grantedTo],
];

/** @throws Refusal */
export function resource(ask: Ask, method: string): Reply {
  // OData's other way of naming a function: users/microsoft.graph.delta, with brackets or without.
  const path = ask.path.replace(/(^|\/)(?:microsoft\.graph\.)?(delta|getByIds)(\(\))?$/, '$1$2');
  const parts = path.split('/').flatMap((part) => keyOf(ask, decodeURIComponent(part)).split('/'));
  const fitting = endpoints.filter(([, pattern]) => fits(pattern.split('/'), parts));
  const [, pattern = '', endpoint] = fitting.find(([wanted]) => wanted === method) ?? [];
  if (endpoint) {
    const names = pattern.split('/');
    return endpoint(ask, parts[names.indexOf('{id}')] ?? '', parts[names.indexOf('{cast}')] ?? '');
  }
  // The emulated directory is edited by its tests, never over HTTP.
  if (fitting.length > 0)
    throw method === 'POST' || method === 'PATCH' || method === 'DELETE' ? refuse.permission() : refuse.method();
  throw refuse.segment(parts.at(-1) ?? '');
}

/** Service principals may be named by their application: servicePrincipals(appId='…') stands for servicePrincipals/{id}. */
function keyOf(ask: Ask, part: string): string {
  const appId = /^servicePrincipals\(appId='([^']*)'\)$/i.exec(part)?.[1];
  return appId === undefined
    ? part
    : `servicePrincipals/${ask.apps.find((app) => app.appId === appId)?.objectId ?? appId}`;
}

const fits = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length &&
  pattern.every((each, at) => each === parts[at] || ((each === '{id}' || each === '{cast}') && parts[at] !== ''));
