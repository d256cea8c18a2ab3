import type { SourceGroup } from '../../src/model/group.ts';
import type { Want } from '../../src/model/snapshot.ts';
import { type Rows, walk } from './lists.ts';
import { GROUPS, type Org } from './org.ts';
import { isEveryone, membershipMark, readGroup } from './read.ts';
import { GROUP_TYPES, type GroupType } from './schema.ts';

/** The most that Okta gives on a page of groups, and less where that takes too long. */
const SIZES = [10_000, 1000, 200] as const;

/** One group as a listing shows it. */
export interface Listed {
  group: SourceGroup;
  /** When somebody joined or left it last, as Okta wrote it; null where it does not say. */
  mark: string | null;
}

/** The groups of some types, by pages. */
export async function* groupsOf(
  org: Org,
  types: readonly GroupType[],
  want: Want,
  signal: AbortSignal,
): AsyncGenerator<{ groups: readonly Listed[] } & Pick<Rows, 'first' | 'at'>> {
  const filter = filterFor(types);
  const begin = (asked: typeof GROUPS, limit: number) =>
    org.groups(asked, { limit, ...(filter === undefined ? {} : { filter }) }, signal);
  for await (const { rows, ...page } of walk(org, { asked: GROUPS, sizes: SIZES, begin }, signal)) {
    const groups = rows.map((json): Listed => {
      const group = readGroup(json, want.groups);
      if (!group) throw org.fail(GROUPS.what, json, 'groups with an id and a name');
      return { group, mark: membershipMark(json) };
    });
    yield { groups: groups.filter(({ group }) => isOf(types, group)), ...page };
  }
}

/** Whether the group of everybody is seen, asked for apart. */
export async function seesEveryone(org: Org, signal: AbortSignal): Promise<boolean> {
  let seen = false;
  for await (const { groups } of groupsOf(org, ['BUILT_IN'], NOTHING_MORE, signal))
    seen ||= groups.some(({ group }) => isEveryone(group));
  return seen;
}

const NOTHING_MORE: Want = { users: [], groups: [] };

/** All of them need no filter, and a type that Okta will have tomorrow comes with them. */
export function filterFor(types: readonly GroupType[]): string | undefined {
  if (GROUP_TYPES.every((type) => types.includes(type))) return undefined;
  return types.map((type) => `type eq "${type}"`).join(' or ');
}

/** Whether a group is of the types that are read. */
export const isOf = (types: readonly GroupType[], { type }: Pick<SourceGroup, 'type'>): boolean =>
  filterFor(types) === undefined || types.some((each) => each === type);
