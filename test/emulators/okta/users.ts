import type { Reply } from '../reply.ts';
import { type Ask, found, outOfReach } from './ask.ts';
import { refuse } from './errors.ts';
import { fieldsOf } from './fields.ts';
import { allow } from './holders.ts';
import type { OrgUser } from './kinds.ts';
import { page } from './list.ts';
import { queryOf } from './query.ts';
import { groupRow, omittedOf, userRow } from './represent.ts';
import { filtered, search, userFilter, userSearch } from './search.ts';

const LIST = ['search', 'filter', 'q', 'after', 'limit', 'sortBy', 'sortOrder', 'fields', 'expand'];

/** GET users: those who are not deactivated; with `filter` or `search`, all who fit. */
export function listUsers(ask: Ask): Reply {
  allow(ask.holder, 'users', ask.path, ask.origin);
  const q = ask.parameters.get('q');
  const query = queryOf(ask, LIST, { usual: q === null ? 200 : 10, most: 200 });
  // Early access, which this org has not got.
  if (query.values.has('expand')) throw refuse.feature();
  const [filter, text, fields] = [query.values.get('filter'), query.values.get('search'), query.values.get('fields')];
  if (ask.strict && [filter, text, q ?? undefined].filter((each) => each !== undefined).length > 1) {
    throw refuse.search('Only one of search, filter and q may be given.');
  }
  const omitted = omittedOf(ask.headers['content-type']);
  const shown = fields === undefined || ask.settings.ignoreFields ? null : fieldsOf(fields, ask.strict);
  const row = (user: OrgUser) => (shown ? shown({ ...userRow(ask, user, omitted) }) : userRow(ask, user, omitted));
  const { sight, org } = ask;
  if (text !== undefined) {
    const hits = search(ask, query, { fields: userSearch, now: org.users(), past: org.pastUsers });
    const places = new Map(hits.map((user, at) => [user, at]));
    return page(ask, query, { items: hits, place: (user) => places.get(user) ?? 0, keep: sight.user, row });
  }
  const test = filter === undefined ? isListed(q) : filtered(filter, userFilter);
  const keep = (user: OrgUser) => test(user) && sight.user(user);
  return page(ask, query, { items: org.users(), place: ({ order }) => order, keep, row, single: q !== null });
}

/** Without a filter the deactivated are left out. @param q the start of a name or an address */
function isListed(q: string | null): (user: OrgUser) => boolean {
  const start = q?.toLowerCase();
  return ({ status, profile: { firstName, lastName, email } }) =>
    status !== 'DEPROVISIONED' &&
    (start === undefined || [firstName, lastName, email].some((text) => text?.toLowerCase().startsWith(start)));
}

/** GET users/{id}: by id, login, or the short form of a login; `me` is who made the API token. */
export function oneUser(ask: Ask, id: string): Reply {
  allow(ask.holder, 'users', ask.path, ask.origin);
  const query = queryOf(ask, ['expand'], { usual: 1, most: 1 });
  const user = theUser(ask, id);
  const row = userRow(ask, user, omittedOf(ask.headers['content-type']), true);
  const blocks = query.values.get('expand') === 'blocks' ? { _embedded: { blocks: [] } } : {};
  return found({ ...row, ...blocks });
}

/** GET users/{id}/groups: all at once. */
export function groupsOfUser(ask: Ask, id: string): Reply {
  allow(ask.holder, 'users', ask.path, ask.origin);
  queryOf(ask, [], { usual: 1, most: 1 });
  const groups = ask.org.groupsOf(theUser(ask, id)).filter((group) => ask.sight.group(group));
  const link = `<${ask.origin}${ask.path}?limit=200>; rel="self"`;
  return found(
    groups.map((group) => groupRow(ask, group)),
    { link },
  );
}

function theUser(ask: Ask, id: string): OrgUser {
  const { org, holder, sight } = ask;
  const user = id === 'me' ? holder.me() : org.findUser(id);
  if (!user) throw refuse.missing(id, 'User');
  if (id !== 'me' && !sight.user(user)) throw outOfReach(ask, id, 'User');
  return user;
}
