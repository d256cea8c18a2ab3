import type { SourceGroup } from '../../src/model/group.ts';
import type { Count, Want } from '../../src/model/snapshot.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure, Refusal } from '../http/errors.ts';
import { type Json, listOf } from '../http/pages.ts';
import { GROUP_NOT_FOUND, NO_METHOD, says } from './errors.ts';
import { idOf, readGroup } from './read.ts';
import type { Realm } from './realm.ts';
import { fewer } from './users.ts';

const PAGE = 1000;

/** Every group of a realm, and which are whose children. */
export interface Tree {
  groups: SourceGroup[];
  /** By the parent's id. */
  children: ReadonlyMap<string, readonly string[]>;
  count: Count;
}

/**
 * Reads the groups of every level: in one request from servers that list them flat, else with one or more for each
 * group. Fewer than Keycloak counts is asked once more, then a failure. The groups of one realm fit in memory.
 */
export async function readTree(
  realm: Realm,
  want: Want,
  signal: AbortSignal,
  { source, log }: Pick<Surroundings, 'source' | 'log'>,
): Promise<Tree> {
  const brief = want.groups.length === 0;
  let before = await realm.countGroups(signal);
  // Once as it should be, once more because something may have changed, and then the long way.
  for (const way of [flat, flat, descend]) {
    const found = new Found(realm, want);
    await way(realm, brief, found, signal);
    const after = await realm.countGroups(signal);
    const least = Math.min(before, after);
    const figures = { source, listed: found.size, before, after };
    if (found.size >= least) {
      if (found.size > Math.max(before, after)) log.warn(figures, 'Keycloak listed more groups than it counts');
      const count = { listed: found.size, expected: Math.min(found.size, after) };
      return { groups: [...found.groups.values()], children: found.children, count };
    }
    if (way === descend) throw found.size === 0 ? hidden(source, least) : fewer(source, 'groups', found.size, least);
    log.warn(figures, 'Keycloak listed fewer groups than it counts: listing once more');
    before = after;
  }
  throw new Error('unreachable: the last way returns or throws');
}

async function flat(realm: Realm, brief: boolean, found: Found, signal: AbortSignal): Promise<void> {
  for (const json of await realm.allGroups(brief, -1, signal)) found.take(json, null);
}

/** For servers that do not list flat: from the top down, each group asked for its children. */
async function descend(realm: Realm, brief: boolean, found: Found, signal: AbortSignal): Promise<void> {
  const line = [...(await realm.topGroups(brief, signal))];
  for (const json of line) found.take(json, null);
  const asked = new Set<string>();
  // The line grows while it is walked.
  for (const json of line) {
    const id = idOf(json);
    if (id === null || asked.has(id)) continue;
    asked.add(id);
    for (const child of found.below(json)) line.push(child);
    // A server that says there are none is believed; the counts are compared in the end.
    if (json.subGroupCount === 0) continue;
    for (let first = 0, more = true; more; first += PAGE) {
      const page = await childrenOf(realm, id, first, brief, signal);
      for (const child of page) found.take(child, id);
      line.push(...page);
      more = page.length > 0;
    }
  }
}

async function childrenOf(realm: Realm, id: string, first: number, brief: boolean, signal: AbortSignal) {
  try {
    return await realm.children(id, first, PAGE, brief, signal);
  } catch (error) {
    // Gone since its parent was read, or a server before version 23, which gave the whole tree. The counts decide.
    if (error instanceof Refusal && (says(error.answer(), GROUP_NOT_FOUND) || says(error.answer(), NO_METHOD)))
      return [];
    throw error;
  }
}

/** What was found so far, each group once, however often and wherever it comes. */
class Found {
  readonly groups = new Map<string, SourceGroup>();
  readonly children = new Map<string, string[]>();
  readonly #realm: Realm;
  readonly #want: Want;

  constructor(realm: Realm, want: Want) {
    this.#realm = realm;
    this.#want = want;
  }

  get size(): number {
    return this.groups.size;
  }

  /** The group and whatever an answer has below it. `under`: the parent's id where the answer itself may not say. */
  take(json: Json, under: string | null): void {
    const group = readGroup(json, this.#want.groups);
    if (!group) throw this.#realm.fail('the groups', json, 'groups with an id and a name');
    const parent = typeof json.parentId === 'string' && json.parentId !== '' ? json.parentId : under;
    if (!this.groups.has(group.id) && parent !== null) this.#adopt(parent, group.id);
    this.groups.set(group.id, group);
    for (const child of this.below(json)) this.take(child, group.id);
  }

  /** The groups that an answer has inside another one. */
  below({ subGroups }: Json): readonly Json[] {
    return subGroups === undefined || subGroups === null ? [] : listOf(subGroups, 'the groups', this.#realm.fail);
  }

  #adopt(parent: string, child: string): void {
    const siblings = this.children.get(parent);
    if (siblings) siblings.push(child);
    else this.children.set(parent, [child]);
  }
}

function hidden(source: string, count: number): FetchFailure {
  return new FetchFailure(
    'permission',
    `Source "${source}": Keycloak counts ${count} groups and shows none of them. Give the client the role view-users; query-groups alone hides them.`,
  );
}
