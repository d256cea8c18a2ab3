import type { Reply } from '../reply.ts';
import { type Ask, domainOf, found, may } from './ask.ts';
import type { Directory } from './directory.ts';
import { refuse } from './errors.ts';
import type { DirectoryGroup } from './kinds.ts';
import { page } from './list.ts';
import type { Allowed } from './parameters.ts';
import { representGroup } from './represent.ts';
import { clausesOf, matches } from './search.ts';

export const groupsParameters: Allowed = {
  customer: 'text',
  domain: 'text',
  userKey: 'text',
  // More than 200 is 200, without a word; the vendor's description has no maximum here, as it has for users.
  maxResults: { most: 200, cut: true },
  pageToken: 'text',
  query: 'text',
  orderBy: ['email'],
  sortOrder: ['ASCENDING', 'DESCENDING'],
};

/** GET groups: of the account, of a domain, or those that a user is a direct member of. */
export function listGroups(ask: Ask): Reply {
  const { directory, parameters } = ask;
  if (!may(ask, 'GROUPS_RETRIEVE')) throw refuse.forbidden();
  const userKey = parameters.text('userKey');
  if (userKey !== null && parameters.text('customer') !== null) throw refuse.bad();
  const domain = userKey !== null && parameters.text('domain') === null ? null : domainOf(ask);
  const tests = [searchOf(parameters.text('query'), directory)];
  if (userKey !== null) tests.push(withMember(memberId(directory, userKey), 'userKey'));
  const reverse = parameters.text('orderBy') !== null && parameters.text('sortOrder') === 'DESCENDING';
  const places = directory.listedGroups();
  return page(ask, {
    places: reverse ? [...places].reverse() : places,
    reverse,
    test: (group) => (domain === null || group.email.endsWith(`@${domain}`)) && tests.every((test) => test(group)),
    row: (group) => representGroup(group, directory),
    name: 'groups',
    usual: 200,
  });
}

/** GET groups/{groupKey}, by id, address or alias. */
export function oneGroup(ask: Ask, [key = '']: readonly string[]): Reply {
  return found(ask, representGroup(readable(ask, key), ask.directory));
}

/** @throws Refusal where there is no such group, or it may not be seen */
export function readable(ask: Ask, key: string): DirectoryGroup {
  if (!may(ask, 'GROUPS_RETRIEVE')) throw refuse.forbidden();
  const group = ask.directory.findGroup(key);
  if (!group) throw refuse.missing('groupKey');
  return group;
}

/** The id of anybody who may be in a group. */
export const memberId = (directory: Directory, key: string): string | undefined =>
  (directory.findUser(key) ?? directory.findGroup(key) ?? directory.findOutsider(key))?.id;

/** The fields of a search for groups; a member goes with no other (…/directory/v1/guides/search-groups). */
function searchOf(query: string | null, directory: Directory): (group: DirectoryGroup) => boolean {
  const clauses = query === null ? [] : clausesOf(query);
  const tests = clauses.map((clause): ((group: DirectoryGroup) => boolean) => {
    const { field, operator, value, prefix } = clause;
    if (field === 'memberKey' && operator === '=' && !prefix && clauses.length === 1) {
      return withMember(memberId(directory, value), 'memberKey');
    }
    const readable = (field === 'email' || field === 'name') && (prefix ? operator === ':' : operator === '=');
    if (!readable || value === '') throw refuse.input('query');
    const begins = (text: string) => text.toLowerCase().startsWith(value.toLowerCase());
    return ({ email, aliases, properties }) => {
      const texts = field === 'email' ? [email, ...aliases] : [properties.name ?? ''];
      return prefix ? texts.some(begins) : matches(clause, texts);
    };
  });
  return (group) => tests.every((test) => test(group));
}

function withMember(id: string | undefined, name: string): (group: DirectoryGroup) => boolean {
  if (id === undefined) throw refuse.missing(name);
  return ({ members }) => members.has(id);
}
