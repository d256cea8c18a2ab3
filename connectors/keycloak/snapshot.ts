import type { Count, Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import { merge, sideBySide, walkedOnce } from '../http/streams.ts';
import { readTree } from './groups.ts';
import { readMembers } from './members.ts';
import type { Realm } from './realm.ts';
import { walkUsers } from './users.ts';

/** Groups whose members are asked for at once; each is a query on the database that also serves the logins. */
const WIDTH = 4;
/** Groups in one batch. */
const BATCH = 1000;

/** Walks a whole realm: the users, and beside them the groups and then their members. */
export function listRealm(realm: Realm, want: Want, signal: AbortSignal, surroundings: Surroundings): Listing {
  const counts: { users?: Count; groups?: Count } = {};

  async function* items(): AsyncGenerator<readonly Item[]> {
    signal.throwIfAborted();
    // Ends what is still under way when one of the two streams fails, or nobody reads on.
    const stop = new AbortController();
    const cancel = () => stop.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const proven = await realm.mayViewUsers(stop.signal);
      yield* merge([users(stop.signal), groups(stop.signal)]);
      if (proven === null && counts.users?.listed === 0) throw unproven(surroundings.source);
    } finally {
      signal.removeEventListener('abort', cancel);
      stop.abort();
    }
  }

  async function* users(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    counts.users = yield* walkUsers(realm, want, until, surroundings);
  }

  async function* groups(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    const tree = await readTree(realm, want, until, surroundings);
    const ids = tree.groups.map(({ id }) => id);
    for (let from = 0; from < tree.groups.length; from += BATCH)
      yield tree.groups.slice(from, from + BATCH).map((group) => ({ group }));
    tree.groups.length = 0;
    let unread = 0;
    const members = sideBySide(ids, WIDTH, (id) => readMembers(realm, id, tree.children.get(id) ?? [], until));
    for await (const batch of members) {
      unread += batch.filter((item) => 'unread' in item).length;
      yield batch;
    }
    if (ids.length > 0 && unread === ids.length) throw noneReadable(surroundings.source, ids.length);
    counts.groups = tree.count;
  }

  return {
    absence: 'vanished',
    items: walkedOnce(items),
    end: () => {
      const { users, groups } = counts;
      if (!users || !groups) throw new Error('the listing was not walked to its end');
      return { counts: { users, groups } };
    },
  };
}

/** An empty realm and a missing permission look alike but for the proof, which did not get through. */
function unproven(source: string): FetchFailure {
  return new FetchFailure(
    'permission',
    `Source "${source}": Keycloak lists no user, and whether the client may see users could not be found out. Let requests below /admin/realms/…/attack-detection/brute-force/users/ through to Keycloak.`,
  );
}

function noneReadable(source: string, groups: number): FetchFailure {
  return new FetchFailure(
    'permission',
    `Source "${source}": Keycloak does not let the client read the members of any of its ${groups} groups. Give its service account the role view-users.`,
  );
}
