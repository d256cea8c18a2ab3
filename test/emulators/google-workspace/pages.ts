import type { Random } from '../random.ts';
import { refuse } from './errors.ts';

interface Page {
  /** The path and the other parameters that the token belongs to. */
  of: string;
  /** The key of the last row. */
  after: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** The page tokens of the emulated server: opaque, each good for the query that it came with, and for three days. */
export interface PageTokens {
  make(of: string, after: string): string;
  /** Behind which key to go on. Throws when the token is unknown, of another query or expired. */
  read(token: string, of: string): string;
  /** Makes every token handed out so far worthless. */
  expire(): void;
}

/** "The page token is only valid for three days", says the vendor's description. */
const LIFE_MS = 3 * 86_400_000;

export function pageTokens(random: Random, now: () => number): PageTokens {
  const known = new Map<string, Page>();
  return {
    make: (of, after) => {
      const token = `~!!~${Buffer.from(`AI9FV7Q${random.uuid()}`).toString('base64')}`;
      known.set(token, { of, after, expires: now() + LIFE_MS });
      return token;
    },
    read: (token, of) => {
      const page = known.get(token);
      if (page?.of !== of || page.expires <= now()) throw refuse.input('pageToken');
      return page.after;
    },
    expire: () => known.clear(),
  };
}

/** The first index behind a key in a list that is in order, or in reverse order. */
export function behind(list: readonly { readonly key: string }[], after: string, reverse: boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const key = list[middle]?.key ?? '';
    if (reverse ? key >= after : key <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
