import type { SourceUser, StandardAttribute } from '../model/user.ts';

/** The attributes of an account as the rules made them. */
export type AccountAttributes = Readonly<Record<StandardAttribute, string | null>>;

/** What the rules make of one source's user. */
export type Shaped =
  | { is: 'in'; active: boolean | null; attributes: AccountAttributes }
  | { is: 'out'; rule: string }
  | { is: 'failed'; rule: string; why: string };

/** Makes the account from the user. Without rules an account has what the source says. */
export function shape(user: SourceUser): Shaped {
  return { is: 'in', active: user.active, attributes: user.attributes };
}

/** Why a user name cannot be used, or null when it can. RFC 7643 asks for a non-empty one; the rest is ours. */
export function nameFault(name: string | null): string | null {
  if (name === null || name.trim() === '') return 'it is empty';
  if (name.length > 255) return `it has ${name.length} characters; 255 is the most`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return 'it holds control characters';
  return null;
}
