/** Why a change was made. Tables hold the index, so the order never changes: new reasons go at the end. */
export const REASONS = [
  'source',
  'missing',
  'disabled',
  'filtered',
  'rule-edited',
  'hand',
  'delete-after',
  'source-removed',
  'restored',
] as const;
export type Reason = (typeof REASONS)[number];

export type InactiveReason = 'disabled' | 'missing' | 'filtered' | 'suspended' | 'manual' | 'source-removed';

export type Action =
  | 'create'
  | 'update'
  | 'rename'
  | 'deactivate'
  | 'reactivate'
  | 'suspend'
  | 'unsuspend'
  | 'delete'
  | 'remove'
  | 'return'
  | 'add'
  | 'drop';

/** What a change is about. `nesting` is one group inside another; object is the outer group, related the inner one. */
export type ObjectKind = 'user' | 'group' | 'membership' | 'nesting';

export type Mode = 'full' | 'changes' | 'approve' | 'hand' | 'rules' | 'restore';
export type Trigger = 'schedule' | 'start' | 'once' | 'request' | 'hand';
export type Outcome = 'running' | 'ok' | 'unchanged' | 'failed' | 'blocked' | 'cancelled' | 'interrupted';

/** What the mirror knows of an object. Tables hold the index. */
export const STATES = ['present', 'missing', 'unknown', 'absent'] as const;
export type State = (typeof STATES)[number];

/** How an account is in a group: bits of `memberships.how`. */
export const DIRECT = 1;
export const NESTED = 2;
export const BY_HAND = 4;
export const BY_RULE = 8;
