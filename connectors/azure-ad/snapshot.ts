import type { Count, Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { type Answer, FetchFailure } from '../http/errors.ts';
import { merge, walkedOnce } from '../http/streams.ts';
import { itemsOf } from '../member-items.ts';
import { answerTo, inBatches, type Part } from './batches.ts';
import { drainBoth, isMany, readChanged, unreadIn, withUnread } from './changes.ts';
import { fromNow, linkIn, linksElsewhere, type Position, toCursor } from './delta.ts';
import { grant, PERMISSIONS, unknownProperty } from './errors.ts';
import type { Asked, Graph } from './graph.ts';
import { type Asking, askingFor, GROUPS, groupsOf, USERS, usersOf } from './lists.ts';
import { isHidden, membersOf, type Of } from './members.ts';
import { readers } from './readers.ts';
import type { AzureAdConfig } from './schema.ts';

type Listed = Extract<Item, { user: unknown } | { group: unknown }>;

/** What was asked before the first page: links to what changes from then on, and counts; null where Graph gave none. */
interface Opening {
  since: Pick<Position, 'at' | 'users' | 'groups'> | null;
  users: number | null;
  groups: number | null;
}

/**
 * Walks a whole tenant: the users, and beside them the groups and then their members. What changed meanwhile is read by
 * id at the end, so that the snapshot is that of the end.
 */
export function listTenant(
  graph: Graph,
  config: AzureAdConfig,
  want: Want,
  signal: AbortSignal,
  surroundings: Surroundings,
): Listing {
  const { source, clock, log } = surroundings;
  const asking = askingFor(want, config.managers);
  const read = readers(graph, want);
  const counts: { users?: Count; groups?: Count } = {};
  let cursor: string | undefined;
  const unread: string[] = [];
  let ended = false;

  async function* items(): AsyncGenerator<readonly Item[]> {
    signal.throwIfAborted();
    // Ends what is still under way when one of the two streams fails, or nobody reads on.
    const stop = new AbortController();
    const cancel = () => stop.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const opening = await open(graph, asking, surroundings, stop.signal);
      yield* merge([users(opening, stop.signal), groups(opening, stop.signal)]);
      if (opening.since) yield* meanwhile(opening.since, stop.signal);
      ended = true;
    } finally {
      signal.removeEventListener('abort', cancel);
      stop.abort();
    }
  }

  async function* users(opening: Opening, until: AbortSignal): AsyncGenerator<readonly Item[]> {
    counts.users = yield* counted('users', opening.users, until, async function* () {
      for await (const { rows, first } of usersOf(graph, asking, until)) {
        const items = rows.map((json) => {
          const user = read.user(json);
          if (!user) throw graph.fail(USERS, json, 'users with an id and a user principal name');
          return { user };
        });
        yield { items, first };
      }
    });
  }

  async function* groups(opening: Opening, until: AbortSignal): AsyncGenerator<readonly Item[]> {
    const all = new Map<string, Of>();
    counts.groups = yield* counted('groups', opening.groups, until, async function* () {
      for await (const { rows, first } of groupsOf(graph, asking, until)) {
        const items = rows.map((json) => {
          const group = read.group(json);
          if (!group) throw graph.fail(GROUPS, json, 'groups with an id and a name');
          all.set(group.id, { id: group.id, hidden: isHidden(json.visibility) });
          return { group };
        });
        yield { items, first };
      }
    });
    let refused = 0;
    const parts = [...all.values()].map((group) => membersOf(graph, group));
    for await (const batch of inBatches(graph, parts, clock, until)) {
      unread.push(...unreadIn(batch));
      refused += batch.filter((members) => 'unread' in members && members.denied).length;
      yield batch.flatMap((members) => itemsOf(members.group, members));
    }
    if (refused > 0 && refused === all.size) throw noneReadable(source, config, refused);
  }

  /**
   * A walk that gave fewer than Graph counts is made once more; fewer still is a failure. Whoever comes twice counts once:
   * a page in the place of another hides who was on that one.
   */
  async function* counted(
    kind: 'users' | 'groups',
    before: number | null,
    until: AbortSignal,
    walk: () => AsyncGenerator<{ items: readonly Listed[]; first: boolean }>,
  ): AsyncGenerator<readonly Item[], Count> {
    let expected = before;
    for (let again = true; ; again = false) {
      const ids = new Set<string>();
      for await (const { items, first } of walk()) {
        if (first) ids.clear();
        for (const item of items) ids.add('user' in item ? item.user.id : item.group.id);
        yield items;
      }
      const listed = ids.size;
      if (expected === null || listed >= expected) return { listed, expected };
      const after = await count(graph, kind, until);
      const least = Math.min(expected, after ?? expected);
      if (listed >= least) return { listed, expected: least };
      const figures = { source, listed, before: expected, after };
      if (!again) throw fewer(source, kind, listed, least);
      log.warn(figures, `Graph listed fewer ${kind} than it counts: listing once more`);
      expected = least;
    }
  }

  async function* meanwhile(since: NonNullable<Opening['since']>, until: AbortSignal): AsyncGenerator<readonly Item[]> {
    const changed = await drainBoth(graph, since, clock, until);
    if (!changed) {
      log.warn(
        { source },
        'Graph does not know any more what changed while it was listed; the next pass is a full one',
      );
      return;
    }
    const reading = { graph, want, asking, clock, signal: until };
    const none = { users: [], groups: [] };
    const all = { ...changed, since: since.at, again: none, absent: none };
    const position = yield* late(readChanged(reading, all, () => undefined));
    if (isMany(position.again))
      log.warn({ source }, 'So much changed while it was listed that the next pass is a full one');
    else cursor = toCursor(withUnread(position, unread));
  }

  return {
    absence: 'vanished',
    items: walkedOnce(items),
    end: () => {
      const { users, groups } = counts;
      if (!ended || !users || !groups) throw new Error('the listing was not walked to its end');
      return { counts: { users, groups }, ...(cursor === undefined ? {} : { cursor }) };
    },
  };
}

