import type { Random } from '../random.ts';
import { refuse } from './errors.ts';

interface Place {
  /** The path and the query that the cursor belongs to. */
  of: string;
  after: number;
  /** Which page it leads to, from 1. */
  page: number;
  /** It leads to the page that it stood on, and so does every cursor from there on. */
  repeats: boolean;
}

/** The `after` cursors of the emulated server: opaque, each good for the query that it came with. */
export interface Cursors {
  make(place: Place): string;
  /** Throws when the cursor is unknown, foreign or expired. */
  read(cursor: string, of: string): Place;
  /** Makes every cursor handed out so far worthless. */
  expire(): void;
}

export function cursors(random: Random): Cursors {
  const known = new Map<string, Place>();
  return {
    make: (place) => {
      const cursor = `200${random.uuid().replaceAll('-', '').slice(0, 18)}`;
      known.set(cursor, place);
      return cursor;
    },
    read: (cursor, of) => {
      const place = known.get(cursor);
      if (place?.of === of) return place;
      // A search says this of everything that is wrong with it (okta-sdk-dotnet, issue 323).
      throw /[?&]search=/.test(of) ? refuse.search() : refuse.invalid('after', 'must be a valid value');
    },
    expire: () => known.clear(),
  };
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
