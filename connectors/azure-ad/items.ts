import type { Item } from '../../src/model/snapshot.ts';
import type { Members } from './members.ts';

/** Members in one item. */
const CHUNK = 10_000;

/** What became of a group's members, as a listing tells it. */
export function itemsOf(members: Members): Item[] {
  const { group } = members;
  if ('gone' in members) return [{ gone: group }];
  if ('unread' in members) return [{ unread: group, why: members.unread }];
  const { list } = members;
  const items: Item[] = [];
  for (let from = 0; from === 0 || from < list.length; from += CHUNK)
    items.push({ membersOf: group, list: list.slice(from, from + CHUNK), last: from + CHUNK >= list.length });
  return items;
}
