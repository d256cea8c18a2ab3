import type { Member } from '../../src/model/group.ts';
import type { Item } from '../../src/model/snapshot.ts';
import { Refusal } from '../http/errors.ts';
import type { Json } from '../http/pages.ts';
import { FORBIDDEN, GROUP_NOT_FOUND, says } from './errors.ts';
import { idOf } from './read.ts';
import type { Realm } from './realm.ts';

/** Members in one item. */
const CHUNK = 10_000;

/**
 * The direct members of one group: its users, and its child groups. Asked for without a limit, since a page that came
 * short would not prove an end. A group that Keycloak itself says is gone is `gone`; one that it does not let us read, or
 * that has a member without an id, is `unread`; anything else that goes wrong is thrown.
 */
export async function* readMembers(
  realm: Realm,
  id: string,
  children: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<readonly Item[]> {
  const answer = await ask(realm, id, signal);
  if ('instead' in answer) {
    yield [answer.instead];
    return;
  }
  const list: Member[] = [];
  for (const json of answer.users) {
    const user = idOf(json);
    if (user === null) {
      // Whoever it is must not lose the place, and nobody else is to wait for it.
      yield [{ unread: id, why: 'Keycloak lists a member without an id' }];
      return;
    }
    // Servers of today do not mark service accounts here; they are users whom the listing of users does not have.
    list.push({ kind: json.serviceAccountClientId ? 'other' : 'user', id: user });
  }
  for (const child of children) list.push({ kind: 'group', id: child });
  for (let from = 0; from === 0 || from < list.length; from += CHUNK)
    yield [{ membersOf: id, list: list.slice(from, from + CHUNK), last: from + CHUNK >= list.length }];
}

async function ask(
  realm: Realm,
  id: string,
  signal: AbortSignal,
): Promise<{ users: readonly Json[] } | { instead: Item }> {
  for (let again = true; ; again = false) {
    try {
      return { users: await realm.members(id, -1, signal) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const answer = error.answer();
      if (answer.status === 403 && says(answer, FORBIDDEN))
        return {
          instead: { unread: id, why: 'Keycloak does not let the client read the members of this group (403).' },
        };
      if (answer.status !== 404 || !says(answer, GROUP_NOT_FOUND)) throw error;
      if (await isGone(realm, id, signal)) return { instead: { gone: id } };
      // It is there after all: asked once more, and then the first answer stands.
      if (!again) throw error;
    }
  }
}

async function isGone(realm: Realm, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await realm.group(id, signal);
    return false;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404 && says(error.answer(), GROUP_NOT_FOUND)) return true;
    throw error;
  }
}
