import type { Extra } from '../model/user.ts';
import { wellFormedText } from './well-formed.ts';

/** A text as accounts have it: blank is null, and SQLite gives it back as it was put in. */
export function asText(value: Extra | undefined): string | null | undefined {
  if (value === undefined || value === null) return value;
  const made = wellFormedText(String(value));
  return made.trim() === '' ? null : made;
}

/** A value as accounts have it. */
export function tidy(value: Extra | undefined): Extra | undefined {
  if (typeof value === 'string') return asText(value);
  return Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? wellFormedText(one) : one)) : value;
}

/** Whether two values of an attribute are the same; lists in their order. */
export function sameValue(a: Extra | undefined, b: Extra | undefined): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
}
