import type { Group, GroupEmbedded, GroupLinks, User, UserCredentials, UserLinks } from '@okta/okta-sdk-nodejs';
import type { Ask } from './ask.ts';
import { type OrgGroup, type OrgUser, written } from './kinds.ts';

/** A model of the vendor's SDK as its JSON is: dates are texts. */
type Wire<T> = { [K in keyof T]: Date extends T[K] ? string | Exclude<T[K], Date> : T[K] };

/** Real answers have the addresses too, which the vendor's description does not name. */
type Credentials = UserCredentials & { emails: { value: string; status: string; type: string }[] };

export type UserRow = Wire<Omit<User, 'profile' | 'credentials' | '_links'>> & {
  profile: OrgUser['profile'];
  credentials?: Credentials;
  _links: Links<UserLinks>;
};

export type GroupRow = Wire<Omit<Group, 'profile' | '_links' | '_embedded'>> & {
  profile: OrgGroup['profile'];
  _links: Links<GroupLinks>;
  _embedded?: GroupEmbedded;
};

type Link = { href: string; method?: string; name?: string; type?: string };
type Links<T> = { [K in keyof T]?: Link | Link[] };

/** What the `okta-response` of a request's Content-Type leaves out. */
export interface Omitted {
  credentials: boolean;
  credentialsLinks: boolean;
  transition: boolean;
}

const dated = (at: number | null) => (at === null ? null : written(at));

/** @param single one user read by itself has links to what may be done to it; in a list there is only `self` */
export function userRow({ origin }: Ask, user: OrgUser, omitted: Omitted, single = false): UserRow {
  const { id, status, profile, transitioningToStatus: transition } = user;
  const email = profile.email ?? null;
  return {
    id,
    status,
    ...(transition === null || omitted.transition ? {} : { transitioningToStatus: transition }),
    created: written(user.created),
    activated: dated(user.activated),
    statusChanged: dated(user.statusChanged),
    lastLogin: dated(user.lastLogin),
    lastUpdated: written(user.lastUpdated),
    passwordChanged: dated(user.passwordChanged),
    type: { id: 'otynwlw0pkLLUgtNG5d7' },
    profile,
    ...(omitted.credentials
      ? {}
      : {
          credentials: {
            ...(user.passwordChanged === null ? {} : { password: {} }),
            emails: email === null ? [] : [{ value: email, status: 'VERIFIED', type: 'PRIMARY' }],
            provider: { type: 'OKTA', name: 'OKTA' },
          },
        }),
    _links: {
      self: { href: `${origin}/api/v1/users/${id}` },
      ...(single ? actions(`${origin}/api/v1/users/${id}`, user, omitted) : {}),
    },
  };
}

function actions(at: string, { status }: OrgUser, omitted: Omitted): Record<string, Link> {
  const link = (path: string): Link => ({ href: `${at}/${path}`, method: 'POST' });
  const credentials = {
    resetPassword: link('lifecycle/reset_password'),
    expirePassword: link('lifecycle/expire_password'),
    changePassword: link('credentials/change_password'),
    ...(status === 'LOCKED_OUT' ? { unlock: link('lifecycle/unlock') } : {}),
  };
  if (status === 'DEPROVISIONED') return { activate: link('lifecycle/activate') };
  const [does, path] = status === 'SUSPENDED' ? ['unsuspend', 'lifecycle/unsuspend'] : ['suspend', 'lifecycle/suspend'];
  return {
    [does]: link(path),
    deactivate: link('lifecycle/deactivate'),
    ...(omitted.credentialsLinks ? {} : credentials),
  };
}

/** @param expand `stats` counts the members, `app` names where an imported group is from */
export function groupRow({ origin, org }: Ask, group: OrgGroup, expand: readonly string[] = []): GroupRow {
  const { id, type, profile, source } = group;
  const at = `${origin}/api/v1/groups/${id}`;
  const logo = (name: string): Link => ({
    name,
    href: `${origin}/assets/img/logos/groups/okta-${name}.png`,
    type: 'image/png',
  });
  const embedded: GroupEmbedded = {};
  if (expand.includes('stats')) {
    const usersCount = org.membersOf(group).length;
    embedded.stats = { usersCount, appsCount: 0, groupPushMappingsCount: 0, hasAdminPrivlege: false };
  }
  if (expand.includes('app') && source !== null)
    embedded.app = { id: source, name: 'active_directory', label: 'Imported' };
  return {
    id,
    created: written(group.created),
    lastUpdated: written(group.lastUpdated),
    lastMembershipUpdated: written(group.lastMembershipUpdated),
    objectClass: [type === 'APP_GROUP' ? 'okta:windows_security_principal' : 'okta:user_group'],
    type,
    profile,
    ...(expand.length > 0 ? { _embedded: embedded } : {}),
    _links: {
      logo: [logo('medium'), logo('large')],
      ...(source === null ? {} : { source: { href: `${origin}/api/v1/apps/${source}` } }),
      users: { href: `${at}/users` },
      apps: { href: `${at}/apps` },
    },
  };
}

/** Reads `Content-Type: application/json; okta-response=omitCredentials,omitCredentialsLinks`, quoted or not. */
export function omittedOf(contentType: string | undefined): Omitted {
  const text = /;\s*okta-response\s*=\s*"?([^";]*)"?/i.exec(contentType ?? '')?.[1] ?? '';
  const names = text.split(',').map((name) => name.trim());
  return {
    credentials: names.includes('omitCredentials'),
    credentialsLinks: names.includes('omitCredentialsLinks'),
    transition: names.includes('omitTransitioningToStatus'),
  };
}
