import type { Count, Item, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import { idOf, readUser } from './read.ts';
import type { Realm } from './realm.ts';

const PAGE = 1000;
/** Rows that each page shares with the one before: so many users may be deleted in between, and it still joins on. */
const OVERLAP = 20;

/**
 * Walks the users of a realm, a page a batch. Keycloak pages by offset, so a user who is made or deleted meanwhile
 * shifts the rest: each page begins some rows early, with a row of the one before, which proves that nobody was
 * skipped. A walk without that proof, or with fewer than Keycloak counts, is made once more; fewer still is a failure.
 */
export async function* walkUsers(
  realm: Realm,
  want: Want,
  signal: AbortSignal,
  { source, log }: Pick<Surroundings, 'source' | 'log'>,
): AsyncGenerator<readonly Item[], Count> {
  let before = await realm.countUsers(signal);
  for (let again = true; ; again = false) {
    const { listed, shifted } = yield* walk(realm, want, signal, before);
    const after = await realm.countUsers(signal);
    const least = Math.min(before, after);
    const figures = { source, listed, before, after };
    if (again && (shifted || listed < least)) {
      log.warn(figures, 'the users changed while they were listed: listing once more');
      before = after;
      continue;
    }
    if (listed < least) throw fewer(source, 'users', listed, least);
    if (listed > Math.max(before, after)) log.warn(figures, 'Keycloak listed more users than it counts');
    return { listed, expected: Math.min(listed, after) };
  }
}

async function* walk(
  realm: Realm,
  want: Want,
  signal: AbortSignal,
  count: number,
): AsyncGenerator<readonly Item[], { listed: number; shifted: boolean }> {
  let listed = 0;
  let shifted = false;
  /** The ids of the page before, where it was a full one. */
  let known = new Set<string | null>();
  for (let first = 0; ; first += PAGE) {
    const overlap = known.size > 0 ? OVERLAP : 0;
    const page = await realm.users(first - overlap, PAGE + overlap, signal);
    if (overlap > 0 && !(page[0] && known.has(idOf(page[0])))) shifted = true;
    const rows = page.filter((json) => !known.has(idOf(json)));
    if (rows.length === 0) return { listed, shifted };
    yield rows.map((json) => ({ user: userOf(json, want, realm) }));
    listed += rows.length;
    const full = page.length === PAGE + overlap;
    // A short page alone is no end: the server filters after it pages. Together with its count it is one.
    if (!full && listed === count) return { listed, shifted };
    known = new Set(full ? page.map(idOf) : []);
  }
}

function userOf(json: Parameters<typeof readUser>[0], want: Want, realm: Realm) {
  const user = readUser(json, want.users);
  if (!user) throw realm.fail('the users', json, 'users with an id and a user name');
  return user;
}

export function fewer(source: string, what: string, listed: number, count: number): FetchFailure {
  return new FetchFailure(
    'incomplete',
    `Source "${source}": Keycloak listed ${listed} ${what} and counts ${count}, twice. Nothing was taken from this listing. Give the client the role view-users for the whole realm; if it has it, look at Keycloak's log.`,
  );
}
