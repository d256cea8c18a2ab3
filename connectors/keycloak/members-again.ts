import { Failure } from '../../src/model/failure.ts';
import type { Member } from '../../src/model/group.ts';
import type { Found } from '../../src/model/snapshot.ts';
import { sideBySide } from '../http/streams.ts';
import { readMembers } from './members.ts';
import { idOf } from './read.ts';
import type { Realm } from './realm.ts';

const WIDTH = 4;

/** Reads the direct members of single groups, users and child groups; a group that cannot be read is unknown. */
export function membersAgain(
  realm: Realm,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncIterable<Found<readonly Member[]>> {
  return sideBySide(ids, WIDTH, async function* (id) {
    try {
      yield await read(realm, id, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      yield { id, is: 'unknown', why: error.message };
    }
  });
}

async function read(realm: Realm, id: string, signal: AbortSignal): Promise<Found<readonly Member[]>> {
  const record: Member[] = [];
  // Its users first: they tell a group that is gone from one that cannot be read.
  for await (const items of readMembers(realm, id, [], signal)) {
    for (const item of items) {
      if ('gone' in item) return { id, is: 'absent' };
      if ('unread' in item) return { id, is: 'unknown', why: item.why };
      if ('membersOf' in item) record.push(...item.list);
    }
  }
  for (const child of await realm.children(id, 0, -1, true, signal)) {
    const group = idOf(child);
    if (group !== null) record.push({ kind: 'group', id: group });
  }
  return { id, is: 'present', record };
}
