import type { Ask } from './ask.ts';
import { type Field, filterOf } from './filter.ts';
import type { OrgGroup, OrgUser } from './kinds.ts';
import type { Past } from './past.ts';
import type { Query } from './query.ts';

type Fields<T> = Readonly<Record<string, Field<T>>>;

const EQ = ['eq'];
const ORDER = ['eq', 'gt', 'ge', 'lt', 'le'];
const SEARCH = ['eq', 'sw', 'pr', 'gt', 'ge', 'lt', 'le'];

const date = <T>(get: (item: T) => number | null, operators: readonly string[] = ORDER): Field<T> => ({
  get,
  operators,
  date: true,
});

/** What `filter` takes: what the vendor's description names, and nothing else. */
export const userFilter: Fields<OrgUser> = {
  id: { get: ({ id }) => id, operators: EQ },
  status: { get: ({ status }) => status, operators: EQ },
  lastUpdated: date(({ lastUpdated }) => lastUpdated),
  'profile.login': { get: ({ profile }) => profile.login, operators: EQ },
  'profile.email': { get: ({ profile }) => profile.email, operators: EQ },
  'profile.firstName': { get: ({ profile }) => profile.firstName, operators: EQ },
  'profile.lastName': { get: ({ profile }) => profile.lastName, operators: EQ },
};

export const groupFilter: Fields<OrgGroup> = {
  id: { get: ({ id }) => id, operators: EQ },
  type: { get: ({ type }) => type, operators: EQ },
  lastUpdated: date(({ lastUpdated }) => lastUpdated),
  lastMembershipUpdated: date(({ lastMembershipUpdated }) => lastMembershipUpdated),
};

const searchDates = [...ORDER, 'pr'];

/** What `search` takes beside any attribute of the profile. */
export const userSearch: Fields<OrgUser> = {
  id: { get: ({ id }) => id, operators: SEARCH },
  status: { get: ({ status }) => status, operators: SEARCH },
  'type.id': { get: () => 'otynwlw0pkLLUgtNG5d7', operators: EQ },
  created: date(({ created }) => created, searchDates),
  activated: date(({ activated }) => activated, searchDates),
  statusChanged: date(({ statusChanged }) => statusChanged, searchDates),
  lastUpdated: date(({ lastUpdated }) => lastUpdated, searchDates),
};

export const groupSearch: Fields<OrgGroup> = {
  id: { get: ({ id }) => id, operators: SEARCH },
  type: { get: ({ type }) => type, operators: SEARCH },
  'source.id': { get: ({ source }) => source, operators: EQ },
  created: date(({ created }) => created, searchDates),
  lastUpdated: date(({ lastUpdated }) => lastUpdated, searchDates),
  lastMembershipUpdated: date(({ lastMembershipUpdated }) => lastMembershipUpdated, searchDates),
};

/** `co` is for names and addresses only. */
const CONTAINED = ['firstName', 'lastName', 'email', 'login', 'name', 'description'];

type Profiled = { readonly profile: Readonly<Record<string, unknown>> };

function searched<T extends Profiled>(fields: Fields<T>, name: string): Field<T> | null {
  if (Object.hasOwn(fields, name)) return fields[name] ?? null;
  const attribute = /^profile\.([\w-]+)$/.exec(name)?.[1];
  if (attribute === undefined) return null;
  // Values of a profile are texts, numbers, booleans and lists of them; its type says no less.
  const get = ({ profile }: T) => profile[attribute] as ReturnType<Field<T>['get']>;
  return { get, operators: CONTAINED.includes(attribute) ? [...SEARCH, 'co'] : SEARCH };
}

export function filtered<T>(text: string, fields: Fields<T>): (item: T) => boolean {
  const field = (name: string) => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : null);
  return filterOf(text, { field, caseSensitive: true });
}

/**
 * What a search finds, in its order: of the directory as it was a while ago, because an index is behind.
 * @throws Refusal
 */
export function search<T extends Profiled & { readonly order: number; readonly id: string }>(
  ask: Ask,
  { values }: Query,
  from: { fields: Fields<T>; now: readonly T[]; past: Past<T> },
): T[] {
  const { searchLag } = ask.settings;
  const all = searchLag > 0 ? from.past.all(from.now, ask.now - searchLag) : [...from.now];
  const test = filterOf<T>(values.get('search') ?? '', {
    field: (name) => searched(from.fields, name),
    caseSensitive: false,
  });
  const hits = all.filter(test);
  const by = values.get('sortBy');
  const key = by === undefined ? null : searched(from.fields, by);
  if (!key) return hits.sort((a, b) => a.order - b.order);
  const direction = values.get('sortOrder')?.toLowerCase() === 'desc' ? -1 : 1;
  const text = (item: T) => String([key.get(item)].flat()[0] ?? '');
  return hits.sort((a, b) => direction * text(a).localeCompare(text(b)) || (a.id < b.id ? -1 : 1));
}
