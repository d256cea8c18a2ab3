import type { Found } from '../../src/model/snapshot.ts';
import { Refusal } from '../http/errors.ts';
import type { Json, Unexpected } from '../http/pages.ts';
import { oneByOne } from '../one-by-one.ts';
import { says } from './errors.ts';
import { named } from './realm.ts';

/** Ids asked for at once. */
const WIDTH = 4;

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

/** Reads objects by id. Only Keycloak's own "not found" makes one absent: a proxy's 404 is as unknown as silence. */
export const lookUp = <T extends { id: string }>(
  ids: readonly string[],
  kind: Kind<T>,
  fail: Unexpected,
  signal: AbortSignal,
): AsyncIterable<Found<T>> =>
  oneByOne({ ids, width: WIDTH, signal, isAbsent: (failure) => isMissing(failure, kind.notFound) }, async (id) => {
    const json = await kind.ask(id, signal);
    const record = kind.read(json);
    if (record?.id === id) return { id, is: 'present', record };
    throw fail(named(kind.name, id), json, `that ${kind.name}`);
  });

const isMissing = (failure: Error, words: string): boolean =>
  failure instanceof Refusal && failure.status === 404 && says(failure.answer(), words);
