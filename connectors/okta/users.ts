import type { Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { Refusal } from '../http/errors.ts';
import { BAD_SEARCH, INVALID, says } from './errors.ts';
import { type Rows, walk } from './lists.ts';
import { type Org, USERS } from './org.ts';
import { fieldsFor } from './read.ts';

/** The most that Okta gives on a page of users. */
const SIZES = [200] as const;

/**
 * Everybody, the deactivated too, whom a list without a filter leaves out. And from the org's primary data: a search
 * asks an index that is behind (the vendor's reference, listUsers).
 */
const EVERYBODY = 'lastUpdated gt "1970-01-01T00:00:00.000Z"';
const DEACTIVATED = 'status eq "DEPROVISIONED"';

/** So long before the first page, in ms, a change counts as one that a walk may have missed. */
const BEFORE = 60_000;

/** How users are asked for; what an org refuses is left out from then on. */
export interface UserWalk {
  fields?: string;
  /** Whether the org takes a filter by date. */
  filters: boolean;
}

export function userWalk(want: Want): UserWalk {
  // A name with other letters would be read as a part of the syntax.
  const plain = want.users.every((name) => /^[\w-]+$/.test(name));
  return { filters: true, ...(plain ? { fields: fieldsFor(want.users) } : {}) };
}

/** Every user of the org, by pages. */
export async function* everybody(
  org: Org,
  how: UserWalk,
  signal: AbortSignal,
  { source, log }: Pick<Surroundings, 'source' | 'log'>,
): AsyncGenerator<Rows> {
  let begun = false;
  try {
    for await (const rows of filtered(org, how, EVERYBODY, signal)) {
      begun = true;
      yield rows;
    }
  } catch (error) {
    // In mid-list it is a cursor that is refused, again and again.
    if (begun || !refusesFilter(error)) throw error;
    how.filters = false;
    log.warn({ source }, `${error.message} Users are listed without it, and the deactivated apart.`);
    yield* filtered(org, how, undefined, signal);
    yield* filtered(org, how, DEACTIVATED, signal);
  }
}

/**
 * Who changed while everybody was listed: such a user may have stood on no page, or on one as it was before.
 * @param since when the first page was given, by the server's clock
 */
export async function* meanwhile(org: Org, how: UserWalk, since: number, signal: AbortSignal): AsyncGenerator<Rows> {
  if (how.filters) yield* filtered(org, how, `lastUpdated ge "${new Date(since - BEFORE).toISOString()}"`, signal);
}

async function* filtered(
  org: Org,
  how: UserWalk,
  filter: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Rows> {
  for (;;) {
    const { fields } = how;
    const query = { ...(filter === undefined ? {} : { filter }), ...(fields === undefined ? {} : { fields }) };
    let begun = false;
    try {
      const begin = (asked: typeof USERS, limit: number) => org.users(asked, { ...query, limit }, signal);
      for await (const rows of walk(org, { asked: USERS, sizes: SIZES, begin }, signal)) {
        begun = true;
        yield rows;
      }
      return;
    } catch (error) {
      // An org that cannot leave out the rest shows all of a user.
      if (begun || fields === undefined || !says(error, 400, INVALID)) throw error;
      delete how.fields;
    }
  }
}

const refusesFilter = (error: unknown): error is Refusal =>
  error instanceof Refusal && (says(error, 400, BAD_SEARCH) || says(error, 400, INVALID));
