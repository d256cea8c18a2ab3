import type { SourceGroup } from '../../src/model/group.ts';
import type { Want } from '../../src/model/snapshot.ts';
import type { SourceUser } from '../../src/model/user.ts';
import type { Json } from '../http/pages.ts';
import { isNeverValue } from './errors.ts';
import type { Graph } from './graph.ts';
import { GROUPS, USERS } from './lists.ts';
import { objectAmong, readGroup, readUser } from './read.ts';

/**
 * Users and groups of Graph's JSON, as `readUser` and `readGroup`; a wanted property that no rule can read is a failure.
 * @throws FetchFailure at once, where that is so whatever Graph answers
 */
export const readers = (graph: Graph, want: Want) => {
  for (const [names, what] of [
    [want.users, USERS],
    [want.groups, GROUPS],
  ] as const) {
    const never = names.find(isNeverValue);
    if (never !== undefined) throw graph.unreadable(never, what);
  }
  const readable = (json: Json, names: readonly string[], what: string): Json => {
    const name = names.length === 0 ? undefined : objectAmong(json, names);
    if (name !== undefined) throw graph.unreadable(name, what);
    return json;
  };
  return {
    user: (json: Json): SourceUser | null => readUser(readable(json, want.users, USERS), want.users),
    group: (json: Json): SourceGroup | null => readGroup(readable(json, want.groups, GROUPS), want.groups),
  };
};
