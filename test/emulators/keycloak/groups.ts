import type GroupRepresentation from '@keycloak/keycloak-admin-client/lib/defs/groupRepresentation.js';
import type { Reply } from '../reply.ts';
import type { Admin } from './admin.ts';
import { refused } from './errors.ts';
import { found, foundText, page, pairs, queryOf } from './query.ts';
import type { Realm, RealmGroup } from './realm.ts';
import { groupAccess, groupRepresentation, userText } from './represent.ts';

const LIST = ['search', 'q', 'exact', 'first', 'max', 'briefRepresentation', 'populateHierarchy', 'subGroupsCount'];
const CHILDREN = ['search', 'exact', 'first', 'max', 'briefRepresentation', 'subGroupsCount'];

interface Show {
  brief: boolean;
  count: boolean;
  manage: boolean;
}

const shown = (group: RealmGroup, show: Show): GroupRepresentation => ({
  ...groupRepresentation(group, show),
  access: groupAccess(show.manage),
});

/** GET groups: no limit unless `max` is there. Without `search` or `q` it lists the top level. */
export function listGroups(admin: Admin): Reply {
  const { realm, rights, strict, parameters, version } = admin;
  const query = queryOf(parameters, LIST, strict);
  if (!rights.queryGroups) return refused.forbidden();
  const search = query.text('search')?.trim();
  const attributes = query.text('q');
  const matching =
    attributes !== null
      ? realm
          .groups()
          .filter((group) => pairs(attributes).every(([key, value]) => group.attributes[key]?.includes(value)))
      : search !== undefined && search !== ''
        ? realm.groups().filter((group) => named(group, search, query.flag('exact') ?? false))
        : null;
  const brief = query.flag('briefRepresentation') ?? true;
  if (version === 22)
    return found(
      rights.viewUsers ? wholeTrees(realm, matching, brief, query.number('first'), query.number('max')) : [],
    );

  const flat = matching ?? (search === '' && query.text('search') !== '' ? realm.groups() : realm.topGroups());
  const rows = page(flat, query.number('first'), query.number('max'));
  if (!rights.viewUsers) return found([]);
  const hierarchy = query.flag('populateHierarchy') ?? true;
  const show = { brief, count: query.flag('subGroupsCount') ?? true, manage: rights.manageUsers };
  return found(hierarchy ? fromTheRoot(rows, show) : rows.map((group) => shown(group, show)));
}

const named = (group: RealmGroup, search: string, exact: boolean) =>
  exact ? group.name === search : group.name.toLowerCase().includes(search.toLowerCase());

/** The rows with their ancestors, from the root down, without siblings that were not asked for. */
function fromTheRoot(rows: readonly RealmGroup[], show: Show): GroupRepresentation[] {
  const made = new Map<string, GroupRepresentation>();
  const top: GroupRepresentation[] = [];
  const place = (group: RealmGroup): GroupRepresentation => {
    const known = made.get(group.id);
    if (known) return known;
    const representation = shown(group, show);
    made.set(group.id, representation);
    if (group.parent) place(group.parent).subGroups?.push(representation);
    else top.push(representation);
    return representation;
  };
  for (const row of rows) place(row);
  return top.sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

/** Servers before 23: top groups with everything inside them; a search keeps the branches that hold a match. */
function wholeTrees(
  realm: Realm,
  matching: readonly RealmGroup[] | null,
  brief: boolean,
  first: number | null,
  max: number | null,
) {
  const kept = matching && new Set(matching);
  for (const group of matching ?? []) for (let above = group.parent; above; above = above.parent) kept?.add(above);
  const keep = (group: RealmGroup) => !kept || kept.has(group);
  const tree = (group: RealmGroup): GroupRepresentation => {
    const { description: _, parentId: __, ...representation } = groupRepresentation(group, { brief, count: false });
    return { ...representation, subGroups: realm.childrenOf(group).filter(keep).map(tree) };
  };
  return page(realm.topGroups().filter(keep), first, max).map(tree);
}

/** GET groups/count. `search` is not trimmed here, unlike in the listing, and then `top` is not looked at. */
export function countGroups({ realm, rights, strict, parameters }: Admin): Reply {
  const query = queryOf(parameters, ['search', 'top'], strict);
  if (!rights.queryGroups) return refused.forbidden();
  const search = query.text('search');
  if (search !== null) return found({ count: realm.groups().filter((group) => named(group, search, false)).length });
  return found({ count: (query.flag('top') ? realm.topGroups() : realm.groups()).length });
}

/** GET groups/{id} */
export function oneGroup({ realm, rights, strict, parameters }: Admin, id: string): Reply {
  queryOf(parameters, [], strict);
  const group = realm.findGroup(id);
  if (!group) return refused.noGroup();
  if (!rights.viewUsers) return refused.forbidden();
  return found(shown(group, { brief: false, count: true, manage: rights.manageUsers }));
}

/** GET groups/{id}/children: 10 unless `max` says otherwise. Since version 23. */
export function childrenOfGroup({ realm, rights, strict, parameters, version }: Admin, id: string): Reply {
  const query = queryOf(parameters, CHILDREN, strict);
  const group = realm.findGroup(id);
  if (!group) return refused.noGroup();
  if (version === 22) return refused.noMethod();
  if (!rights.viewUsers) return refused.forbidden();
  const search = query.text('search') ?? '';
  const children = realm.childrenOf(group).filter((child) => named(child, search, query.flag('exact') ?? false));
  const show = {
    brief: query.flag('briefRepresentation') ?? false,
    count: query.flag('subGroupsCount') ?? true,
    manage: rights.manageUsers,
  };
  return found(page(children, query.number('first'), query.number('max') ?? 10).map((child) => shown(child, show)));
}

/** GET groups/{id}/members: direct ones, service accounts among them, 100 unless `max` says otherwise. */
export function membersOfGroup({ realm, rights, strict, parameters }: Admin, id: string): Reply {
  const query = queryOf(parameters, ['first', 'max', 'briefRepresentation'], strict);
  const group = realm.findGroup(id);
  if (!group) return refused.noGroup();
  if (!rights.viewUsers) return refused.forbidden();
  const brief = query.flag('briefRepresentation') ?? false;
  const rows = page(realm.membersOf(group), query.number('first'), query.number('max') ?? 100);
  return foundText(`[${rows.map((user) => userText(realm, user, brief))}]`);
}
