import type { Member } from '../../src/model/group.ts';
import type { Found } from '../../src/model/snapshot.ts';
import type { Json } from '../http/pages.ts';
import type { Members } from '../member-items.ts';
import { oneByOne } from '../one-by-one.ts';
import { NOT_FOUND, says } from './errors.ts';
import { EVERYONE, membersOf, type Sizing } from './members.ts';
import { named, type Org } from './org.ts';
import { isEveryone, readGroup } from './read.ts';

/** Ids asked for at once. */
const WIDTH = 8;

/** How one kind of object is read by id. */
export interface Kind<T extends { id: string }> {
  name: 'user' | 'group';
  ask(id: string, signal: AbortSignal): Promise<Json>;
  /** Null where the answer holds no such object. */
  read(json: Json): T | null;
  /** False: it is there, and is none of those that are read. */
  keep?(record: T): boolean;
}

/**
 * Reads objects by id. Only Okta's own "not found" makes one absent: a proxy's 404, and a 403 for what a role may not
 * see, are as unknown as silence.
 */
export const lookUp = <T extends { id: string }>(
  org: Org,
  ids: readonly string[],
  kind: Kind<T>,
  signal: AbortSignal,
): AsyncIterable<Found<T>> =>
  each(ids, signal, async (id) => {
    const json = await kind.ask(id, signal);
    const record = kind.read(json);
    // Okta takes a login for an id too.
    if (record?.id !== id) throw org.fail(named(kind.name, id), json, `that ${kind.name}`);
    return kind.keep?.(record) === false ? { id, is: 'absent' } : { id, is: 'present', record };
  });

/** Reads the members of single groups; a group whose members cannot be read is unknown. */
export function membersAgain(
  org: Org,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncIterable<Found<readonly Member[]>> {
  const sizing: Sizing = { tooLarge: 0 };
  return each(ids, signal, async (id) => {
    const json = await org.group(id, signal);
    const group = readGroup(json, []);
    if (group?.id !== id) throw org.fail(named('group', id), json, 'that group');
    const members: Members = isEveryone(group) ? EVERYONE : await membersOf(org, id, sizing, signal);
    if ('list' in members) return { id, is: 'present', record: members.list };
    return 'gone' in members ? { id, is: 'absent' } : { id, is: 'unknown', why: members.unread };
  });
}

const each = <T>(ids: readonly string[], signal: AbortSignal, read: (id: string) => Promise<Found<T>>) =>
  oneByOne({ ids, width: WIDTH, signal, isAbsent: (failure) => says(failure, 404, NOT_FOUND) }, read);
