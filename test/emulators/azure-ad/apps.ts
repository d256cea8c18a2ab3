import type { X509Certificate } from 'node:crypto';

/** Application permissions of Microsoft Graph as far as reading a directory goes. Any other one may be granted too. */
export type Permission =
  | 'User.Read.All'
  | 'GroupMember.Read.All'
  | 'Group.Read.All'
  | 'Directory.Read.All'
  | 'Member.Read.Hidden'
  | 'Organization.Read.All'
  | 'Device.Read.All'
  | 'Application.Read.All'
  | 'OrgContact.Read.All'
  | 'AuditLog.Read.All';

/** An application registered in the emulated tenant. Tests may change it while the server runs. */
export interface App {
  /** The application (client) id. */
  readonly appId: string;
  /** The id of its service principal. */
  readonly objectId: string;
  secrets: { value: string /** Milliseconds since the epoch. */; expires: number }[];
  /** Certificates that client assertions may be signed with. */
  certificates: X509Certificate[];
  /** What an administrator has consented to. A token holds what was granted when it was issued, as the vendor's do. */
  permissions: Set<string>;
  /** False: the application is unknown in this tenant (AADSTS700016). */
  registered: boolean;
  /** True: a conditional access policy blocks it (AADSTS53003). */
  blocked: boolean;
}

/** Who asks: what the valid token of a request says. */
export interface Holder {
  app: App;
  permissions: ReadonlySet<string>;
}

/** One of these is needed; the first is the least (learn.microsoft.com/graph/permissions-reference). */
export const needed = {
  users: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  groups: [
    'GroupMember.Read.All',
    'Group.Read.All',
    'Group.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  deletedGroups: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  hidden: ['Member.Read.Hidden'],
  organization: ['Organization.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  devices: ['Device.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  servicePrincipals: ['Application.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  contacts: ['OrgContact.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  signInActivity: ['AuditLog.Read.All'],
} as const;

export const may = (holder: Holder, what: keyof typeof needed): boolean =>
  needed[what].some((permission) => holder.permissions.has(permission));
