import type { JsonWebKey } from 'node:crypto';
import { refuse } from './errors.ts';
import type { OrgGroup, OrgUser } from './kinds.ts';
import type { Org } from './org.ts';

/** The vendor's names of its standard roles; USER_ADMIN is the group administrator. */
export const roles = ['SUPER_ADMIN', 'ORG_ADMIN', 'READ_ONLY_ADMIN', 'USER_ADMIN'] as const;
export type Role = (typeof roles)[number];

/** What an administrator, or an app with a role, may see. Tests may change it while the server runs. */
export interface Rights {
  /** Null: no administrator at all, and everything is 403. */
  role: Role | null;
  /** Of a USER_ADMIN: the ids of the groups it administers; null is every group but Everyone. */
  groups: ReadonlySet<string> | null;
}

/** An API token (SSWS). It may do what the administrator who made it may do at the moment of a request. */
export interface ApiToken extends Rights {
  readonly value: string;
  /** The login of who made it; a token ends when they are deactivated. Null: whoever is the first user. */
  readonly administrator: string | null;
  /** False: revoked. Thirty days without use do that too. */
  valid: boolean;
}

/** An API Services application of the emulated org. */
export interface App extends Rights {
  readonly clientId: string;
  /** Public keys that client assertions may be signed with. */
  keys: JsonWebKey[];
  /** Okta API scopes that an administrator granted. */
  scopes: Set<string>;
  /** "Require Demonstrating Proof of Possession (DPoP) header in token requests", the default for new apps. */
  requireDpop: boolean;
  active: boolean;
}

/** Who asks: what the valid token of a request says. */
export interface Holder {
  /** Whose share of the rate limits it is. */
  principal: string;
  rights: Rights;
  /** Null: an API token, which has no scopes and may do all that its role may do. */
  scopes: ReadonlySet<string> | null;
  /** The user behind an API token. */
  me(): OrgUser | undefined;
}

export type Area = 'users' | 'groups' | 'orgs';

/** @throws Refusal where scope or role are missing; each of them is needed */
export function allow({ scopes, rights }: Holder, area: Area, resource: string, org: string): void {
  const wanted = [`okta.${area}.read`, `okta.${area}.manage`];
  if (scopes && !wanted.some((scope) => scopes.has(scope))) {
    const problem =
      'error="insufficient_scope", error_description="The access token provided does not contain the required scopes."';
    throw refuse.permission({ 'www-authenticate': challenge('Bearer', org, wanted[0] ?? '', problem, resource) });
  }
  if (rights.role === null || (rights.role === 'USER_ADMIN' && area === 'orgs')) throw refuse.permission();
}

export const challenge = (scheme: string, org: string, scope: string, problem: string, resource: string): string =>
  `${scheme} authorization_uri="${org}/oauth2/v1/authorize", realm="${org}", scope="${scope}", ${problem}, resource="${resource}"`;

/** What a caller sees of the directory: a group administrator its groups and who is in them, everybody else all. */
export interface Sight {
  group(group: OrgGroup): boolean;
  user(user: OrgUser): boolean;
}

const everything: Sight = { group: () => true, user: () => true };

export function sightOf({ rights }: Holder, org: Org): Sight {
  if (rights.role !== 'USER_ADMIN') return everything;
  const { groups } = rights;
  // The Everyone group is never listed for a group administrator (the vendor's description of `listGroups`, limit).
  if (groups === null) return { group: (group) => group !== org.everyone, user: () => true };
  const theirs = new Set<string>();
  for (const id of groups) {
    const group = org.findGroup(id);
    if (group) for (const user of org.membersOf(group)) theirs.add(user.id);
  }
  return {
    group: (group) => group !== org.everyone && groups.has(group.id),
    user: ({ id }) => theirs.has(id),
  };
}
