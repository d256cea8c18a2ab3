import type { Random } from '../random.ts';
import { refuse } from './errors.ts';

interface Page {
  /** The path and the other parameters that the token belongs to. */
  of: string;
  after: number;
}

/** The page tokens of the emulated server: opaque, each good for the query that it came with. */
export interface PageTokens {
  make(of: string, after: number): string;
  /** Where to go on: behind the row of this place. Throws when the token is unknown, foreign or expired. */
  read(token: string, of: string): number;
  /** Makes every token handed out so far worthless. */
  expire(): void;
}

export function pageTokens(random: Random): PageTokens {
  const known = new Map<string, Page>();
  return {
    make: (of, after) => {
      const token = Buffer.from(`RFNwdAIAAQ${random.uuid()}`).toString('base64url');
      known.set(token, { of, after });
      return token;
    },
    read: (token, of) => {
      const page = known.get(token);
      if (!page) throw refuse.pageToken();
      if (page.of !== of) throw refuse.bad('The specified page token does not belong to this query.');
      return page.after;
    },
    expire: () => known.clear(),
  };
}

/** The query as a link has it: names with their dollars, values encoded once. */
export function queryText(parameters: URLSearchParams): string {
  return [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** The first index behind a place in a list that is in order. */
export function behind<T>(list: readonly T[], place: (each: T) => number, after: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && place(item) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
