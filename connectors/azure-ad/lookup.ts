import type { Clock } from '../../src/model/clock.ts';
import type { Member } from '../../src/model/group.ts';
import type { Found } from '../../src/model/snapshot.ts';
import type { Json } from '../http/pages.ts';
import { isObject } from '../http/pages.ts';
import { answerTo, inBatches, type Part } from './batches.ts';
import { codeOf, NOT_FOUND } from './errors.ts';
import { type Graph, named } from './graph.ts';
import type { Asking } from './lists.ts';
import { isHidden, type Members, membersOf } from './members.ts';

/** So many ids in a row without an answer, each tried several times, and the rest is not asked for any more. */
const ENOUGH = 40;

/** How one kind of object is read by id. */
export interface Kind<T extends { id: string }> {
  name: 'user' | 'group';
  /** With what query. */
  query: string;
  /** Null where the answer holds no such object. */
  read(json: Json): T | null;
}

/** What tells how old an object is. */
export const MADE = ',createdDateTime';
/** @param more properties beside those that every reading asks for */
export const userQuery = ({ users, expand }: Asking, more = ''): string =>
  `$select=${users}${more}${expand ? `&$expand=${expand}` : ''}`;
export const groupQuery = ({ groups }: Asking, more = ''): string => `$select=${groups}${more}`;

/**
 * Reads objects by id, twenty at a time. Only Graph's own "not found" makes one absent, as it says of a soft-deleted
 * object too: a proxy's 404 is as unknown as silence.
 */
export const lookUp = <T extends { id: string }>(
  graph: Graph,
  ids: readonly string[],
  kind: Kind<T>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Found<T>> =>
  each(graph, ids, clock, signal, (id, lost) => ({
    what: named(kind.name, id),
    url: `/${kind.name}s/${encodeURIComponent(id)}?${kind.query}`,
    good: (body) => {
      const record = isObject(body) ? kind.read(body) : null;
      if (record?.id !== id) throw graph.fail(named(kind.name, id), body, `that ${kind.name}`);
      return { results: [{ id, is: 'present', record }] };
    },
    bad: (failure, whole) => {
      const answer = answerTo(failure);
      if (!whole && answer?.status === 404 && codeOf(answer) === NOT_FOUND) return { results: [{ id, is: 'absent' }] };
      return { results: [lost(failure.message)] };
    },
  }));

/** Reads the direct members of single groups; a group whose members cannot be read is unknown. */
export async function* membersAgain(
  graph: Graph,
  ids: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Found<readonly Member[]>> {
  const hidden = new Set<string>();
  const kind: Kind<{ id: string; hidden: boolean }> = {
    name: 'group',
    query: '$select=id,visibility',
    read: ({ id, visibility }) => (typeof id === 'string' ? { id, hidden: isHidden(visibility) } : null),
  };
  const there: string[] = [];
  for await (const found of lookUp(graph, ids, kind, clock, signal)) {
    if (found.is !== 'present') yield found;
    else {
      there.push(found.id);
      if (found.record.hidden) hidden.add(found.id);
    }
  }
  yield* each(graph, there, clock, signal, (id, lost) => {
    const part = membersOf(graph, { id, hidden: hidden.has(id) });
    return foundIn(part, lost);
  });
}

/** The same part, its results as answers to "what is there under this id?". */
function foundIn(
  { good, bad, ...asked }: Part<Members>,
  lost: (why: string) => Found<never>,
): Part<Found<readonly Member[]>> {
  const answer = ({ group: id, ...members }: Members): Found<readonly Member[]> => {
    if ('list' in members) return { id, is: 'present', record: members.list };
    return 'gone' in members ? { id, is: 'absent' } : lost(members.unread);
  };
  const came = ({ results, next }: ReturnType<Part<Members>['good']>) => ({
    ...(results ? { results: results.map(answer) } : {}),
    ...(next ? { next: foundIn(next, lost) } : {}),
  });
  return {
    ...asked,
    good: (body) => came(good(body)),
    bad: (failure, whole) => {
      const instead = bad?.(failure, whole);
      return instead ? came(instead) : { results: [lost(failure.message)] };
    },
  };
}

/** One answer for each id. Where the server is out of order, what is left is unknown at once, not after hours. */
async function* each<T>(
  graph: Graph,
  ids: readonly string[],
  clock: Clock,
  signal: AbortSignal,
  part: (id: string, lost: (why: string) => Found<never>) => Part<Found<T>>,
): AsyncGenerator<Found<T>> {
  let silent = 0;
  let why = '';
  const left: string[] = [];
  function* parts(): Generator<Part<Found<T>>> {
    for (const id of ids) {
      if (silent >= ENOUGH) left.push(id);
      else
        yield part(id, (message) => {
          silent += 1;
          why = message;
          return { id, is: 'unknown', why };
        });
    }
  }
  for await (const batch of inBatches(graph, parts(), clock, signal)) {
    if (batch.some(({ is }) => is !== 'unknown')) silent = 0;
    yield* batch;
  }
  for (const id of left) yield { id, is: 'unknown', why };
}
