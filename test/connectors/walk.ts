import type { Member, SourceGroup } from '../../src/model/group.ts';
import type { Counts, Listing } from '../../src/model/snapshot.ts';
import type { SourceUser } from '../../src/model/user.ts';

/** Everything that a listing gave, by id. */
export interface Walked {
  users: Map<string, SourceUser>;
  groups: Map<string, SourceGroup>;
  /** By the group's id: `user <id>`, `group <id>`, `other <id>` or `everyone`, in order of text. */
  members: Map<string, string[]>;
  unread: Map<string, string>;
  gone: Set<string>;
  /** Groups of which only was said that nobody joined or left. */
  same: Set<string>;
  counts: Counts;
}

/** Walks a listing to its end, and throws where it breaks what every listing promises. */
export async function walk(listing: Listing): Promise<Walked> {
  const users = new Map<string, SourceUser>();
  const groups = new Map<string, SourceGroup>();
  const open = new Map<string, string[]>();
  const members = new Map<string, string[]>();
  const unread = new Map<string, string>();
  const gone = new Set<string>();
  const same = new Set<string>();
  for await (const batch of listing.items) {
    for (const item of batch) {
      if ('user' in item) users.set(item.user.id, item.user);
      else if ('group' in item) groups.set(item.group.id, item.group);
      else if ('unread' in item) unread.set(item.unread, item.why);
      else if ('gone' in item) gone.add(item.gone);
      else if ('sameMembers' in item) same.add(item.sameMembers);
      else if ('goneUser' in item || 'unclear' in item) throw new Error('only a listing of changes tells this');
      else {
        if (members.has(item.membersOf)) throw new Error(`the members of ${item.membersOf} came after their last list`);
        const so = [...(open.get(item.membersOf) ?? []), ...item.list.map(written)];
        if (item.last) members.set(item.membersOf, so.sort());
        else open.set(item.membersOf, so);
      }
    }
  }
  for (const id of groups.keys()) {
    const answers = [members.has(id), unread.has(id), gone.has(id), same.has(id)].filter(Boolean).length;
    if (answers !== 1) throw new Error(`group ${id} has ${answers} answers about its members`);
  }
  return { users, groups, members, unread, gone, same, counts: listing.end().counts };
}

export const written = (member: Member): string =>
  member.kind === 'everyone' ? 'everyone' : `${member.kind} ${member.id}`;
