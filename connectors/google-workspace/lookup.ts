import type { Member, SourceGroup } from '../../src/model/group.ts';
import type { Found, Want } from '../../src/model/snapshot.ts';
import type { SourceUser } from '../../src/model/user.ts';
import { oneByOne } from '../one-by-one.ts';
import { type Directory, named } from './directory.ts';
import { membersOf } from './members.ts';
import { groupFields, readGroup, readUser, userFields } from './read.ts';
import { isDeleted, isMissing } from './said.ts';
import type { GoogleWorkspaceConfig } from './schema.ts';
import { scopeOf } from './scope.ts';

/** Ids asked for at once. */
const WIDTH = 8;

/**
 * Reads users by id. Only Google's own "not found" makes one absent, and its "deleted", of somebody who can be restored
 * yet; whoever is there and is none of those that this source reads is absent from it, too.
 */
export function usersById(
  directory: Directory,
  config: GoogleWorkspaceConfig,
  ids: readonly string[],
  want: Want,
  signal: AbortSignal,
): AsyncIterable<Found<SourceUser>> {
  const shape = userFields(want.users);
  const scope = scopeOf(directory, config, signal);
  return each(ids, signal, async (id) => {
    const json = await directory.user(id, shape, signal);
    const record = readUser(json, want.users);
    // Google takes an address for an id too.
    if (record?.id !== id) throw directory.fail(named('user', id), json, 'that user');
    return (await scope.hasUser(record)) ? { id, is: 'present', record } : { id, is: 'absent' };
  });
}

/** The same for groups. */
export function groupsById(
  directory: Directory,
  config: GoogleWorkspaceConfig,
  ids: readonly string[],
  want: Want,
  signal: AbortSignal,
): AsyncIterable<Found<SourceGroup>> {
  const fields = groupFields(want.groups);
  const scope = scopeOf(directory, config, signal);
  return each(ids, signal, async (id) => {
    const json = await directory.group(id, fields, signal);
    const record = readGroup(json, want.groups);
    if (record?.id !== id) throw directory.fail(named('group', id), json, 'that group');
    return (await scope.hasGroup(record)) ? { id, is: 'present', record } : { id, is: 'absent' };
  });
}

/** Reads the members of single groups; a group whose members cannot be read is unknown. */
export const membersAgain = (
  directory: Directory,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncIterable<Found<readonly Member[]>> =>
  each(ids, signal, async (id) => {
    const members = await membersOf(directory, id, signal);
    if ('list' in members) return { id, is: 'present', record: members.list };
    return 'gone' in members ? { id, is: 'absent' } : { id, is: 'unknown', why: members.unread };
  });

const each = <T>(ids: readonly string[], signal: AbortSignal, read: (id: string) => Promise<Found<T>>) =>
  oneByOne({ ids, width: WIDTH, signal, isAbsent: (failure) => isMissing(failure) || isDeleted(failure) }, read);
