/** Roles of the client `realm-management`, or of `<realm>-realm` in the master realm. */
export const ROLES = [
  'query-users',
  'query-groups',
  'view-users',
  'manage-users',
  'view-realm',
  'view-events',
] as const;
export type Role = (typeof ROLES)[number];

export interface Rights {
  /** May ask the administration interface at all. */
  any: boolean;
  queryUsers: boolean;
  queryGroups: boolean;
  /** See users, groups and members. */
  viewUsers: boolean;
  manageUsers: boolean;
}

/** `view-users` brings both query roles with it; `manage-users` may see what it manages. */
export function rightsOf(roles: ReadonlySet<Role>): Rights {
  const manageUsers = roles.has('manage-users');
  const viewUsers = manageUsers || roles.has('view-users');
  return {
    any: roles.size > 0,
    queryUsers: viewUsers || roles.has('query-users'),
    queryGroups: viewUsers || roles.has('query-groups'),
    viewUsers,
    manageUsers,
  };
}
