import type { Reply } from '../reply.ts';
import type { Ask } from './ask.ts';
import { refuse } from './errors.ts';
import { listGroups, membersOf, oneGroup } from './groups.ts';
import { decodedPath } from './login.ts';
import { orgSettings } from './settings.ts';
import { groupsOfUser, listUsers, oneUser } from './users.ts';

/** By path below /api/v1; `{id}` stands for any part. Everything is read: the directory is edited by its tests. */
const endpoints: readonly (readonly [string, (ask: Ask, id: string) => Reply])[] = [
  ['users', listUsers],
  ['users/{id}', oneUser],
  ['users/{id}/groups', groupsOfUser],
  ['groups', listGroups],
  ['groups/{id}', oneGroup],
  ['groups/{id}/users', membersOf],
  ['org', orgSettings],
];

/** @throws Refusal */
export function resource(ask: Ask, method: string): Reply {
  const parts = ask.path
    .replace(/^\/+api\/v1\//, '')
    .split('/')
    .map(decodedPath);
  for (const [pattern, endpoint] of endpoints) {
    const names = pattern.split('/');
    if (names.length !== parts.length) continue;
    if (!names.every((name, at) => (name === '{id}' ? parts[at] !== '' : name === parts[at]))) continue;
    // Nobody here may write; what no endpoint has is refused as such.
    if (method === 'POST' || method === 'PUT' || method === 'DELETE') throw refuse.permission();
    if (method !== 'GET') throw refuse.method();
    return endpoint(ask, parts[names.indexOf('{id}')] ?? '');
  }
  throw refuse.path();
}