/** Who is older than the listing and comes only with what changed meanwhile was restored: their places in groups are told nowhere. */
async function* late(items: AsyncGenerator<readonly Item[], Position>): AsyncGenerator<readonly Item[], Position> {
  for (;;) {
    const { value, done } = await items.next();
    if (done) return value;
    yield value.map((item) => ('elder' in item ? { ...item, elder: false, late: item.elder === true } : item));
  }
}

/** The first batch: where the lists of changes stand now, and how many there are of each. */
async function open(
  graph: Graph,
  asking: Asking,
  { source, clock, log }: Surroundings,
  signal: AbortSignal,
): Promise<Opening> {
  const at = clock.now();
  const opening: Opening & { links: Partial<Position> } = { since: null, users: null, groups: null, links: {} };
  /** A tenant without it is read all the same. */
  const optional = (asked: Asked, good: (body: unknown) => void): Part<never> => ({
    ...asked,
    good: (body) => {
      good(body);
      return {};
    },
    bad: (failure, whole) => {
      if (whole || !isOptional(failure)) return undefined;
      log.warn({ source, what: asked.what }, `${failure.message} The pass goes on without it.`);
      return {};
    },
  });
  const parts = (['user', 'group'] as const).flatMap((kind) => [
    optional(fromNow(kind, asking), (body) => {
      const link = linkIn(graph, kind, body);
      if (graph.isOurs(link)) opening.links[`${kind}s`] = link;
      else log.warn({ source }, `${linksElsewhere(link)} Every pass reads everything.`);
    }),
    optional(counting(`${kind}s`), (body) => {
      opening[`${kind}s`] = countIn(graph, `${kind}s`, body);
    }),
  ]);
  for await (const _ of inBatches(graph, parts, clock, signal));
  const { users, groups } = opening.links;
  return { ...opening, since: users !== undefined && groups !== undefined ? { at, users, groups } : null };
}

/** 400, 404 and 501 in Graph's own words: this kind of tenant has no such thing. A misspelt property is missing from lists too. */
function isOptional(failure: FetchFailure): boolean {
  const answer = answerTo(failure);
  if (answer && unknownProperty(answer) !== undefined) return false;
  const status = 'status' in failure ? failure.status : undefined;
  return status === 400 || status === 404 || status === 501;
}

/** A count by way of a list: a bare `$count` is no JSON. It asks an index that may be behind. */
const counting = (kind: 'users' | 'groups'): Asked => ({
  what: `the number of ${kind}`,
  url: `/${kind}?$select=id&$top=1&$count=true`,
  headers: { ConsistencyLevel: 'eventual' },
});

function countIn(graph: Graph, kind: 'users' | 'groups', body: unknown): number {
  const { what } = counting(kind);
  const count = graph.pageIn(body, what).rest['@odata.count'];
  if (typeof count === 'number' && Number.isSafeInteger(count)) return count;
  throw graph.fail(what, body, 'an object with "@odata.count"');
}

async function count(graph: Graph, kind: 'users' | 'groups', signal: AbortSignal): Promise<number | null> {
  const asked = counting(kind);
  const [answer] = await graph.batch([asked], signal);
  return answer?.status === 200 ? countIn(graph, kind, (answer satisfies Answer).body) : null;
}

function fewer(source: string, what: string, listed: number, counted: number): FetchFailure {
  return new FetchFailure(
    'incomplete',
    `Source "${source}": Graph listed ${listed} ${what} and counts ${counted}, twice. Nothing was taken from this listing. After a large change its count may be behind for some minutes: the next pass lists again.`,
  );
}

function noneReadable(source: string, config: AzureAdConfig, groups: number): FetchFailure {
  return new FetchFailure(
    'permission',
    `Source "${source}": Graph does not let the application "${config.clientId}" read the members of any of its ${groups} groups. ${grant(config, PERMISSIONS.groups)}`,
  );
}
