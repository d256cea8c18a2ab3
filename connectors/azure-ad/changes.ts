import type { SourceGroup } from '../../src/model/group.ts';
import type { Found, Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { SourceUser } from '../../src/model/user.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import type { Json } from '../http/pages.ts';
import { walkedOnce } from '../http/streams.ts';
import { itemsOf } from '../member-items.ts';
import { inBatches } from './batches.ts';
import { askedIn, type Changed, drain, fromCursor, type Position, toCursor } from './delta.ts';
import type { Graph } from './graph.ts';
import { type Asking, askingFor } from './lists.ts';
import { groupQuery, type Kind, lookUp, MADE, userQuery } from './lookup.ts';
import { isHidden, type Members, membersOf, type Of } from './members.ts';
import { madeAt } from './read.ts';
import { readers } from './readers.ts';

/** So many changed users or groups are read sooner by a full listing than one by one. */
const MANY = 2000;

/** Too many to be read again by id in the next pass. */
export const isMany = ({ users, groups }: Position['again']): boolean => users.length > MANY || groups.length > MANY;

/** More than so many ids that cannot be read, and none that can, is no matter of the ids. */
const FEW = 5;
/** What was made less than so long before the last listing, in ms, may have been made since: clocks differ, and replicas are behind. */
const LAG = 5 * 60_000;

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
  const asking = askingFor(want, managers);
  // Links tell of the properties that were asked for then.
  if (since.asked !== askedIn(asking)) return 'expired';
  if (isMany(since.again)) return 'expired';
  const changed = await drainBoth(graph, since, clock, signal);
  if (!changed || changed.users.ids.size > MANY || changed.groups.ids.size > MANY) return 'expired';
  const reading: Reading = { graph, want, asking, clock, signal };
  const counts = { users: 0, groups: 0 };
  let next: Position | undefined;
  const from = { ...changed, since: since.at, again: since.again, absent: since.absent };

  async function* items(): AsyncGenerator<readonly Item[]> {
    let unknown = 0;
    let why = '';
    next = yield* readChanged(reading, from, (kind, found) => {
      if (found.is === 'unknown') {
        unknown += 1;
        why = found.why;
      } else counts[kind] += 1;
    });
    // Single ones are problems of their own; where nothing at all can be read, it is the pass that fails.
    if (unknown > FEW && counts.users + counts.groups === 0) throw new FetchFailure('incomplete', why);
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

/** What changed until `at`, in ms since 1970. */
interface Drained {
  at: number;
  users: Changed;
  groups: Changed;
}

/** The changes of users and of groups; null where one of them is not known any more. */
export async function drainBoth(
  graph: Graph,
  { users, groups }: Pick<Position, 'users' | 'groups'>,
  clock: Surroundings['clock'],
  signal: AbortSignal,
): Promise<Drained | null> {
  const at = clock.now();
  const both = await Promise.all([drain(graph, 'user', users, signal), drain(graph, 'group', groups, signal)]);
  const [user, group] = both;
  return user && group ? { at, users: user, groups: group } : null;
}

/**
 * Reads by id what changed, and what is to be read again; gives where the next reading starts. What cannot be read is
 * `unclear`, and read again then. @param changed the changes from `since` on
 */
export async function* readChanged(
  reading: Reading,
  changed: Drained & { since: number } & Pick<Position, 'again' | 'absent'>,
  told: (kind: 'users' | 'groups', is: Found<unknown>) => void,
): AsyncGenerator<readonly Item[], Position> {
  const { graph, want, asking, clock, signal } = reading;
  const { again, absent } = changed;
  const read = readers(graph, want);
  const isElder = (json: Json): boolean => madeAt(json) < changed.since - LAG;
  const users = { ids: changed.users.ids, again: again.users, absent: absent.users, of: 'user' } as const;
  const kindOfUser: Kind<{ id: string; user: SourceUser; elder: boolean }> = {
    ...{ name: 'user', query: userQuery(asking, MADE) },
    read: (json) => {
      const user = read.user(json);
      return user && { id: user.id, user, elder: isElder(json) };
    },
  };
  const lostUsers = yield* readKind(reading, users, kindOfUser, (user) => {
    told('users', user);
    if (user.is !== 'present') return { goneUser: user.id };
    const { user: record, elder } = user.record;
    return { user: record, elder };
  });

  const groups = { ids: changed.groups.ids, again: again.groups, absent: absent.groups, of: 'group' } as const;
  const there: Of[] = [];
  const kindOfGroup: Kind<{ id: string; group: SourceGroup; hidden: boolean; elder: boolean }> = {
    ...{ name: 'group', query: groupQuery(asking, MADE) },
    read: (json) => {
      const group = read.group(json);
      return group && { id: group.id, group, hidden: isHidden(json.visibility), elder: isElder(json) };
    },
  };
  const lostGroups = yield* readKind(reading, groups, kindOfGroup, (found) => {
    told('groups', found);
    if (found.is !== 'present') return { gone: found.id };
    const { group, hidden, elder } = found.record;
    there.push({ id: found.id, hidden });
    return { group, elder };
  });

  const unread: string[] = [];
  const parts = there.map((group) => membersOf(graph, group));
  for await (const batch of inBatches(graph, parts, clock, signal)) {
    unread.push(...unreadIn(batch));
    yield batch.flatMap((members) => itemsOf(members.group, members));
  }
  return {
    ...{ tenant: graph.tenant, asked: askedIn(asking), at: changed.at },
    ...{ users: changed.users.link, groups: changed.groups.link },
    again: {
      users: [...changed.users.ids.keys(), ...lostUsers.again],
      groups: [...new Set([...changed.groups.ids.keys(), ...lostGroups.again, ...unread.slice(0, MOST_UNREAD)])],
    },
    absent: { users: lostUsers.absent, groups: lostGroups.absent },
  };

  /**
   * What could not be read is told here, so that nobody is gone for it. One answer "not found" is a replica's, which may be
   * behind: it takes the list of changes, or a second one in the next pass. Gives what is to be read again beside what
   * changed, and what was not there.
   */
  async function* readKind<T extends { id: string }>(
    { graph, clock, signal }: Reading,
    of: { ids: Changed['ids']; again: readonly string[]; absent: readonly string[]; of: 'user' | 'group' },
    kind: Kind<T>,
    item: (found: Exclude<Found<T>, { is: 'unknown' }>) => Item,
  ): AsyncGenerator<readonly Item[], { again: string[]; absent: string[] }> {
    const again: string[] = [];
    const absent: string[] = [];
    const absentBefore = new Set(of.absent);
    const ids = [...new Set([...of.ids.keys(), ...of.again])];
    for await (const found of lookUp(graph, ids, kind, clock, signal)) {
      const { id } = found;
      if (found.is === 'absent') absent.push(id);
      const alone = found.is === 'absent' && of.ids.get(id) !== true && !absentBefore.has(id);
      if (found.is === 'unknown' || alone) {
        if (!of.ids.has(id)) again.push(id);
        const why = found.is === 'unknown' ? found.why : ALONE;
        if (found.is === 'unknown') told(`${of.of}s`, found);
        yield [{ unclear: id, of: of.of, why }];
      } else yield [item(found)];
    }
    return { again, absent };
  }
}

const ALONE = 'Graph says by id that it is not there, and its list of changes does not; the next pass asks again.';

/**
 * So many groups whose members could not be read are asked for again in each pass, by six batches; the rest waits for a
 * full one.
 */
const MOST_UNREAD = 60;

export const unreadIn = (batch: readonly Members[]): string[] =>
  batch.filter((members) => 'unread' in members).map(({ group }) => group);

/** The same position, with groups to be read again whose members could not be read. */
export const withUnread = (position: Position, unread: readonly string[]): Position => ({
  ...position,
  again: {
    users: position.again.users,
    groups: [...new Set([...position.again.groups, ...unread.slice(0, MOST_UNREAD)])],
  },
});
