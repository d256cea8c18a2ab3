import type { Reply } from '../reply.ts';
import { type Ask, found, outOfReach } from './ask.ts';
import { refuse } from './errors.ts';
import { allow } from './holders.ts';
import type { OrgGroup } from './kinds.ts';
import { page } from './list.ts';
import { queryOf } from './query.ts';
import { groupRow, omittedOf, userRow } from './represent.ts';
import { filtered, groupFilter, groupSearch, search } from './search.ts';

const LIST = ['search', 'filter', 'q', 'after', 'limit', 'expand', 'sortBy', 'sortOrder'];

/** GET groups: Everyone among them, but not for a group administrator. */
export function listGroups(ask: Ask): Reply {
  allow(ask.holder, 'groups', ask.path, ask.origin);
  const q = ask.parameters.get('q');
  const query = queryOf(ask, LIST, { usual: q === null ? 10_000 : 300, most: 10_000 });
  const [filter, text] = [query.values.get('filter'), query.values.get('search')];
  if (ask.strict && [filter, text, q ?? undefined].filter((each) => each !== undefined).length > 1) {
    throw refuse.search('Only one of search, filter and q may be given.');
  }
  const expand = expandOf(query.values.get('expand'));
  const row = (group: OrgGroup) => groupRow(ask, group, expand);
  const { sight, org } = ask;
  if (text !== undefined) {
    const hits = search(ask, query, { fields: groupSearch, now: org.groups(), past: org.pastGroups });
    const places = new Map(hits.map((group, at) => [group, at]));
    return page(ask, query, { items: hits, place: (group) => places.get(group) ?? 0, keep: sight.group, row });
  }
  const start = q?.toLowerCase();
  const test =
    filter !== undefined
      ? filtered(filter, groupFilter)
      : ({ profile }: OrgGroup) => start === undefined || (profile.name?.toLowerCase().startsWith(start) ?? false);
  const keep = (group: OrgGroup) => test(group) && sight.group(group);
  return page(ask, query, { items: org.groups(), place: ({ order }) => order, keep, row, single: q !== null });
}

/** GET groups/{id} */
export function oneGroup(ask: Ask, id: string): Reply {
  allow(ask.holder, 'groups', ask.path, ask.origin);
  queryOf(ask, [], { usual: 1, most: 1 });
  return found(groupRow(ask, theGroup(ask, id)));
}

/** GET groups/{id}/users: whole users, 1,000 on a page, the deactivated among them. */
export function membersOf(ask: Ask, id: string): Reply {
  allow(ask.holder, 'groups', ask.path, ask.origin);
  const query = queryOf(ask, ['after', 'limit'], { usual: 1000, most: 1000 });
  const group = theGroup(ask, id);
  const omitted = omittedOf(ask.headers['content-type']);
  const { org } = ask;
  const everyone = group === org.everyone;
  return page(ask, query, {
    items: everyone ? org.users() : org.membersOf(group),
    place: (user) => (everyone ? user.order : (group.members.get(user) ?? user.order)),
    keep: (user) => !everyone || org.isInEveryone(user),
    row: (user) => userRow(ask, user, omitted),
  });
}

function theGroup(ask: Ask, id: string): OrgGroup {
  const { org, sight } = ask;
  const group = org.findGroup(id);
  if (!group) throw refuse.missing(id, 'UserGroup');
  if (!sight.group(group)) throw outOfReach(ask, id, 'UserGroup');
  return group;
}

function expandOf(text: string | undefined): string[] {
  const names = (text ?? '').split(',').filter(Boolean);
  const unknown = names.find((name) => name !== 'stats' && name !== 'app');
  if (unknown !== undefined) throw refuse.invalid('expand', `${unknown} is not known`);
  return names;
}
