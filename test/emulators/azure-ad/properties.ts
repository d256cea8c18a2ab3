import type { Group, User } from '@microsoft/microsoft-graph-types';
import type { TenantObject } from './kinds.ts';

/** How Graph shows a property: unless asked otherwise, when selected, or when one object is selected and read by id. */
type Shown = 'default' | 'selected' | 'single';

/** learn.microsoft.com/graph/api/resources/user */
const user = {
  businessPhones: 'default',
  displayName: 'default',
  givenName: 'default',
  id: 'default',
  jobTitle: 'default',
  mail: 'default',
  mobilePhone: 'default',
  officeLocation: 'default',
  preferredLanguage: 'default',
  surname: 'default',
  userPrincipalName: 'default',
  accountEnabled: 'selected',
  ageGroup: 'selected',
  assignedLicenses: 'selected',
  assignedPlans: 'selected',
  city: 'selected',
  companyName: 'selected',
  consentProvidedForMinor: 'selected',
  country: 'selected',
  createdDateTime: 'selected',
  creationType: 'selected',
  deletedDateTime: 'selected',
  department: 'selected',
  employeeHireDate: 'selected',
  employeeId: 'selected',
  employeeOrgData: 'selected',
  employeeType: 'selected',
  externalUserState: 'selected',
  externalUserStateChangeDateTime: 'selected',
  faxNumber: 'selected',
  identities: 'selected',
  imAddresses: 'selected',
  isResourceAccount: 'selected',
  lastPasswordChangeDateTime: 'selected',
  legalAgeGroupClassification: 'selected',
  licenseAssignmentStates: 'selected',
  mailNickname: 'selected',
  onPremisesDistinguishedName: 'selected',
  onPremisesDomainName: 'selected',
  onPremisesExtensionAttributes: 'selected',
  onPremisesImmutableId: 'selected',
  onPremisesLastSyncDateTime: 'selected',
  onPremisesProvisioningErrors: 'selected',
  onPremisesSamAccountName: 'selected',
  onPremisesSecurityIdentifier: 'selected',
  onPremisesSyncEnabled: 'selected',
  onPremisesUserPrincipalName: 'selected',
  otherMails: 'selected',
  passwordPolicies: 'selected',
  passwordProfile: 'selected',
  postalCode: 'selected',
  preferredDataLocation: 'selected',
  provisionedPlans: 'selected',
  proxyAddresses: 'selected',
  securityIdentifier: 'selected',
  serviceProvisioningErrors: 'selected',
  showInAddressList: 'selected',
  signInActivity: 'selected',
  signInSessionsValidFromDateTime: 'selected',
  state: 'selected',
  streetAddress: 'selected',
  usageLocation: 'selected',
  userType: 'selected',
  aboutMe: 'single',
  birthday: 'single',
  hireDate: 'single',
  interests: 'single',
  mailboxSettings: 'single',
  mySite: 'single',
  pastProjects: 'single',
  preferredName: 'single',
  responsibilities: 'single',
  schools: 'single',
  skills: 'single',
} as const satisfies Partial<Record<keyof User, Shown>>;

/** learn.microsoft.com/graph/api/resources/group */
const group = {
  classification: 'default',
  createdDateTime: 'default',
  deletedDateTime: 'default',
  description: 'default',
  displayName: 'default',
  expirationDateTime: 'default',
  groupTypes: 'default',
  id: 'default',
  isAssignableToRole: 'default',
  mail: 'default',
  mailEnabled: 'default',
  mailNickname: 'default',
  membershipRule: 'default',
  membershipRuleProcessingState: 'default',
  onPremisesDomainName: 'default',
  onPremisesLastSyncDateTime: 'default',
  onPremisesNetBiosName: 'default',
  onPremisesProvisioningErrors: 'default',
  onPremisesSamAccountName: 'default',
  onPremisesSecurityIdentifier: 'default',
  onPremisesSyncEnabled: 'default',
  preferredDataLocation: 'default',
  preferredLanguage: 'default',
  proxyAddresses: 'default',
  renewedDateTime: 'default',
  securityEnabled: 'default',
  securityIdentifier: 'default',
  serviceProvisioningErrors: 'default',
  theme: 'default',
  uniqueName: 'default',
  visibility: 'default',
  assignedLabels: 'selected',
  assignedLicenses: 'selected',
  hasMembersWithLicenseErrors: 'selected',
  licenseProcessingState: 'selected',
  allowExternalSenders: 'single',
  autoSubscribeNewMembers: 'single',
  hideFromAddressLists: 'single',
  hideFromOutlookClients: 'single',
  isSubscribedByMail: 'single',
  unseenCount: 'single',
} as const satisfies Partial<Record<keyof Group, Shown>>;

/** Collections of texts that Graph gives of every group, though its description of version 1.0 has none of them. */
const undescribed = {
  creationOptions: 'default',
  resourceBehaviorOptions: 'default',
  resourceProvisioningOptions: 'default',
} as const;

export type UserProperty = keyof typeof user;
export type GroupProperty = keyof typeof group;

export const properties: Readonly<Record<TenantObject['kind'] | 'directoryObject', Readonly<Record<string, Shown>>>> = {
  user,
  group: { ...group, ...undescribed },
  device: {
    id: 'default',
    deletedDateTime: 'default',
    accountEnabled: 'default',
    deviceId: 'default',
    displayName: 'default',
  },
  servicePrincipal: {
    id: 'default',
    deletedDateTime: 'default',
    accountEnabled: 'default',
    appId: 'default',
    displayName: 'default',
  },
  orgContact: {
    id: 'default',
    deletedDateTime: 'default',
    displayName: 'default',
    mail: 'default',
    companyName: 'default',
  },
  directoryObject: { id: 'default', deletedDateTime: 'default' },
};

/** Collections are never null. */
const collections = new Set([
  ...[
    'assignedLabels',
    'assignedLicenses',
    'assignedPlans',
    'businessPhones',
    'groupTypes',
    'identities',
    'imAddresses',
  ],
  ...[
    'interests',
    'licenseAssignmentStates',
    'onPremisesProvisioningErrors',
    'otherMails',
    'pastProjects',
    'provisionedPlans',
  ],
  ...Object.keys(undescribed),
  ...['proxyAddresses', 'responsibilities', 'schools', 'serviceProvisioningErrors', 'skills'],
]);

const EXTENSION = /^extension_[0-9a-f]{32}_\w+$/;
export const isExtension = (name: string): boolean => EXTENSION.test(name);

const defaults = new Map(
  Object.entries(properties).map(([kind, all]) => [kind, Object.keys(all).filter((name) => all[name] === 'default')]),
);

/** An object as Graph shows it. @param names null: those that are shown unless asked otherwise */
export function shown(object: TenantObject, names: readonly string[] | null): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const name of names ?? defaults.get(object.kind) ?? []) {
    const value = name === 'id' ? object.id : object.properties[name];
    // A directory extension without a value is left out; a property of Graph's own is null.
    if (value !== undefined && (value !== null || !isExtension(name))) row[name] = value;
    else if (!isExtension(name)) row[name] = collections.has(name) ? [] : null;
  }
  return row;
}

export const typeOf = (object: TenantObject): string => `#microsoft.graph.${object.kind}`;
