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
  objects: ['Directory.Read.All', 'Directory.ReadWrite.All'],
  devices: ['Device.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  servicePrincipals: ['Application.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  contacts: ['OrgContact.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  signInActivity: ['AuditLog.Read.All'],
} as const;

export const may = (holder: Holder, what: keyof typeof needed): boolean =>
  needed[what].some((permission) => holder.permissions.has(permission));

/** The ids of Graph's own application permissions (learn.microsoft.com/graph/permissions-reference). */
export const appRoles: Readonly<Record<string, string>> = {
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
  'Group.Read.All': '5b567255-7703-4780-807c-7be8301ae99b',
  'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61',
  'Member.Read.Hidden': '658aa5d8-239f-45c4-aa12-864f4fc7e490',
  'Organization.Read.All': '498476ce-e0fe-48b0-b801-37ba7e2685c6',
  'Device.Read.All': '7438b122-aefc-4978-80ed-43db9fcc7715',
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
  'OrgContact.Read.All': 'e1a88a34-94c4-4418-be12-c87b00e26bea',
  'AuditLog.Read.All': 'b0afded3-3588-46d8-8b3d-9842eff778da',
};
