import type { Extra } from './user.ts';

/** One group as its identity provider shows it. */
export interface SourceGroup {
  /** The provider's immutable id. */
  id: string;
  name: string;
  description: string | null;
  /** The provider's own word for the kind of group, or null where it has only one. */
  type: string | null;
  email: string | null;
  /** The other attributes that were asked for, by the provider's names for them. */
  extra: Readonly<Record<string, Extra>>;
}

/**
 * One direct member of a group. `other` is a device, a service account or a person of another directory: counted,
 * never an account. `everyone` stands for every user of the source (Google's CUSTOMER, Okta's Everyone).
 */
export type Member = { kind: 'user' | 'group' | 'other'; id: string } | { kind: 'everyone' };
