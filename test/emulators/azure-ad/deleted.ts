import type { Reply } from '../reply.ts';
import { may } from './apps.ts';
import { type Ask, found, kindOf } from './ask.ts';
import { refuse } from './errors.ts';
import type { Kind } from './kinds.ts';
import { context, page } from './list.ts';
import { shown, typeOf } from './properties.ts';
import { queryOf } from './query.ts';

const permission = (kind: Kind) => (kind === 'group' ? ('deletedGroups' as const) : ('users' as const));

/** GET directory/deletedItems/microsoft.graph.user and …group: what can still be restored. */
export function deletedItems(ask: Ask, kind: 'user' | 'group'): Reply {
  const options = ['select', 'top', 'filter', 'count', 'skiptoken'];
  const query = queryOf(ask.parameters, { kind, options, strict: ask.strict, eventual: ask.eventual });
  if (!may(ask.holder, permission(kind))) throw refuse.permission();
  const all = ask.tenant.deletedItems(kind).filter((object) => query.filter?.test(object) ?? true);
  return page(ask, query, {
    objects: all.sort((a, b) => a.order - b.order),
    place: ({ order }) => order,
    row: (object) => ({ ...shown(object, query.select), ...deletion(object.properties.deletedDateTime) }),
    context: context(`${kind}s`, query),
  });
}

/** GET directory/deletedItems/{id}, cast to a kind or not. */
export function deletedItem(ask: Ask, id: string, cast: string): Reply {
  const wanted = kindOf(cast);
  const allowed = { kind: wanted ?? ('directoryObject' as const), options: ['select'], single: true };
  const query = queryOf(ask.parameters, { ...allowed, strict: ask.strict, eventual: ask.eventual });
  const object = ask.tenant.find(id);
  if (!may(ask.holder, 'users') && !may(ask.holder, 'deletedGroups')) throw refuse.permission();
  if (!object?.deleted || (wanted !== null && object.kind !== wanted)) throw refuse.missing(id);
  if (!may(ask.holder, permission(object.kind))) throw refuse.permission();
  const at = `${ask.root}/$metadata#directoryObjects/$entity`;
  const select = query.select;
  return found({
    '@odata.context': at,
    '@odata.type': typeOf(object),
    ...shown(object, select),
    ...deletion(object.properties.deletedDateTime),
  });
}

const deletion = (deletedDateTime: unknown) => ({ deletedDateTime: deletedDateTime ?? null });
