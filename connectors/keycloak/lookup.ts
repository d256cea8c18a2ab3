import { Failure } from '../../src/model/failure.ts';
import type { Found } from '../../src/model/snapshot.ts';
import { FetchFailure, Refusal } from '../http/errors.ts';
import type { Json, Unexpected } from '../http/pages.ts';
import { sideBySide } from '../http/streams.ts';
import { says } from './errors.ts';
import { named } from './realm.ts';

/** Ids asked for at once. */
const WIDTH = 4;
/** So many ids in a row without an answer, each tried several times, and the rest is not asked for any more. */
const ENOUGH = 8;

/** How one kind of object is read by id. */
export interface Kind<T extends { id: string }> {
  /** For messages: `user`, `group`. */
  name: 'user' | 'group';
  ask(id: string, signal: AbortSignal): Promise<Json>;
  /** Null where the answer holds no such object. */
  read(json: Json): T | null;
  /** Keycloak's own words for an id that it does not have. */
  notFound: string;
}

/**
 * Reads objects by id. Only Keycloak's own "not found" makes one absent: a proxy's 404 is as unknown as silence. Where
 * the server is out of order, what is left is unknown at once rather than after hours of trying.
 */
export function lookUp<T extends { id: string }>(
  ids: readonly string[],
  kind: Kind<T>,
  fail: Unexpected,
  signal: AbortSignal,
): AsyncIterable<Found<T>> {
  let silent = 0;
  let why = '';
  return sideBySide(ids, WIDTH, async function* (id) {
    if (silent >= ENOUGH) {
      yield { id, is: 'unknown', why };
      return;
    }
    try {
      yield await one(id, kind, fail, signal);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      silent += 1;
      why = error.message;
      yield { id, is: 'unknown', why };
    }
  });
}

/** Throws what says nothing about this one id: the server is not to be reached, or lets nobody in. */
async function one<T extends { id: string }>(
  id: string,
  kind: Kind<T>,
  fail: Unexpected,
  signal: AbortSignal,
): Promise<Found<T>> {
  try {
    const json = await kind.ask(id, signal);
    const record = kind.read(json);
    if (record?.id === id) return { id, is: 'present', record };
    throw fail(named(kind.name, id), json, `that ${kind.name}`);
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    if (error instanceof Refusal && error.status === 404 && says(error.answer(), kind.notFound))
      return { id, is: 'absent' };
    if (error.code === 'incomplete' || error.code === 'permission') return { id, is: 'unknown', why: error.message };
    throw error;
  }
}
