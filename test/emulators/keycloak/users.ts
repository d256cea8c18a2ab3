import type { Reply } from '../reply.ts';
import type { Admin } from './admin.ts';
import { refused } from './errors.ts';
import { found, foundText, page, pairs, type Query, queryOf } from './query.ts';
import type { Realm, RealmUser } from './realm.ts';
import { groupRepresentation, userAccess, userRepresentation, userText } from './represent.ts';

const FILTERS = ['search', 'username', 'email', 'firstName', 'lastName', 'enabled', 'emailVerified', 'q', 'exact'];
const LIST = [...FILTERS, 'idpAlias', 'idpUserId', 'first', 'max', 'briefRepresentation'];
/** Any of these makes the vendor look among service accounts too. */
const ATTRIBUTE_FILTERS = LIST.filter((name) => !['search', 'first', 'max', 'briefRepresentation'].includes(name));

/** GET users: at most 100 unless `max` says otherwise, by user name. */
export function listUsers({ realm, rights, version, strict, parameters }: Admin): Reply {
  const query = queryOf(parameters, LIST, strict);
  if (!rights.queryUsers) return refused.forbidden();
  const brief = query.flag('briefRepresentation') ?? false;
  const rows = page(matching(realm, query), query.number('first'), query.number('max') ?? 100);
  if (!rights.viewUsers) return found([]);
  const access = version === 22 ? userAccess(rights.manageUsers) : { manage: rights.manageUsers };
  // Put in as text, at the end, which is where the vendor has it.
  const end = `,"access":${JSON.stringify(access)}}`;
  return foundText(`[${rows.map((user) => userText(realm, user, brief).slice(0, -1) + end)}]`);
}

/** GET users/count. Whoever may only query gets the whole number too. */
export function countUsers({ realm, rights, strict, parameters }: Admin): Reply {
  const query = queryOf(parameters, FILTERS, strict);
  return rights.queryUsers ? found(matching(realm, query).length) : refused.forbidden();
}

/** GET users/{id}. Whoever may not query users is not told which ids there are. */
export function oneUser({ rights, strict, parameters, realm }: Admin, id: string): Reply {
  queryOf(parameters, ['userProfileMetadata'], strict);
  const user = realm.findUser(id);
  if (!user) return rights.queryUsers ? refused.noUser() : refused.forbidden();
  if (!rights.viewUsers) return refused.forbidden();
  return found({ ...userRepresentation(realm, user, false), access: userAccess(rights.manageUsers) });
}

/** GET users/{id}/groups: the groups that list the user itself, by name. */
export function groupsOfUser(admin: Admin, id: string): Reply {
  const { realm, rights, strict, parameters } = admin;
  const query = queryOf(parameters, ['search', 'first', 'max', 'briefRepresentation'], strict);
  const user = realm.findUser(id);
  if (!user) return rights.queryUsers ? refused.noUser() : refused.forbidden();
  if (!rights.viewUsers) return refused.forbidden();
  const brief = query.flag('briefRepresentation') ?? true;
  const groups = groupsNamed(realm, user, query);
  const rows = page(groups, query.number('first'), query.number('max'));
  return found(rows.map((group) => groupRepresentation(group, { brief, count: false })));
}

/** GET users/{id}/groups/count */
export function countGroupsOfUser({ realm, rights, strict, parameters }: Admin, id: string): Reply {
  const query = queryOf(parameters, ['search'], strict);
  const user = realm.findUser(id);
  if (!user) return rights.queryUsers ? refused.noUser() : refused.forbidden();
  return rights.viewUsers ? found({ count: groupsNamed(realm, user, query).length }) : refused.forbidden();
}

function groupsNamed(realm: Realm, user: RealmUser, query: Query) {
  const name = query.text('search')?.toLowerCase() ?? '';
  return realm.groupsOf(user).filter((group) => group.name.toLowerCase().includes(name));
}

function matching(realm: Realm, query: Query): readonly RealmUser[] {
  const people = () => realm.users().filter((user) => user.serviceAccountOf === undefined);
  const search = query.text('search');
  if (search !== null) {
    if (search.startsWith('id:')) {
      const ids = search.slice(3).trim().split(/\s+/);
      return ids.flatMap((id) => realm.findUser(id) ?? []);
    }
    const words = search.trim().split(/\s+/).filter(Boolean).map(wordTest);
    return people().filter(
      (user) => passes(user, query, ['enabled', 'emailVerified']) && words.every((word) => word(user)),
    );
  }
  if (ATTRIBUTE_FILTERS.every((name) => query.text(name) === null)) return people();
  return realm.users().filter((user) => passes(user, query, ATTRIBUTE_FILTERS));
}

/** One word of `search`: a prefix, `"exact"`, or with `*` for anything, in the user name, the names or the mail. */
function wordTest(word: string): (user: RealmUser) => boolean {
  const exact = /^"(.*)"$/.exec(word)?.[1];
  const pattern = (exact ?? `${word.replace(/\*$/, '')}*`)
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const test = new RegExp(`^${pattern.join('.*')}$`, 'iu');
  return (user) =>
    [user.username, user.email, user.firstName, user.lastName].some((value) => value !== undefined && test.test(value));
}

function passes(user: RealmUser, query: Query, filters: readonly string[]): boolean {
  const exact = query.flag('exact') ?? false;
  return filters.every((name) => {
    const wanted = query.text(name);
    if (wanted === null) return true;
    if (name === 'username' || name === 'email' || name === 'firstName' || name === 'lastName') {
      const value = (user[name] ?? '').toLowerCase();
      return exact ? value === wanted.toLowerCase() : value.includes(wanted.toLowerCase());
    }
    if (name === 'enabled' || name === 'emailVerified') return user[name] === query.flag(name);
    if (name === 'q') return pairs(wanted).every(([key, value]) => user.attributes[key]?.includes(value));
    // Nobody in the emulated realm comes through an identity broker.
    return name === 'exact';
  });
}
