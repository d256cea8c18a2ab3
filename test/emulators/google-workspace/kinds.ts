import type { admin_directory_v1 as vendor } from '@googleapis/admin';

/**
 * Privileges of an administrator as far as reading goes, under the names of the vendor's privileges.list. A super
 * administrator has all of them.
 */
export type Privilege = 'USERS_RETRIEVE' | 'GROUPS_RETRIEVE' | 'DOMAIN_MANAGEMENT';

/** Null is no administrator. */
export type Privileges = 'super' | readonly Privilege[] | null;

/** What the directory keeps of a user as it is given; the vendor's types leave the lists open. */
export type UserProperties = Omit<
  vendor.Schema$User,
  | ('id' | 'kind' | 'etag' | 'primaryEmail' | 'customerId' | 'deletionTime' | 'aliases' | 'nonEditableAliases')
  | ('isAdmin' | 'isDelegatedAdmin' | 'password' | 'hashFunction')
  | ('organizations' | 'externalIds' | 'relations' | 'phones' | 'languages' | 'customSchemas')
> & {
  organizations?: vendor.Schema$UserOrganization[];
  externalIds?: vendor.Schema$UserExternalId[];
  relations?: vendor.Schema$UserRelation[];
  phones?: vendor.Schema$UserPhone[];
  languages?: vendor.Schema$UserLanguage[];
  /** By schema and field; a field of several values is a list of `{ value }`. */
  customSchemas?: Record<string, Record<string, unknown>>;
};

export type GroupProperties = Pick<vendor.Schema$Group, 'name' | 'description' | 'adminCreated'>;

export type NewUser = UserProperties & {
  primaryEmail: string;
  id?: string;
  aliases?: readonly string[];
  /** Default null: no administrator. */
  privileges?: Privileges;
};

export type NewGroup = GroupProperties & { email: string; id?: string; aliases?: readonly string[] };

/** A user, changed through the directory only: it keeps the addresses and the order of listings. */
export interface DirectoryUser {
  readonly kind: 'user';
  readonly id: string;
  readonly primaryEmail: string;
  readonly aliases: readonly string[];
  readonly properties: UserProperties;
  readonly privileges: Privileges;
  /** Milliseconds since the epoch; null for who is there. */
  readonly deleted: number | null;
  /** Counts the edits, for the etag. */
  readonly revision: number;
}

export interface DirectoryGroup {
  readonly kind: 'group';
  readonly id: string;
  readonly email: string;
  readonly aliases: readonly string[];
  readonly properties: GroupProperties;
  readonly deleted: boolean;
  readonly revision: number;
  /** By the member's id, in the order of listings. */
  readonly members: ReadonlyMap<string, Membership>;
}

/** Somebody, or a group, of another organisation: known by the address only, and in no listing but that of members. */
export interface Outsider {
  readonly kind: 'outsider';
  readonly id: string;
  readonly email: string;
  readonly type: 'USER' | 'GROUP' | 'EXTERNAL';
}

/** Everybody of the account. */
export interface Customer {
  readonly kind: 'customer';
  readonly id: string;
}

export type GroupMember = DirectoryUser | DirectoryGroup | Outsider | Customer;
export type Role = 'OWNER' | 'MANAGER' | 'MEMBER';

export interface Membership {
  readonly member: GroupMember;
  readonly role: Role;
  /** Where it stands in the listing. */
  readonly order: number;
}
