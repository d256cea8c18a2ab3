import type { Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { walkedOnce } from '../http/streams.ts';
import { inBatches } from './batches.ts';
import { type Changed, drain, fromCursor, type Position, toCursor } from './delta.ts';
import type { Graph } from './graph.ts';
import { itemsOf } from './items.ts';
import { type Asking, askingFor } from './lists.ts';
import { groupQuery, lookUp, userQuery } from './lookup.ts';
import { isHidden, membersOf } from './members.ts';
import { readGroup, readUser } from './read.ts';

/** So many changed users or groups are read sooner by a full listing than one by one. */
const MANY = 2000;

/** What is read by id, and how. */
export interface Reading {
  graph: Graph;
  want: Want;
  asking: Asking;
  clock: Surroundings['clock'];
  signal: AbortSignal;
}

/**
 * What changed since a cursor was given: Graph's lists of changes say only which ids, and those are read whole by id.
 * `expired` where the cursor is too old, or so much changed that a full listing is the shorter way.
 */
export async function changesSince(
  graph: Graph,
  cursor: string,
  { want, managers, signal }: { want: Want; managers: boolean; signal: AbortSignal },
  { clock }: Pick<Surroundings, 'clock'>,
): Promise<Listing | 'expired'> {
  const since = fromCursor(cursor);
  // Other endpoints, another cloud or another tenant since: what changed there says nothing here.
  if (!since || since.tenant !== graph.tenant || !graph.isOurs(since.users) || !graph.isOurs(since.groups))
    return 'expired';
  const changed = await drainBoth(graph, since, signal);
  if (!changed || changed.users.ids.size > MANY || changed.groups.ids.size > MANY) return 'expired';
  const reading: Reading = { graph, want, asking: askingFor(want, managers), clock, signal };
  const counts = { users: 0, groups: 0 };
  let next: Position | undefined;

  async function* items(): AsyncGenerator<readonly Item[]> {
    next = yield* readChanged(reading, changed, since?.again, (kind) => {
      counts[kind] += 1;
    });
  }

  return {
    absence: 'unchanged',
    items: walkedOnce(items),
    end: () => {
      if (!next) throw new Error('the listing was not walked to its end');
      const { users, groups } = counts;
      return {
        counts: { users: { listed: users, expected: null }, groups: { listed: groups, expected: null } },
        cursor: toCursor(next),
      };
    },
  };
}

/** The changes of users and of groups; null where one of them is not known any more. */
export async function drainBoth(
  graph: Graph,
  { users, groups }: Pick<Position, 'users' | 'groups'>,
  signal: AbortSignal,
): Promise<{ users: Changed; groups: Changed } | null> {
  const both = await Promise.all([drain(graph, 'user', users, signal), drain(graph, 'group', groups, signal)]);
  const [user, group] = both;
  return user && group ? { users: user, groups: group } : null;
}

/** Reads by id what changed, and gives where the next reading starts. */
export async function* readChanged(
  reading: Reading,
  changed: { users: Changed; groups: Changed } | null,
  again: Position['again'] | undefined,
  count: (kind: 'users' | 'groups') => void,
): AsyncGenerator<readonly Item[], Position> {
  if (!changed) throw new Error('nothing is known of what changed');
  const { graph, want, asking, clock, signal } = reading;
  const doubtful = { users: [] as string[], groups: [] as string[] };
  /** Whether the reading by id says the same as the list of changes; ids that are read again have nothing to agree with. */
  const agrees = (is: string, gone: boolean | undefined) => gone === undefined || gone === (is === 'absent');

  /** Changed by the list, not there by id: two answers of Graph's that contradict each other. The next pass believes the second. */
  const contradicted = (is: string, gone: boolean | undefined) => is === 'absent' && gone === false;
  const CONTRADICTED = 'Graph says that it changed, and by id that it is not there; the next pass asks again.';

  const users = [...new Set([...changed.users.ids.keys(), ...(again?.users ?? [])])];
  const kindOfUser = {
    name: 'user',
    query: userQuery(asking),
    read: (json: object) => readUser({ ...json }, want.users),
  } as const;
  for await (const found of lookUp(graph, users, kindOfUser, clock, signal)) {
    if (found.is === 'unknown') {
      doubtful.users.push(found.id);
      yield [{ unclear: found.id, of: 'user', why: found.why }];
      continue;
    }
    const goneUser = changed.users.ids.get(found.id);
    if (!agrees(found.is, goneUser)) doubtful.users.push(found.id);
    if (contradicted(found.is, goneUser)) {
      yield [{ unclear: found.id, of: 'user', why: CONTRADICTED }];
      continue;
    }
    count('users');
    yield [found.is === 'present' ? { user: found.record } : { goneUser: found.id }];
  }

  const groups = [...new Set([...changed.groups.ids.keys(), ...(again?.groups ?? [])])];
  const there: { id: string; hidden: boolean }[] = [];
  const kindOfGroup = {
    name: 'group',
    query: groupQuery(asking),
    read: (json: object) => {
      const group = readGroup({ ...json }, want.groups);
      return group && { id: group.id, group, hidden: isHidden(Reflect.get(json, 'visibility')) };
    },
  } as const;
  for await (const found of lookUp(graph, groups, kindOfGroup, clock, signal)) {
    if (found.is === 'unknown') {
      doubtful.groups.push(found.id);
      yield [{ unclear: found.id, of: 'group', why: found.why }];
      continue;
    }
    const goneGroup = changed.groups.ids.get(found.id);
    if (!agrees(found.is, goneGroup)) doubtful.groups.push(found.id);
    if (contradicted(found.is, goneGroup)) {
      yield [{ unclear: found.id, of: 'group', why: CONTRADICTED }];
      continue;
    }
    count('groups');
    if (found.is === 'absent') yield [{ gone: found.id }];
    else {
      there.push({ id: found.id, hidden: found.record.hidden });
      yield [{ group: found.record.group }];
    }
  }

  const parts = there.map((group) => membersOf(graph, group));
  for await (const batch of inBatches(graph, parts, clock, signal)) yield batch.flatMap(itemsOf);
  return { tenant: graph.tenant, users: changed.users.link, groups: changed.groups.link, again: doubtful };
}
