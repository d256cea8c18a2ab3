import type { Reply } from '../reply.ts';
import { type Ask, found } from './ask.ts';
import type { TenantObject } from './kinds.ts';
import { behind, queryText } from './pages.ts';
import type { Query } from './query.ts';

interface Listing {
  /** In order of `place`, and without what the filter leaves out. */
  objects: readonly TenantObject[];
  place(object: TenantObject): number;
  row(object: TenantObject): unknown;
  /** Such as `users(id,displayName)`. */
  context: string;
  /** The largest page, whatever `$top` says. */
  most?: number;
}

/** One page of a list, with the link to the next: it holds the whole query, and its token is good for that one only. */
export function page(ask: Ask, query: Query, { objects, place, row, context, most = 999 }: Listing): Reply {
  const parameters = new URLSearchParams([...ask.parameters].filter(([name]) => !/^\$?skiptoken$/i.test(name)));
  const of = `${ask.path}?${queryText(parameters)}`;
  const start = query.skiptoken === null ? 0 : behind(objects, place, ask.pages.read(query.skiptoken, of));
  const rows = objects.slice(start, start + Math.min(query.top, most));
  const last = rows.at(-1);
  parameters.append('$skiptoken', last && start + rows.length < objects.length ? ask.pages.make(of, place(last)) : '');
  return found({
    '@odata.context': `${ask.root}/$metadata#${context}`,
    ...(query.count && query.skiptoken === null ? { '@odata.count': objects.length } : {}),
    ...(parameters.get('$skiptoken') ? { '@odata.nextLink': `${ask.root}/${ask.path}?${queryText(parameters)}` } : {}),
    value: rows.map(row),
  });
}

/** Such as `users(id,displayName)`, and `users` where nothing was selected. */
export const context = (name: string, { select, expand }: Query): string => {
  const names = [...(select ?? []), ...(expand ? [`${expand.name}(${expand.select?.join(',') ?? ''})`] : [])];
  return names.length > 0 ? `${name}(${names.join(',')})` : name;
};
