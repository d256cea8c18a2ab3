import type { Reply } from '../reply.ts';
import { type Ask, found } from './ask.ts';
import type { Directory } from './directory.ts';
import { refuse } from './errors.ts';
import { memberId, readable } from './groups.ts';
import type { DirectoryGroup, Membership } from './kinds.ts';
import { page } from './list.ts';
import type { Place } from './listing.ts';
import type { Allowed } from './parameters.ts';
import { representMember } from './represent.ts';

export const membersParameters: Allowed = {
  // As for groups: more is cut without a word.
  maxResults: { most: 200, cut: true },
  pageToken: 'text',
  roles: 'text',
  includeDerivedMembership: 'boolean',
};

const ROLES = ['OWNER', 'MANAGER', 'MEMBER'];

/** GET groups/{groupKey}/members: the direct ones; with includeDerivedMembership those of nested groups too. */
export function listMembers(ask: Ask, [key = '']: readonly string[]): Reply {
  const { directory, parameters } = ask;
  const group = readable(ask, key);
  const roles =
    parameters
      .text('roles')
      ?.split(',')
      .map((role) => role.trim().toUpperCase()) ?? ROLES;
  if (!roles.every((role) => ROLES.includes(role))) throw refuse.input('roles');
  const all = parameters.flag('includeDerivedMembership') ? derived(directory, group) : directory.membersOf(group);
  return page(ask, {
    places: all.map(place),
    test: ({ role }) => roles.includes(role),
    row: representMember,
    name: 'members',
    usual: 200,
  });
}

/** GET groups/{groupKey}/members/{memberKey}: a direct member. */
export function oneMember(ask: Ask, [groupKey = '', key = '']: readonly string[]): Reply {
  const group = readable(ask, groupKey);
  const membership = group.members.get(memberId(ask.directory, key) ?? key);
  if (!membership) throw refuse.missing('memberKey');
  return found(ask, { ...representMember(membership), delivery_settings: 'ALL_MAIL' });
}

/** GET groups/{groupKey}/hasMember/{memberKey}: direct or nested, but of this account's people only. */
export function hasMember(ask: Ask, [groupKey = '', key = '']: readonly string[]): Reply {
  const group = readable(ask, groupKey);
  const user = ask.directory.findUser(key);
  if (!user) throw refuse.input('memberKey');
  const all = derived(ask.directory, group);
  const isMember = all.some(({ member }) => member.id === user.id || member.kind === 'customer');
  return found(ask, { isMember });
}

const place = (object: Membership): Place<Membership> => ({ key: String(object.order).padStart(12, '0'), object });

/** Members of the group and of the groups in it, each once, in the order of joining. */
function derived(directory: Directory, group: DirectoryGroup): Membership[] {
  const found = new Map<string, Membership>();
  const waiting = [group];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    for (const membership of directory.membersOf(at)) {
      const { member } = membership;
      if (found.has(member.id)) continue;
      found.set(member.id, membership);
      if (member.kind === 'group') waiting.push(member);
    }
  }
  return [...found.values()].sort((a, b) => a.order - b.order);
}
