import type { admin_directory_v1 as vendor } from '@googleapis/admin';
import type { Directory } from './directory.ts';
import type { DirectoryGroup, DirectoryUser, Membership } from './kinds.ts';

/** Which custom schemas are shown: none, those named, or all. */
export type Schemas = 'none' | 'all' | readonly string[];

/** A user as the API shows one: what there is none of is left out, never null. */
export function represent(user: DirectoryUser, directory: Directory, schemas: Schemas = 'none'): vendor.Schema$User {
  const { customSchemas, name = {}, emails, languages, ...rest } = user.properties;
  const shown = customSchemas && schemasOf(customSchemas, schemas);
  const external = outside(user.primaryEmail, directory);
  const { givenName = '', familyName = '' } = name;
  const all = [...user.aliases, ...external].map((address) => ({ address }));
  return {
    kind: 'admin#directory#user',
    id: user.id,
    etag: etagOf(user.id, user.revision),
    primaryEmail: user.primaryEmail,
    name: { fullName: `${givenName} ${familyName}`.trim(), ...name },
    isAdmin: user.privileges === 'super',
    isDelegatedAdmin: user.privileges !== null && user.privileges !== 'super',
    lastLoginTime: '1970-01-01T00:00:00.000Z',
    agreedToTerms: true,
    suspended: false,
    archived: false,
    changePasswordAtNextLogin: false,
    ipWhitelisted: false,
    emails: emails ?? [{ address: user.primaryEmail, primary: true }, ...all],
    languages: languages ?? [{ languageCode: 'en', preference: 'preferred' }],
    ...(user.aliases.length > 0 ? { aliases: [...user.aliases] } : {}),
    nonEditableAliases: external,
    customerId: directory.customerId,
    isMailboxSetup: true,
    isEnrolledIn2Sv: false,
    isEnforcedIn2Sv: false,
    includeInGlobalAddressList: true,
    ...rest,
    ...(user.deleted === null ? {} : { deletionTime: new Date(user.deleted).toISOString() }),
    ...(shown ? { customSchemas: shown } : {}),
  };
}

/** The vendor's own second address of everybody, which nobody can take away. */
const outside = (address: string, directory: Directory): string[] =>
  address.endsWith(`@${directory.domain}`) ? [`${address}.test-google-a.com`] : [];

function schemasOf(
  all: Record<string, Record<string, unknown>>,
  wanted: Schemas,
): Record<string, Record<string, unknown>> | null {
  if (wanted === 'none') return null;
  const shown = Object.entries(all).filter(([name]) => wanted === 'all' || wanted.includes(name));
  return shown.length > 0 ? Object.fromEntries(shown) : null;
}

/** What everybody of the organisation may see of one another (viewType domain_public). */
const PUBLIC = new Set(
  [
    'kind id etag primaryEmail name emails nonEditableAliases aliases organizations phones addresses locations ims',
    'websites relations languages customerId thumbnailPhotoUrl thumbnailPhotoEtag includeInGlobalAddressList',
  ].flatMap((names) => names.split(' ')),
);

export const publicView = (user: vendor.Schema$User): vendor.Schema$User =>
  Object.fromEntries(Object.entries(user).filter(([name]) => PUBLIC.has(name)));

export function representGroup(group: DirectoryGroup, directory: Directory): vendor.Schema$Group {
  // Only people are counted, says the vendor's description; the count is a text.
  const people = directory
    .membersOf(group)
    .filter(({ member }) => member.kind === 'user' || member.kind === 'outsider');
  const external = outside(group.email, directory);
  return {
    kind: 'admin#directory#group',
    id: group.id,
    etag: etagOf(group.id, group.revision),
    email: group.email,
    directMembersCount: String(people.length),
    ...group.properties,
    ...(group.aliases.length > 0 ? { aliases: [...group.aliases] } : {}),
    nonEditableAliases: external,
  };
}

/** A member: everybody is one of type CUSTOMER without an address, and those of elsewhere have no status. */
export function representMember({ member, role }: Membership): vendor.Schema$Member {
  const row = { kind: 'admin#directory#member', etag: etagOf(member.id, role.length), id: member.id, role };
  switch (member.kind) {
    case 'customer':
      return { ...row, type: 'CUSTOMER', status: 'ACTIVE' };
    case 'outsider':
      return { ...row, email: member.email, type: member.type };
    case 'group':
      return { ...row, email: member.email, type: 'GROUP', status: 'ACTIVE' };
    case 'user': {
      const status = member.properties.suspended ? 'SUSPENDED' : 'ACTIVE';
      return { ...row, email: member.primaryEmail, type: 'USER', status };
    }
  }
}

/** In quotes, as HTTP has them. */
export const etagOf = (id: string, revision: number | string): string =>
  `"${Buffer.from(`${id}/${revision}`).toString('base64url')}"`;
