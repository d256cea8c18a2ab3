/**
 * The attributes that every account has, in camelCase after the SCIM core user schema (RFC 7643, section 4.1).
 * Where each comes from at each identity provider stands in that provider's page under docs/.
 */
export const STANDARD_ATTRIBUTES = [
  'userName',
  'email',
  'displayName',
  'givenName',
  'familyName',
  'title',
  'department',
  'organization',
  'employeeNumber',
  'userType',
  'manager',
  'phoneNumber',
  'locale',
] as const;

export type StandardAttribute = (typeof STANDARD_ATTRIBUTES)[number];

/** What a source may hold under a name of its own: several values are a list, what it does not have is null. */
export type Extra = string | number | boolean | null | readonly (string | number | boolean)[];

/** One user as its identity provider shows it. An empty or blank text has become null before it gets here. */
export interface SourceUser {
  /** The provider's immutable id: what an account is tied to. */
  id: string;
  /** Null when the provider did not say: unknown, which never deactivates anyone. */
  active: boolean | null;
  /** `manager` is the manager's id, user name or mail address at the source; a pass resolves it to an account. */
  attributes: Readonly<Record<StandardAttribute, string | null>>;
  /** The other attributes that were asked for, by the provider's names for them. */
  extra: Readonly<Record<string, Extra>>;
}
