import type { Shape } from './fields.ts';

const plain = (names: string): Record<string, Shape> => Object.fromEntries(names.split(' ').map((name) => [name, {}]));
const open = (names: string): Record<string, Shape> => Object.fromEntries(names.split(' ').map((name) => [name, null]));

const user: Shape = {
  ...plain('kind id etag primaryEmail customerId orgUnitPath creationTime lastLoginTime deletionTime archivalTime'),
  ...plain('isAdmin isDelegatedAdmin agreedToTerms suspended suspensionReason suspensionTime archived aliases'),
  ...plain('changePasswordAtNextLogin ipWhitelisted nonEditableAliases isMailboxSetup isEnrolledIn2Sv isEnforcedIn2Sv'),
  ...plain('includeInGlobalAddressList isGuestUser thumbnailPhotoUrl thumbnailPhotoEtag recoveryEmail recoveryPhone'),
  ...plain('password hashFunction'),
  ...open('addresses emails externalIds gender ims keywords languages locations notes organizations phones'),
  ...open('posixAccounts relations sshPublicKeys websites customSchemas'),
  name: plain('givenName familyName fullName displayName'),
  guestAccountInfo: plain('primaryGuestEmail'),
};
const group: Shape = plain(
  'kind id etag email name description adminCreated aliases nonEditableAliases directMembersCount',
);
const member: Shape = plain('kind id etag email role type status delivery_settings');
const customer: Shape = {
  ...plain('kind id etag customerDomain alternateEmail phoneNumber language customerCreationTime'),
  postalAddress: plain(
    'contactName organizationName countryCode postalCode region locality addressLine1 addressLine2 addressLine3',
  ),
};
const domain: Shape = {
  ...plain('kind etag domainName isPrimary verified creationTime'),
  domainAliases: plain('kind etag domainAliasName parentDomainName verified creationTime'),
};

/** What `fields` may name, by kind of answer; vendor.test.ts holds it against the vendor's description. */
export const shapes = {
  user,
  users: { ...plain('kind etag nextPageToken trigger_event'), users: user },
  group,
  groups: { ...plain('kind etag nextPageToken'), groups: group },
  member,
  members: { ...plain('kind etag nextPageToken'), members: member },
  hasMember: plain('isMember'),
  customer,
  domains: { ...plain('kind etag'), domains: domain },
} as const satisfies Record<string, Shape>;
