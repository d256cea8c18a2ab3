import type { Count, Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import { merge, sideBySide, walkedOnce } from '../http/streams.ts';
import { itemsOf } from '../member-items.ts';
import { type Directory, GROUPS, USERS, WIDTH } from './directory.ts';
import { grant } from './errors.ts';
import { SIZES, walk } from './lists.ts';
import { membersOf } from './members.ts';
import { groupFields, readGroup, readUser, userFields } from './read.ts';
import { type GoogleWorkspaceConfig, partsOf } from './schema.ts';

/** So many groups are named in a line of the log. */
const SHOWN = 5;

/** Walks a whole directory: the users, and beside them the groups and then their members. Google counts nobody. */
export function listDirectory(
  directory: Directory,
  config: GoogleWorkspaceConfig,
  want: Want,
  signal: AbortSignal,
  { source, log }: Surroundings,
): Listing {
  const parts = partsOf(config);
  const counts: { users?: Count; groups?: Count } = {};
  let ended = false;

  async function* items(): AsyncGenerator<readonly Item[]> {
    signal.throwIfAborted();
    // Ends what is still under way when one of the two streams fails, or nobody reads on.
    const stop = new AbortController();
    const cancel = () => stop.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      yield* merge([users(stop.signal), groups(stop.signal)]);
      ended = true;
    } finally {
      signal.removeEventListener('abort', cancel);
      stop.abort();
    }
  }

  async function* users(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    const shape = { ...userFields(want.users), maxResults: SIZES.users, query: config.userQuery };
    let all = 0;
    for (const part of parts) {
      let listed = 0;
      const pages = walk(directory, USERS, (pageToken) =>
        directory.users({ what: USERS }, part, { ...shape, pageToken }, until),
      );
      for await (const { rows, first } of pages) {
        listed = first ? rows.length : listed + rows.length;
        yield rows.map((json): Item => {
          const user = readUser(json, want.users);
          if (!user) throw directory.fail(USERS, json, 'users with an id and an address');
          return { user };
        });
      }
      all += listed;
    }
    counts.users = { listed: all, expected: null };
  }

  async function* groups(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    /** How many members Google counts, by the group's id. */
    const counted = new Map<string, number>();
    const fields = [...new Set([...groupFields(want.groups).split(','), 'directMembersCount'])].join(',');
    const query = { fields, maxResults: SIZES.groups, query: config.groupQuery };
    for (const part of parts) {
      const pages = walk(directory, GROUPS, (pageToken) =>
        directory.groups({ what: GROUPS }, part, { ...query, pageToken }, until),
      );
      for await (const { rows } of pages)
        yield rows.map((json): Item => {
          const group = readGroup(json, want.groups);
          if (!group) throw directory.fail(GROUPS, json, 'groups with an id and an address');
          counted.set(group.id, Number(json.directMembersCount ?? 0));
          return { group };
        });
    }
    counts.groups = { listed: counted.size, expected: null };

    const refused: string[] = [];
    const short: string[] = [];
    yield* sideBySide(counted, WIDTH, async function* ([id, count]: [string, number]) {
      const members = await membersOf(directory, id, until);
      if ('unread' in members) refused.push(id);
      if ('list' in members && members.list.length < count) short.push(id);
      yield itemsOf(id, members);
    });
    if (short.length > 0)
      // Which kinds of member it counts Google leaves open, and it may be behind: worth a line, and no failure.
      log.warn(
        { source, groups: short.length, such: short.slice(0, SHOWN) },
        'Google listed fewer members of groups than it counts: its counts may be behind',
      );
    if (refused.length > 0 && refused.length === counted.size) throw noneReadable(counted.size);
  }

  function noneReadable(groups: number): FetchFailure {
    return new FetchFailure(
      'permission',
      `Source "${source}": Google does not let ${config.subject ?? directory.where.email} read the members of any of its ${groups} groups. ${grant(directory.where, GROUPS)}`,
    );
  }

  return {
    absence: 'vanished',
    items: walkedOnce(items),
    end: () => {
      const { users, groups } = counts;
      if (!ended || !users || !groups) throw new Error('the listing was not walked to its end');
      return { counts: { users, groups } };
    },
  };
}
