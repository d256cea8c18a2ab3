import { Refusal } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { ending, type Json } from '../http/pages.ts';
import { codeOf } from './errors.ts';
import type { Graph } from './graph.ts';
import type { Asking } from './lists.ts';

/** Where the next reading of changes starts: Graph's own links, and what is read again then. */
export interface Position {
  /** Whose changes they are, and of which properties. */
  tenant: string;
  asked: string;
  /** When the links were given, in ms since 1970. */
  at: number;
  users: string;
  groups: string;
  /**
   * Ids to be read once more: what had changed, since the replica that was read by id may have been behind the list of
   * changes, and what could not be read.
   */
  again: { users: readonly string[]; groups: readonly string[] };
  /** Those of them that were not there by id. */
  absent: { users: readonly string[]; groups: readonly string[] };
}

/** Which ids changed, and whether the list of changes says that they were deleted. */
export interface Changed {
  ids: ReadonlyMap<string, boolean>;
  link: string;
}

const WHAT = { user: 'the changes of users', group: 'the changes of groups' } as const;

/** A request for a link that tells what changes from now on (learn.microsoft.com/graph/delta-query-overview). */
export const fromNow = (kind: 'user' | 'group', { users, groups, expand }: Asking) => ({
  what: WHAT[kind],
  url: `/${kind}s/delta?$select=${kind === 'user' ? `${users}${expand ? ',manager' : ''}` : `${groups},members`}&$deltatoken=latest`,
});

/** So many pages in a row without a new id, and a list has no end. A group of which many joined may have hundreds. */
const STALE = 500;

/**
 * Which users or groups changed since a link was given. Null where Graph does not know any more: its links hold for
 * seven days, and it may ask for a fresh start at any time (410, or 400 with syncStateNotFound and other words). Null
 * too where the list does not end, always with another link.
 */
export async function drain(
  graph: Graph,
  kind: 'user' | 'group',
  start: string,
  signal: AbortSignal,
): Promise<Changed | null> {
  const what = WHAT[kind];
  const ids = new Map<string, boolean>();
  // One group with many members comes on many pages: that rows come again says little.
  const once = ending(what, graph.fail);
  let stale = 0;
  for (let link = once(start); ; ) {
    const page = await graph.follow(link, what, signal).catch(expired);
    if (page === null) return null;
    const before = ids.size;
    for (const row of page.rows) {
      if (typeof row.id !== 'string' || row.id === '') throw graph.fail(what, row, 'changes with an id');
      ids.set(row.id, isGone(row));
    }
    if (page.next === null) {
      const last = page.rest['@odata.deltaLink'];
      if (typeof last !== 'string') throw graph.fail(what, page.rest, 'a link to the next changes');
      return { ids, link: last };
    }
    link = once(page.next);
    stale = ids.size > before ? 0 : stale + 1;
    if (stale >= STALE) return null;
  }
}

const isGone = (row: Json): boolean => row['@removed'] !== undefined && row['@removed'] !== null;

function expired(error: unknown): null {
  if (error instanceof Refusal && [400, 404, 410].includes(error.status) && codeOf(error.answer()) !== '') return null;
  throw error;
}

/** The link in the answer to `fromNow`; null where this tenant has no list of changes. */
export function linkIn(graph: Graph, kind: 'user' | 'group', body: unknown): string {
  const { rest } = graph.pageIn(body, WHAT[kind]);
  const link = rest['@odata.deltaLink'];
  if (typeof link === 'string') return link;
  throw graph.fail(WHAT[kind], body, 'a link to the next changes');
}

/** What is wrong with a link to the next changes that leads elsewhere, and what to do about it. */
export const linksElsewhere = (link: string): string =>
  `Graph's links to what changes lead to ${excerpt(URL.parse(link)?.origin ?? link)}, which is not the configured address, and are not followed. Check "endpoints": a proxy must translate the links in Graph's answers.`;

/** What is asked of each object, to be compared with what was asked before. */
export const askedIn = (asking: Asking): string => JSON.stringify(asking);

/** Written and read by this file alone. */
export const toCursor = (position: Position): string => JSON.stringify(position);

/** Null for what another version wrote. */
export function fromCursor(cursor: string): Position | null {
  try {
    const { tenant, asked, at, users, groups, again, absent }: Partial<Position> = JSON.parse(cursor);
    if (typeof tenant !== 'string' || typeof asked !== 'string' || typeof at !== 'number') return null;
    if (typeof users !== 'string' || typeof groups !== 'string') return null;
    const both = (ids: Partial<Position['again']> | undefined) => ({
      users: ids?.users ?? [],
      groups: ids?.groups ?? [],
    });
    return { tenant, asked, at, users, groups, again: both(again), absent: both(absent) };
  } catch {
    // Whatever it is, a full pass writes another.
    return null;
  }
}
