import type { GroupType, UserProfile, UserStatus } from '@okta/okta-sdk-nodejs';

export type Status = UserStatus;
export type Profile = Partial<UserProfile>;
/** The vendor's own type has no null, and its answers do. */
export interface GroupProfile {
  name?: string;
  description?: string | null;
  [name: string]: string | number | boolean | null | undefined | (string | number | boolean)[];
}

/** What an org holds, changed through the org only: it keeps the order, the dates and what was before. */
interface Held {
  readonly id: string;
  /** Where it stands in every listing: objects are listed in the order in which they were made. */
  readonly order: number;
  /** All dates are milliseconds since the epoch, to the second, as the vendor shows them. */
  readonly created: number;
  readonly lastUpdated: number;
}

export interface OrgUser extends Held {
  readonly profile: Profile;
  readonly status: Status;
  readonly activated: number | null;
  readonly statusChanged: number | null;
  readonly lastLogin: number | null;
  readonly passwordChanged: number | null;
  readonly transitioningToStatus: 'ACTIVE' | 'DEPROVISIONED' | 'PROVISIONED' | null;
}

export interface OrgGroup extends Held {
  readonly profile: GroupProfile;
  readonly type: GroupType;
  readonly lastMembershipUpdated: number;
  /** Of an APP_GROUP: the application that it was imported from. */
  readonly source: string | null;
  /** Direct members with their places in the listing; of Everyone, none: it is derived. */
  readonly members: ReadonlyMap<OrgUser, number>;
}

export type NewUser = Profile & { login: string; id?: string; status?: Status };
export type NewGroup = GroupProfile & { name: string; id?: string; type?: GroupType };

export const statuses: readonly Status[] = [
  ...(['STAGED', 'PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED'] as const),
  ...(['LOCKED_OUT', 'SUSPENDED', 'DEPROVISIONED'] as const),
];

/** A date as the vendor writes it. */
export const written = (at: number): string => new Date(at).toISOString();

export const toTheSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;
