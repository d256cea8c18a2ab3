import type { Extra } from '../model/user.ts';
import { RuleFailure } from './rule.ts';

/** What an expression computes with. Numbers are doubles; whole ones never leave the range of exact integers. */
export type Computed = string | number | boolean | null | readonly Computed[];

/** The longest text that a rule may make, in UTF-16 units. */
export const LONGEST_TEXT = 65_536;

/** A text, or null; numbers and true or false as they are written. */
export function textOf(value: Computed): string | null {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value !== 'object') return String(value);
  throw new RuleFailure('it has several values where one is asked for; take `.first()` of them or `.join(", ")` them');
}

/** A number, or null. */
export function numberOf(value: Computed): number | null {
  if (typeof value === 'number' || value === null) return value;
  throw new RuleFailure(`a number is asked for, and here is ${kindOf(value)}; \`int(…)\` reads one from a text`);
}

/** A list: one value is a list of one, nothing an empty list. */
export function listOf(value: Computed): readonly Computed[] {
  if (Array.isArray(value)) return value;
  // What is no array is one value or none.
  return value === null ? [] : [value as Exclude<Computed, readonly Computed[]>];
}

export const kindOf = (value: Computed): string =>
  typeof value === 'string'
    ? 'a text'
    : typeof value === 'boolean'
      ? 'true or false'
      : value === null
        ? 'nothing'
        : typeof value === 'number'
          ? 'a number'
          : 'a list';

/**
 * Whether two values are the same. What an identity provider gives as a number equals the text of it, and `true` the
 * text "true": providers disagree on which they send.
 */
export function same(a: Computed, b: Computed): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (typeof a === 'object' || typeof b === 'object') {
    if (typeof a !== 'object' || typeof b !== 'object' || a.length !== b.length) return false;
    return a.every((one, at) => same(one, b[at] ?? null));
  }
  return typeof a !== typeof b && String(a) === String(b);
}

/** Below zero, zero or above, as `a` is less, the same or more; null where they cannot be compared. */
export function order(a: Computed, b: Computed): number | null {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  if (a === null || b === null) return null;
  throw new RuleFailure(`${kindOf(a)} and ${kindOf(b)} cannot be compared`);
}

export function bounded(text: string): string {
  mustBeShort(text.length);
  return text;
}

/** Asked before a text is made, since a short one can ask for one that fits no memory. */
export function mustBeShort(length: number): void {
  if (length > LONGEST_TEXT) throw new RuleFailure(`the text is longer than ${LONGEST_TEXT} characters`);
}

/** A whole number that is exact, or a number that is one at all. */
export function exact(value: number, whole: boolean): number {
  if (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
  throw new RuleFailure('the number is too large, or a division by zero');
}

/** What leaves the language: lists hold plain values only, and all texts together are no longer than one may be. */
export function toValue(value: Computed): Extra {
  if (typeof value === 'string') return bounded(value);
  if (!Array.isArray(value)) return value as Exclude<Computed, readonly Computed[]>;
  const plain: (string | number | boolean)[] = [];
  let length = 0;
  for (const one of value as readonly Computed[]) {
    if (one === null) continue;
    if (typeof one === 'object') throw new RuleFailure('a list of lists is no value of an attribute');
    if (typeof one === 'string') mustBeShort((length += one.length));
    plain.push(one);
  }
  return plain;
}
