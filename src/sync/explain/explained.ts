import type { Value } from '../../expressions/rule.ts';

/** A rule about one object: its value, or why it has none, and what decided. */
export interface ExplainedRule {
  rule: string;
  expression: string;
  value: Value | null;
  failure: string | null;
  /** The part of the expression that decided, and the values that it read. */
  decided: { text: string; reads: { text: string; value: Value }[] };
}

/** What the mirror holds: what the identity provider said last. */
export interface ExplainedMirror {
  state: 'present' | 'missing' | 'unknown' | 'absent';
  /** Why the state is unknown, or the members could not be read. */
  why: string | null;
  /** When the source was listed last as a whole; ISO 8601 in UTC. */
  readAt: string | null;
  /** When the record changed last. */
  changedAt: string | null;
  active?: boolean | null;
  /** Of a group: direct members that are neither users nor groups, such as devices; nobody here gets them. */
  otherMembers?: number;
  attributes: Readonly<Record<string, Value>>;
}

/** Everything that is known of one user or group, and why it is as it is. */
export interface Explanation {
  object: 'user' | 'group';
  source: string;
  externalId: string | null;
  mirror: ExplainedMirror | null;
  /** Of a user: effective groups at the source, each with the names on the way to it. Of a group: those that contain it. */
  groups: { name: string; id: string; path: string[] }[];
  rules: ExplainedRule[];
  /** One sentence. */
  verdict: string;
  /** The row of v1_users or v1_groups; null where there is none. */
  directory: Readonly<Record<string, unknown>> | null;
  /** Active members, of a group. */
  members?: number;
  /** The plan that waits for an approval, and what it would do here. */
  blocked: { plan: string; would: string[] } | null;
  problems: string[];
  /** The newest first. */
  changes: Change[];
}

export interface Change {
  run: number;
  at: string;
  action: string;
  reason: string;
  rule: string | null;
  before: unknown;
  after: unknown;
  actor: string;
  /** What whoever approved or edited gave as the reason. */
  message: string | null;
}
