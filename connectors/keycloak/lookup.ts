import { Failure } from '../../src/model/failure.ts';
import type { Found } from '../../src/model/snapshot.ts';
import { Refusal } from '../http/errors.ts';
import type { Json, Unexpected } from '../http/pages.ts';
import { sideBySide } from '../http/streams.ts';
import { errorOf } from './errors.ts';

const WIDTH = 4;

/** How one kind of object is read by id. */
export interface Kind<T extends { id: string }> {
  ask(id: string, signal: AbortSignal): Promise<Json>;
  read(json: Json): T | null;
  /** Keycloak's own words for an id that it does not have. */
  notFound: string;
  /** For messages: `user`, `group`. */
  name: string;
}

/** Reads objects by id. Only Keycloak's own "not found" makes one absent: a proxy's 404 is as unknown as silence. */
export function lookUp<T extends { id: string }>(
  ids: readonly string[],
  kind: Kind<T>,
  fail: Unexpected,
  signal: AbortSignal,
): AsyncIterable<Found<T>> {
  return sideBySide(ids, WIDTH, async function* (id) {
    yield await one(id, kind, fail, signal);
  });
}

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
    throw fail(`${kind.name} ${id}`, json, `that ${kind.name}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Refusal && error.status === 404 && errorOf(error.answer().body) === kind.notFound)
      return { id, is: 'absent' };
    if (error instanceof Failure) return { id, is: 'unknown', why: error.message };
    throw error;
  }
}
