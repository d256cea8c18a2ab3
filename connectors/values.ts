import type { Extra } from '../src/model/user.ts';

/** Characters of one value; what is longer is cut. No provider's own columns hold as many. */
export const LONGEST = 65_536;

/** A text, cut to its longest; null where it is blank or no text. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.length > LONGEST ? value.slice(0, LONGEST).toWellFormed() : value;
}

/** A text, a number or true or false; null for anything else. */
export const scalarOf = (value: unknown): string | number | boolean | null =>
  typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) ? value : textOf(value);

/** What a provider holds under a name of its own: several values are a list, one is itself, none is null. */
export function extraOf(values: readonly unknown[]): Extra {
  const known = values.map(scalarOf).filter((value) => value !== null);
  return known.length > 1 ? known : (known[0] ?? null);
}

/** An id that can be one segment of a path; null for anything else. */
export function idIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 1024 && !/^\.{1,2}$/.test(value) ? value : null;
}
