import type { Count, Item, Listing, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import type { Json } from '../http/pages.ts';
import { merge, sideBySide, walkedOnce } from '../http/streams.ts';
import { itemsOf } from '../member-items.ts';
import { groupsOf, type Listed, seesEveryone } from './groups.ts';
import { EVERYONE, membersOf, type Sizing, WIDTH } from './members.ts';
import { type Org, USERS } from './org.ts';
import { type Position, toCursor } from './position.ts';
import { isEveryone, madeAt, readUser } from './read.ts';
import { type OktaConfig, statusesOf } from './schema.ts';
import { everybody, meanwhile, userWalk } from './users.ts';

/** What one listing is made with. */
export interface Reading {
  org: Org;
  config: OktaConfig;
  surroundings: Surroundings;
}

/** So long before the groups were listed, in ms, a membership that changed may change again without another date. */
const DIRTY = 60_000;

/**
 * Walks a whole org: the users, and beside them the groups and then their members. At the end, whoever changed meanwhile.
 * @param since what an earlier listing found: groups in which nobody joined or left since then are not asked for members
 * @param last the same, of a listing that asks for all members anyway
 */
export function listOrg(
  { org, config, surroundings }: Reading,
  want: Want,
  signal: AbortSignal,
  since?: Position,
  last: Position | null = since ?? null,
): Listing {
  const { source, log } = surroundings;
  const statuses = statusesOf(config);
  const how = userWalk(want);
  const users = new Set<string>();
  const groups = new Map<string, Listed>();
  const marks = new Map<string, string>();
  let began: number | undefined;
  let everyone = false;
  let ended = false;

  async function* items(): AsyncGenerator<readonly Item[]> {
    signal.throwIfAborted();
    // Ends what is still under way when one of the two streams fails, or nobody reads on.
    const stop = new AbortController();
    const cancel = () => stop.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      yield* merge([listUsers(stop.signal), listGroups(stop.signal)]);
      const changed = began === undefined ? [] : meanwhile(org, how, began, stop.signal);
      for await (const { rows } of changed) yield rows.map(toItem);
      ended = true;
    } finally {
      signal.removeEventListener('abort', cancel);
      stop.abort();
    }
  }

  async function* listUsers(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    for await (const { rows, at } of everybody(org, how, until, surroundings)) {
      began = Math.min(began ?? at, at);
      yield rows.map(toItem);
    }
  }

  const toItem = (json: Json): Item => {
    const user = readUser(json, want.users, statuses);
    if (!user) throw org.fail(USERS.what, json, 'users with an id and a login');
    users.add(user.id);
    return since ? { user, elder: madeAt(json) < since.at - DIRTY } : { user };
  };

  async function* listGroups(until: AbortSignal): AsyncGenerator<readonly Item[]> {
    let listedAt: number | undefined;
    for await (const page of groupsOf(org, config.groupTypes, want, until)) {
      listedAt = Math.min(listedAt ?? page.at, page.at);
      for (const listed of page.groups) groups.set(listed.group.id, listed);
      yield page.groups.map(({ group }): Item => ({ group }));
    }
    await wholeOrg(until);
    const dirty = (listedAt ?? 0) - DIRTY;
    const sizing: Sizing = { tooLarge: 0 };
    let asked = 0;
    const refused: string[] = [];
    const each = sideBySide([...groups.values()], WIDTH, async function* ({ group, mark }: Listed) {
      const { id } = group;
      if (isEveryone(group)) {
        yield itemsOf(id, EVERYONE);
        return;
      }
      // It may move once more within the second that it shows, and the clocks of several servers differ.
      const settled = mark !== null && Date.parse(mark) < dirty ? mark : undefined;
      if (settled !== undefined && since?.marks.get(id) === settled) {
        marks.set(id, settled);
        yield [{ sameMembers: id }];
        return;
      }
      asked += 1;
      const members = await membersOf(org, id, sizing, until);
      if ('unread' in members) refused.push(members.unread);
      else if ('list' in members && settled !== undefined) marks.set(id, settled);
      yield itemsOf(id, members);
    });
    yield* each;
    if (!since && refused[0] !== undefined && refused.length === asked)
      throw new FetchFailure('permission', refused[0]);
  }

  /**
   * The group of everybody is there for whoever may see the whole org; a group administrator does not see it. Who saw it
   * before and does not any more sees less, and Okta may say of whom it hides that they are not there.
   */
  async function wholeOrg(until: AbortSignal): Promise<void> {
    everyone = config.groupTypes.includes('BUILT_IN')
      ? [...groups.values()].some(({ group }) => isEveryone(group))
      : await seesEveryone(org, until);
    if (everyone) return;
    if (last?.everyone) throw narrowed(source);
    log.warn(
      { source },
      'Okta does not list the group Everyone: the role of the credentials does not see the whole org.',
    );
  }

  return {
    absence: 'vanished',
    items: walkedOnce(items),
    end: () => {
      if (!ended) throw new Error('the listing was not walked to its end');
      const count = (listed: number): Count => ({ listed, expected: null });
      const position = { at: began ?? 0, types: config.groupTypes, everyone, marks };
      return { counts: { users: count(users.size), groups: count(groups.size) }, cursor: toCursor(position) };
    },
  };
}

function narrowed(source: string): FetchFailure {
  return new FetchFailure(
    'permission',
    `Source "${source}": Okta does not list the group Everyone any more, so that the credentials see a part of the org only, and nothing was taken from this listing. Give them the role Read-Only Administrator again; if they are meant to see less, let one pass run with --full.`,
  );
}
