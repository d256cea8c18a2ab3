import type GroupRepresentation from '@keycloak/keycloak-admin-client/lib/defs/groupRepresentation.js';
import type UserRepresentation from '@keycloak/keycloak-admin-client/lib/defs/userRepresentation.js';
import { pathOf, type Realm, type RealmGroup, type RealmUser } from './realm.ts';

/** A user as the vendor shows it; what the user does not have, or the user profile hides, is left out. */
export function userRepresentation(realm: Realm, user: RealmUser, brief: boolean): UserRepresentation {
  const attributes = brief ? {} : realm.shownAttributes(user);
  const shown: UserRepresentation = { id: user.id, username: user.username };
  if (user.firstName) shown.firstName = user.firstName;
  if (user.lastName) shown.lastName = user.lastName;
  if (user.email) shown.email = user.email;
  shown.emailVerified = user.emailVerified;
  if (Object.keys(attributes).length > 0) shown.attributes = attributes;
  shown.enabled = user.enabled;
  shown.createdTimestamp = user.createdTimestamp;
  if (brief) return shown;
  return { ...shown, totp: false, disableableCredentialTypes: [], requiredActions: [], notBefore: 0 };
}

/** A group without those inside it; `count` adds how many they are. */
export function groupRepresentation(group: RealmGroup, show: { brief: boolean; count: boolean }): GroupRepresentation {
  const shown: GroupRepresentation = { id: group.id, name: group.name };
  if (group.description) shown.description = group.description;
  shown.path = pathOf(group);
  if (group.parent) shown.parentId = group.parent.id;
  if (show.count) shown.subGroupCount = group.children.size;
  shown.subGroups = [];
  if (show.brief) return shown;
  return { ...shown, attributes: group.attributes, realmRoles: [], clientRoles: {} };
}

/** What an administrator may do with a group, as the vendor adds it in some places. */
export const groupAccess = (manage: boolean) => ({
  view: true,
  viewMembers: true,
  manageMembers: manage,
  manage,
  manageMembership: manage,
});

export const userAccess = (manage: boolean) => ({
  manageGroupMembership: manage,
  resetPassword: manage,
  view: true,
  mapRoles: manage,
  impersonate: false,
  manage,
});

/** The same as JSON. */
export function userText(realm: Realm, user: RealmUser, brief: boolean): string {
  const which = brief ? 'brief' : 'full';
  user.texts[which] ??= JSON.stringify(userRepresentation(realm, user, brief));
  return user.texts[which];
}
