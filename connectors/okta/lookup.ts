import { Failure } from '../../src/model/failure.ts';
import type { Member } from '../../src/model/group.ts';
import type { Found } from '../../src/model/snapshot.ts';
import { FetchFailure } from '../http/errors.ts';
import type { Json } from '../http/pages.ts';
import { sideBySide } from '../http/streams.ts';
import { NOT_FOUND, says } from './errors.ts';
import { EVERYONE, type Members, membersOf, type Sizing } from './members.ts';
import { named, type Org } from './org.ts';
import { isEveryone, readGroup } from './read.ts';

/** Ids asked for at once. */
const WIDTH = 8;
/** So many ids in a row without an answer, each tried several times, and the rest is not asked for any more. */
const ENOUGH = 8;

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

/** One answer for each id. Where the server is out of order, what is left is unknown at once, not after hours. */
function each<T>(
  ids: readonly string[],
  signal: AbortSignal,
  one: (id: string) => Promise<Found<T>>,
): AsyncIterable<Found<T>> {
  let silent = 0;
  let why = '';
  return sideBySide(ids, WIDTH, async function* (id) {
    if (silent >= ENOUGH) {
      yield { id, is: 'unknown', why } as const;
      return;
    }
    try {
      yield await one(id);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (says(error, 404, NOT_FOUND)) {
        yield { id, is: 'absent' } as const;
        return;
      }
      const ofThisOne = error instanceof FetchFailure && ['incomplete', 'permission'].includes(error.code);
      if (!ofThisOne) {
        silent += 1;
        why = error.message;
      }
      yield { id, is: 'unknown', why: error.message } as const;
    }
  });
}
