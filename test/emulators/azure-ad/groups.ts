import type { Group } from '@microsoft/microsoft-graph-types';
import { type Reply, text } from '../reply.ts';
import { may } from './apps.ts';
import { type Ask, found, kindOf } from './ask.ts';
import { refuse } from './errors.ts';
import { isGroup, type Kind, type TenantGroup, type TenantObject } from './kinds.ts';
import { context, page } from './list.ts';
import { shown, typeOf } from './properties.ts';
import { advanced, type Query, queryOf } from './query.ts';

const LIST = ['select', 'top', 'filter', 'expand', 'count', 'skiptoken'];
/** An expanded relation stops here, without a word. */
const EXPANDED = 20;

/** GET groups: 100 on a page, up to 999 with `$top`; with `$expand` never more than 100. */
export function listGroups(ask: Ask): Reply {
  const query = queryOf(ask.parameters, { kind: 'group', options: LIST, strict: ask.strict, eventual: ask.eventual });
  allow(ask, query);
  const all = ask.tenant.groups();
  const { filter } = query;
  return page(ask, query, {
    objects: filter ? all.filter((group) => filter.test(group)) : all,
    place: ({ order }) => order,
    row: (group) => (isGroup(group) ? groupRow(ask, group, query) : null),
    context: context('groups', query),
    ...(query.expand ? { most: 100 } : {}),
  });
}

/** GET groups/$count: needs `ConsistencyLevel: eventual`. */
export function countGroups(ask: Ask): Reply {
  const parameters = new URLSearchParams([...ask.parameters, ['$count', 'true']]);
  const query = queryOf(parameters, {
    kind: 'group',
    options: ['filter', 'count'],
    strict: ask.strict,
    eventual: ask.eventual,
  });
  if (!may(ask.holder, 'groups')) throw refuse.permission();
  return text(200, String(ask.tenant.groups().filter((group) => query.filter?.test(group) ?? true).length));
}

/** GET groups/{id} */
export function oneGroup(ask: Ask, id: string): Reply {
  const options = ['select', 'expand'];
  const query = queryOf(ask.parameters, {
    kind: 'group',
    options,
    single: true,
    strict: ask.strict,
    eventual: ask.eventual,
  });
  allow(ask, query);
  const group = ask.tenant.findGroup(id);
  if (!group) throw refuse.missing(id);
  return found({
    '@odata.context': `${ask.root}/$metadata#${context('groups', query)}/$entity`,
    ...groupRow(ask, group, query),
  });
}

/** GET groups/{id}/members and transitiveMembers, cast to a kind or not; `members/$count` too. */
export function membersOf(ask: Ask, id: string, cast: string, transitive: boolean): Reply {
  const counted = cast === '$count';
  const kind = counted ? null : kindOf(cast);
  const type = kind ?? 'directoryObject';
  const parameters = counted ? new URLSearchParams([...ask.parameters, ['$count', 'true']]) : ask.parameters;
  const query = queryOf(parameters, { kind: type, options: LIST, strict: ask.strict, eventual: ask.eventual });
  if (!may(ask.holder, 'groups')) throw refuse.permission();
  const group = ask.tenant.findGroup(id);
  if (!group) throw refuse.missing(id);
  if (kind === 'group' && group.properties.groupTypes?.includes('Unified')) {
    throw refuse.bad('Microsoft 365 groups cannot have groups as members.');
  }
  if (query.expand) throw refuse.option('$expand');
  advanced(query, kind !== null);
  const places = transitive ? null : group.members;
  const objects = visible(ask, group, transitive).filter(
    (object) => (kind === null || object.kind === kind) && (query.filter?.test(object) ?? true),
  );
  if (counted) return text(200, String(objects.length));
  return page(ask, query, {
    objects,
    place: (object) => places?.get(object) ?? object.order,
    row: (object) => memberRow(ask, object, query.select),
    context: context(kind ? `${kind}s` : 'directoryObjects', query),
  });
}

/** Microsoft's pages write it in two ways. */
export const isHidden = ({ properties: { visibility } }: TenantGroup): boolean =>
  visibility?.toLowerCase() === 'hiddenmembership';

/** Members as this caller may list them: none of a hidden group, with status 200, unless it may see hidden ones. */
function visible(ask: Ask, group: TenantGroup, transitive: boolean): readonly TenantObject[] {
  const direct = (of: TenantGroup): readonly TenantObject[] => {
    if (isHidden(of) && !may(ask.holder, 'hidden')) return [];
    const members = ask.tenant.membersOf(of);
    const whole = ask.settings.listServicePrincipals || !members.some(({ kind }) => kind === 'servicePrincipal');
    return whole ? members : members.filter(({ kind }) => kind !== 'servicePrincipal');
  };
  if (!transitive) return direct(group);
  const reached = new Set<TenantObject>();
  const open: TenantGroup[] = [group];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const member of direct(next)) {
      if (reached.has(member)) continue;
      reached.add(member);
      if (isGroup(member)) open.push(member);
    }
  }
  return [...reached].sort((a, b) => a.order - b.order);
}

const permissionFor: Readonly<Record<Kind, Parameters<typeof may>[1]>> = {
  user: 'users',
  group: 'groups',
  device: 'devices',
  servicePrincipal: 'servicePrincipals',
  orgContact: 'contacts',
};

/** A member whose kind the caller may not read has its type and id, and nothing else. */
function memberRow(ask: Ask, object: TenantObject, select: readonly string[] | null): Record<string, unknown> {
  const row = { '@odata.type': typeOf(object), ...shown(object, select) };
  if (may(ask.holder, permissionFor[object.kind])) return row;
  const blank = (name: string, value: unknown) =>
    name === '@odata.type' || name === 'id' ? value : Array.isArray(value) ? [] : null;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, blank(name, value)]));
}

function allow(ask: Ask, { expand }: Query): void {
  if (!may(ask.holder, 'groups')) throw refuse.permission();
  if (expand && expand.name !== 'members') {
    throw refuse.request(`Parsing OData Select and Expand failed: '${expand.name}' cannot be expanded here.`);
  }
}

function groupRow(ask: Ask, group: TenantGroup, { select, expand }: Query): Group {
  const row = shown(group, select);
  if (!expand) return row;
  const members = visible(ask, group, false).slice(0, EXPANDED);
  return { ...row, members: members.map((object) => memberRow(ask, object, expand.select)) };
}
