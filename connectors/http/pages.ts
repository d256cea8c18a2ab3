import type { FetchFailure } from './errors.ts';
import { type About, unexpected } from './sentences.ts';

/** A JSON object, its keys not yet looked at. */
export type Json = Readonly<Record<string, unknown>>;

/** Makes the failure for an answer that has not the shape it should have. */
export type Unexpected = (what: string, got: unknown, wanted: string) => FetchFailure;

export const unexpectedFor =
  (about: Omit<About, 'what'>): Unexpected =>
  (what, got, wanted) =>
    unexpected({ ...about, what }, got, wanted);

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The answer as a list of objects. Anything else, null and texts among it, is never an empty list. Throws. */
export function listOf(got: unknown, what: string, fail: Unexpected): readonly Json[] {
  if (!Array.isArray(got)) throw fail(what, got, 'a list');
  const odd = got.findIndex((one) => !isObject(one));
  if (odd >= 0) throw fail(what, got[odd], 'a list of objects');
  return got;
}

/** The list that an object holds under a key; a body without the key is never an empty list. Throws. */
export function listUnder(key: string, got: unknown, what: string, fail: Unexpected): readonly Json[] {
  if (!isObject(got) || !Object.hasOwn(got, key)) throw fail(what, got, `an object with "${key}"`);
  return listOf(got[key], what, fail);
}

/** The answer as one object. Throws. */
export function objectOf(got: unknown, what: string, fail: Unexpected): Json {
  if (!isObject(got)) throw fail(what, got, 'an object');
  return got;
}

/** The answer as a count. Throws. */
export function countOf(got: unknown, what: string, fail: Unexpected): number {
  if (typeof got !== 'number' || !Number.isSafeInteger(got) || got < 0) throw fail(what, got, 'a number');
  return got;
}

/** So many pages in a row that came before, and a list has no end. Providers may give empty ones and lead on. */
const STALE = 100;

/**
 * Watches that a list by pages ends: gives back each way to a next page, and throws where one comes a second time, or
 * where too many pages came before by their rows. Without rows only the ways are looked at.
 * @param way what a way to the next page is, for messages
 */
export function ending(
  what: string,
  fail: Unexpected,
  way = 'link to the next page',
): (next: string, rows?: readonly Json[]) => string {
  const ways = new Set<string>();
  const pages = new Set<string>();
  let stale = 0;
  return (next, rows) => {
    if (ways.has(next)) throw fail(what, `the same ${way} twice`, 'an end of the list');
    ways.add(next);
    if (!rows) return next;
    // Not every id: a list may have millions.
    const page = `${rows.length} ${rows[0]?.id} ${rows.at(-1)?.id}`;
    stale = pages.has(page) ? stale + 1 : 0;
    pages.add(page);
    if (stale >= STALE) throw fail(what, `${STALE} pages in a row with nobody new`, 'an end of the list');
    return next;
  };
}
