import { Failure } from '../src/model/failure.ts';
import type { Found } from '../src/model/snapshot.ts';
import { FetchFailure } from './http/errors.ts';
import { sideBySide } from './http/streams.ts';

/** So many ids in a row without an answer, each tried several times, and the rest is not asked for any more. */
const ENOUGH = 8;

export interface OneByOne {
  ids: readonly string[];
  /** Ids asked for at once. */
  width: number;
  signal: AbortSignal;
  /** Whether a failure is the provider's own word for an id that it does not have. */
  isAbsent(failure: Failure): boolean;
}

/**
 * Reads objects by id, one request for each, and gives one answer for each id. A failure that says nothing about this one
 * id counts: where the server is out of order, what is left is unknown at once, not after hours of trying.
 */
export function oneByOne<T>(
  { ids, width, signal, isAbsent }: OneByOne,
  read: (id: string) => Promise<Found<T>>,
): AsyncIterable<Found<T>> {
  let silent = 0;
  let why = '';
  return sideBySide(ids, width, async function* (id): AsyncGenerator<Found<T>> {
    if (silent >= ENOUGH) {
      yield { id, is: 'unknown', why };
      return;
    }
    try {
      yield await read(id);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (isAbsent(error)) {
        silent = 0;
        yield { id, is: 'absent' };
        return;
      }
      if (error instanceof FetchFailure && OF_THIS_ONE.has(error.code)) silent = 0;
      else {
        silent += 1;
        why = error.message;
      }
      yield { id, is: 'unknown', why: error.message };
    }
  });
}

/** The server answers, and not as it should about this object. */
const OF_THIS_ONE: ReadonlySet<string> = new Set(['incomplete', 'permission']);
