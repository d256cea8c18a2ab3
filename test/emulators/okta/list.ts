import type { Reply } from '../reply.ts';
import { type Ask, found } from './ask.ts';
import { behind } from './pages.ts';
import type { Query } from './query.ts';

interface Listing<T> {
  /** In order of `place`. */
  items: readonly T[];
  place(item: T): number;
  /** Whether the query and the caller's rights leave it in. */
  keep(item: T): boolean;
  row(item: T): unknown;
  /** A list that has one page only. */
  single?: boolean;
}

const FIRST = { after: Number.NEGATIVE_INFINITY, page: 1, repeats: false };

/**
 * One page of a list, with its links in the header `Link`: `self` always, `next` where there is more. The cursor belongs
 * to the path and to all of the query but the limit.
 */
export function page<T>(ask: Ask, query: Query, { items, place, keep, row, single = false }: Listing<T>): Reply {
  const { settings } = ask;
  const others = new URLSearchParams([...ask.parameters].filter(([name]) => name !== 'after' && name !== 'limit'));
  const sorted = new URLSearchParams(others);
  sorted.sort();
  const of = `${ask.path}?${sorted}`;
  const after = query.values.get('after');
  const here = after === undefined ? FIRST : ask.cursors.read(after, of);
  const rows: unknown[] = [];
  let at = behind(items, place, here.after);
  let last = here.after;
  const empty = settings.emptyPage === here.page && !single;
  for (let scanned = 0; !empty && at < items.length; at++, scanned++) {
    const item = items[at];
    if (item === undefined || (settings.shortPages ? scanned : rows.length) >= query.limit) break;
    if (keep(item)) rows.push(row(item));
    last = place(item);
  }
  const more = empty || (settings.shortPages ? at < items.length : hasMore(items, at, keep));
  const link = (cursor: string | undefined) => {
    const first: [string, string][] = cursor === undefined ? [] : [['after', cursor]];
    return `${ask.origin}${ask.path}?${new URLSearchParams([...first, ...others, ['limit', String(query.limit)]])}`;
  };
  const links = [`<${link(after)}>; rel="self"`];
  const repeats = ask.repeats || here.repeats;
  if ((more || repeats) && !single) {
    const next = repeats ? { after: here.after, page: here.page } : { after: last, page: here.page + 1 };
    links.push(`<${link(ask.cursors.make({ of, repeats, ...next }))}>; rel="next"`);
  }
  return found(rows, { link: settings.linkHeader === 'lines' ? links : links.join(', ') });
}

function hasMore<T>(items: readonly T[], from: number, keep: (item: T) => boolean): boolean {
  for (let at = from; at < items.length; at++) {
    const item = items[at];
    if (item !== undefined && keep(item)) return true;
  }
  return false;
}
