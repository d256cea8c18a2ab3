import type { User } from '@microsoft/microsoft-graph-types';
import { type Reply, text } from '../reply.ts';
import { may } from './apps.ts';
import { type Ask, found, kindOf } from './ask.ts';
import { refuse } from './errors.ts';
import { isUser, type TenantGroup, type TenantObject, type TenantUser } from './kinds.ts';
import { context, page } from './list.ts';
import { shown, typeOf } from './properties.ts';
import { advanced, type Query, queryOf } from './query.ts';

const LIST = ['select', 'top', 'filter', 'expand', 'count', 'skiptoken'];

/** GET users: 100 on a page, up to 999 with `$top`; with `$expand` a page has no more than 100 rows, whatever `$top` says. */
export function listUsers(ask: Ask): Reply {
  const query = queryOf(ask.parameters, { kind: 'user', options: LIST, strict: ask.strict, eventual: ask.eventual });
  allow(ask, query);
  const all = ask.tenant.users();
  const { filter } = query;
  return page(ask, query, {
    objects: filter ? all.filter((user) => filter.test(user)) : all,
    place: ({ order }) => order,
    row: (user) => (isUser(user) ? userRow(ask, user, query) : null),
    context: context('users', query),
    ...(query.expand ? { most: 100 } : {}),
  });
}

/** GET users/$count: needs `ConsistencyLevel: eventual`. */
export function countUsers(ask: Ask): Reply {
  const parameters = new URLSearchParams([...ask.parameters, ['$count', 'true']]);
  const query = queryOf(parameters, {
    kind: 'user',
    options: ['filter', 'count'],
    strict: ask.strict,
    eventual: ask.eventual,
  });
  if (!may(ask.holder, 'users')) throw refuse.permission();
  return text(200, String(ask.tenant.users().filter((user) => query.filter?.test(user) ?? true).length));
}

/** GET users/{id}, by id or user principal name. */
export function oneUser(ask: Ask, id: string): Reply {
  const options = ['select', 'expand'];
  const query = queryOf(ask.parameters, {
    kind: 'user',
    options,
    single: true,
    strict: ask.strict,
    eventual: ask.eventual,
  });
  allow(ask, query);
  const user = ask.tenant.findUser(id);
  if (!user) throw refuse.missing(id);
  return found({
    '@odata.context': `${ask.root}/$metadata#${context('users', query)}/$entity`,
    ...userRow(ask, user, query),
  });
}

/** GET users/{id}/manager */
export function managerOf(ask: Ask, id: string): Reply {
  const query = queryOf(ask.parameters, {
    kind: 'user',
    options: ['select'],
    strict: ask.strict,
    eventual: ask.eventual,
  });
  allow(ask, query);
  const manager = ask.tenant.findUser(id)?.manager;
  if (!manager || manager.deleted) throw refuse.missing('manager');
  const at = `${ask.root}/$metadata#directoryObjects/$entity`;
  return found({ '@odata.context': at, '@odata.type': typeOf(manager), ...shown(manager, query.select) });
}

/** GET users/{id}/memberOf and transitiveMemberOf: every membership that is there, directory roles are not emulated. */
export function groupsOfUser(ask: Ask, id: string, cast: string, transitive: boolean): Reply {
  const kind = kindOf(cast);
  const type = kind ?? 'directoryObject';
  const query = queryOf(ask.parameters, { kind: type, options: LIST, strict: ask.strict, eventual: ask.eventual });
  if (!may(ask.holder, 'users') || !may(ask.holder, 'groups')) throw refuse.permission();
  advanced(query, kind !== null);
  const user = ask.tenant.findUser(id);
  if (!user) throw refuse.missing(id);
  const groups = new Set<TenantGroup>();
  const climb = (object: TenantObject) => {
    for (const group of ask.tenant.groupsOf(object)) {
      if (groups.has(group)) continue;
      groups.add(group);
      if (transitive) climb(group);
    }
  };
  climb(user);
  return page(ask, query, {
    objects: [...groups].filter((group) => kind === null || group.kind === kind).sort((a, b) => a.order - b.order),
    place: ({ order }) => order,
    row: (group) => ({ '@odata.type': typeOf(group), ...shown(group, query.select) }),
    context: context(kind ? 'groups' : 'directoryObjects', query),
  });
}

/** What may be seen of users at all: sign-in times have a permission of their own, and only the manager can be expanded here. */
function allow(ask: Ask, { select, expand }: Query): void {
  if (!may(ask.holder, 'users')) throw refuse.permission();
  if (select?.includes('signInActivity') && !may(ask.holder, 'signInActivity')) throw refuse.permission();
  if (expand && expand.name !== 'manager') {
    throw refuse.request(`Parsing OData Select and Expand failed: '${expand.name}' cannot be expanded here.`);
  }
}

function userRow(ask: Ask, user: TenantUser, { select, expand }: Query): User {
  const { manager } = user;
  const row: User = shown(user, select);
  if (!expand || !manager || manager.deleted || !ask.tenant.find(manager.id)) return row;
  const above: Record<string, unknown> = { '@odata.type': typeOf(manager), ...shown(manager, expand.select) };
  return { ...row, manager: above };
}
