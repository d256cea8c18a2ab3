import type { Reply } from '../reply.ts';
import { type Ask, found } from './ask.ts';
import type { Place } from './listing.ts';
import { behind } from './pages.ts';
import { etagOf } from './represent.ts';

interface Listing<T> {
  /** In order of the keys, or in reverse order. */
  places: readonly Place<T>[];
  reverse?: boolean;
  test(object: T): boolean;
  row(object: T): unknown;
  /** The key that the rows stand under. */
  name: 'users' | 'groups' | 'members';
  /** Rows on a page where the request does not say. */
  usual: number;
}

/** One page of a list. Without rows it has no key for them, and a token is good for its query only. */
export function page<T>(ask: Ask, { places, reverse = false, test, row, name, usual }: Listing<T>): Reply {
  const of = `${ask.path}?${ask.parameters.bound}`;
  const token = ask.parameters.text('pageToken');
  const most = ask.parameters.number('maxResults') ?? usual;
  const rows: T[] = [];
  let last = '';
  let more = false;
  for (let at = token === null ? 0 : behind(places, ask.pages.read(token, of), reverse); at < places.length; at++) {
    const place = places[at];
    if (!place || !test(place.object)) continue;
    more = rows.length === most;
    if (more) break;
    rows.push(place.object);
    last = place.key;
  }
  const next = more || (ask.settings.emptyLastPage && rows.length > 0) ? ask.pages.make(of, last) : null;
  return found(ask, {
    ...{ kind: `admin#directory#${name}`, etag: etagOf(of, `${rows.length} ${last}`) },
    ...(rows.length > 0 ? { [name]: rows.map(row) } : {}),
    ...(next === null ? {} : { nextPageToken: next }),
  });
}
