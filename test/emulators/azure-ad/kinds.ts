import type { Group, User } from '@microsoft/microsoft-graph-types';

export type Kind = 'user' | 'group' | 'device' | 'servicePrincipal' | 'orgContact';

/** Directory extensions are properties of this name, beside Graph's own. */
type Extensions = { readonly [name: `extension_${string}`]: unknown };
export type UserProperties = Omit<User, 'id' | 'manager' | 'memberOf'> & Extensions;
export type GroupProperties = Omit<Group, 'id' | 'members' | 'memberOf'> & Extensions;

/** An object of the tenant, changed through the tenant only: it keeps the order and the log of changes. */
export interface TenantObject {
  readonly id: string;
  readonly kind: Kind;
  /** Where it stands in every listing: objects are listed in the order in which they were made. */
  readonly order: number;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Soft-deleted objects are in no listing, keep their memberships and can be restored for 30 days. */
  readonly deleted: boolean;
}

export interface TenantUser extends TenantObject {
  readonly kind: 'user';
  readonly properties: UserProperties;
  readonly manager: TenantUser | null;
}

export interface TenantGroup extends TenantObject {
  readonly kind: 'group';
  readonly properties: GroupProperties;
  /** Direct members, soft-deleted ones too, each with its place in the listing. */
  readonly members: ReadonlyMap<TenantObject, number>;
}

export type GroupType = 'security' | 'mailSecurity' | 'distribution' | 'microsoft365' | 'dynamic';
export type NewUser = UserProperties & { userPrincipalName: string; id?: string; manager?: TenantUser | null };
export type NewGroup = GroupProperties & { displayName: string; id?: string; type?: GroupType };

/** What makes a group of each type (learn.microsoft.com/graph/api/resources/groups-overview). */
export const groupTypes: Readonly<Record<GroupType, GroupProperties>> = {
  security: { groupTypes: [], securityEnabled: true, mailEnabled: false },
  mailSecurity: { groupTypes: [], securityEnabled: true, mailEnabled: true },
  distribution: { groupTypes: [], securityEnabled: false, mailEnabled: true },
  microsoft365: { groupTypes: ['Unified'], securityEnabled: false, mailEnabled: true, visibility: 'Private' },
  dynamic: {
    groupTypes: ['DynamicMembership'],
    securityEnabled: true,
    mailEnabled: false,
    membershipRule: 'user.accountEnabled -eq true',
    membershipRuleProcessingState: 'On',
  },
};

export const isUser = (object: TenantObject): object is TenantUser => object.kind === 'user';
export const isGroup = (object: TenantObject): object is TenantGroup => object.kind === 'group';
