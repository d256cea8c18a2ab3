import type { Member } from '../src/model/group.ts';
import type { Item } from '../src/model/snapshot.ts';

/** What became of the members of one group: all of them, gone with the group, or not to be read, and why. */
export type Members = { list: readonly Member[] } | { gone: true } | { unread: string };

/** Members in one item. */
const CHUNK = 10_000;

/** What became of a group's members, as a listing tells it. */
export function itemsOf(group: string, members: Members): Item[] {
  if ('gone' in members) return [{ gone: group }];
  if ('unread' in members) return [{ unread: group, why: members.unread }];
  const { list } = members;
  const items: Item[] = [];
  for (let from = 0; from === 0 || from < list.length; from += CHUNK)
    items.push({ membersOf: group, list: list.slice(from, from + CHUNK), last: from + CHUNK >= list.length });
  return items;
}
