import type { Member, SourceGroup } from '../../src/model/group.ts';
import type { Extra, SourceUser } from '../../src/model/user.ts';
import { isObject, type Json } from '../http/pages.ts';
import { extraOf, idIn, textOf } from '../values.ts';

/** Whether a user of each status is active. */
export type Statuses = Readonly<Record<string, boolean>>;

/**
 * Whether a user of each status is active, unless the configuration says otherwise (Okta's reference, User, status).
 * Who is locked out, whose password is over or being recovered still belongs to the org: signing in is impaired, as it is
 * for anybody who forgot a password. PROVISIONED is somebody whom an administrator has let in and who has not signed in
 * yet; other providers call that enabled. STAGED is somebody whom nobody has let in yet.
 */
export const STATUSES: Statuses = {
  ACTIVE: true,
  PASSWORD_EXPIRED: true,
  LOCKED_OUT: true,
  RECOVERY: true,
  PROVISIONED: true,
  STAGED: false,
  SUSPENDED: false,
  DEPROVISIONED: false,
};

/** The attributes of a profile that standard attributes come from. */
const PROFILE = [
  ...['login', 'email', 'displayName', 'firstName', 'lastName', 'title', 'department', 'organization'],
  ...['employeeNumber', 'userType', 'managerId', 'manager', 'primaryPhone', 'mobilePhone', 'locale'],
] as const;

/** What a user has beside its profile, under plain names. */
const USER_FIELDS = [
  ...['status', 'created', 'activated', 'statusChanged', 'lastLogin', 'lastUpdated', 'passwordChanged'],
  ...['realmId', 'type'],
] as const;

const GROUP_FIELDS = ['type', 'created', 'lastUpdated', 'lastMembershipUpdated', 'objectClass'] as const;

/**
 * One user of Okta's JSON; null where it has no id or login, which is no user. A status that `statuses` does not have
 * leaves open whether the user is active, such as the passing ACTIVATING or one that Okta will have tomorrow.
 * @param want the names of what is read beside the standard attributes: an attribute of the profile, else a date or other
 * field of the user (`status`, `created`, `lastLogin`, …; `type` is the id of the user type). `lastLogin` makes every sign-in
 * a change
 */
export function readUser(json: Json, want: readonly string[], statuses: Statuses = STATUSES): SourceUser | null {
  const id = idIn(json.id);
  const profile = isObject(json.profile) ? json.profile : NO_PROFILE;
  const userName = textOf(profile.login);
  if (id === null || userName === null) return null;
  const givenName = textOf(profile.firstName);
  const familyName = textOf(profile.lastName);
  const bothNames =
    givenName !== null && familyName !== null ? `${givenName} ${familyName}` : (givenName ?? familyName);
  const { status } = json;
  return {
    id,
    active: typeof status === 'string' && Object.hasOwn(statuses, status) ? (statuses[status] ?? null) : null,
    attributes: {
      userName,
      email: textOf(profile.email),
      displayName: textOf(profile.displayName) ?? bothNames,
      givenName,
      familyName,
      title: textOf(profile.title),
      department: textOf(profile.department),
      organization: textOf(profile.organization),
      employeeNumber: textOf(profile.employeeNumber),
      userType: textOf(profile.userType),
      manager: textOf(profile.managerId) ?? textOf(profile.manager),
      phoneNumber: textOf(profile.primaryPhone) ?? textOf(profile.mobilePhone),
      locale: textOf(profile.locale),
    },
    extra: extras(json, profile, want, USER_FIELDS),
  };
}

/**
 * One group of Okta's JSON; null where it has no id or name. Its type is Okta's own word: `OKTA_GROUP`, `APP_GROUP` for one
 * that was imported, `BUILT_IN`.
 * @param want the names of what is read beside these: an attribute of the profile, else a date or other field of the group
 */
export function readGroup(json: Json, want: readonly string[]): SourceGroup | null {
  const id = idIn(json.id);
  const profile = isObject(json.profile) ? json.profile : NO_PROFILE;
  const name = textOf(profile.name);
  if (id === null || name === null) return null;
  const extra = extras(json, profile, want, GROUP_FIELDS);
  return { id, name, description: textOf(profile.description), type: textOf(json.type), email: null, extra };
}

/**
 * Whether it is the group of everybody, whose members need not be read. It cannot be renamed, and it is not the only
 * built-in one: Okta Administrators is another.
 */
export const isEveryone = ({ type, name }: Pick<SourceGroup, 'type' | 'name'>): boolean =>
  type === 'BUILT_IN' && name === 'Everyone';

/** One member, of which Okta lists whole users and nothing but users; null where it has no id. */
export function readMember(json: Json): Member | null {
  const id = idIn(json.id);
  return id === null ? null : { kind: 'user', id };
}

/** When the user was made, in ms since 1970; long ago where Okta does not say. */
export const madeAt = (json: Json): number => Date.parse(textOf(json.created) ?? '') || 0;

/** When somebody joined or left the group last, as Okta wrote it: to be compared, never to be read. Null: it did not say. */
export const membershipMark = (json: Json): string | null => textOf(json.lastMembershipUpdated);

/** The parameter `fields` of a list of users, so that `want` can be read beside the standard attributes. */
export function fieldsFor(want: readonly string[]): string {
  const isField = (name: string) => (USER_FIELDS as readonly string[]).includes(name);
  const fields = ['id', 'status', 'created', ...want.filter(isField)];
  // A profile may have an attribute of a field's name, and that is the one that is read.
  return `${[...new Set(fields)].join(',')},profile:(${[...new Set([...PROFILE, ...want])].join(',')})`;
}

const NO_PROFILE: Json = Object.freeze({});
const NOTHING: SourceUser['extra'] = Object.freeze({});

function extras(
  json: Json,
  profile: Json,
  want: readonly string[],
  fields: readonly string[],
): Readonly<Record<string, Extra>> {
  if (want.length === 0) return NOTHING;
  return Object.fromEntries(want.map((name) => [name, extraOf(held(json, profile, name, fields))]));
}

function held(json: Json, profile: Json, name: string, fields: readonly string[]): readonly unknown[] {
  if (Object.hasOwn(profile, name)) return listed(profile[name]);
  if (!fields.includes(name) || !Object.hasOwn(json, name)) return [];
  const value = json[name];
  return listed(isObject(value) ? value.id : value);
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
