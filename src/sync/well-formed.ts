import type { SourceGroup } from '../model/group.ts';
import type { Extra, SourceUser } from '../model/user.ts';

/**
 * A user whose texts SQLite gives back as they were put in: half a surrogate pair and the character 0 become U+FFFD
 * here, once, or the account would differ from its user for ever.
 */
export function wellFormedUser(user: SourceUser): SourceUser {
  if (isWellFormed(user.attributes) && isWellFormed(user.extra)) return user;
  return { ...user, attributes: mend(user.attributes), extra: mend(user.extra) };
}

/** The same for a group. */
export function wellFormedGroup(group: SourceGroup): SourceGroup {
  const { id, extra, ...texts } = group;
  if (isWellFormed(texts) && isWellFormed(extra)) return group;
  return { id, ...mend(texts), extra: mend(extra) };
}

function isWellFormed(values: Readonly<Record<string, Extra>>): boolean {
  for (const key in values) {
    const value = values[key];
    if (typeof value === 'string' ? !good(value) : Array.isArray(value) && !value.every(good)) return false;
  }
  return true;
}

const good = (value: unknown) => typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'));
/** A text as SQLite gives it back. */
export const wellFormedText = (text: string): string =>
  good(text) ? text : text.toWellFormed().replaceAll('\0', '\ufffd');

function mend<T extends Readonly<Record<string, Extra>>>(values: T): T {
  const text = (value: Extra): Extra => {
    if (typeof value === 'string') return wellFormedText(value);
    return Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? wellFormedText(one) : one)) : value;
  };
  // The same keys, and for each a value of the same kind.
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)])) as T;
}
