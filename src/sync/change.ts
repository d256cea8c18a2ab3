import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import type { Action, InactiveReason, Reason } from '../model/words.ts';
import type { AccountAttributes, Shaped } from './shape.ts';

/** One source's user as the directory holds it: what its rules made of it, and the account. */
export interface Stored {
  active: boolean;
  reason: InactiveReason | null;
  attributes: AccountAttributes;
  /** The account that is the manager. */
  managerId: number | null;
}

/** What becomes of an account whose user is gone or filtered. */
export type OnMissing = 'deactivate' | 'delete' | 'keep';

/** What the mirror and the rules ask for; `removed` where the whole source is to go. */
export type Wanted = Shaped | { is: 'absent' } | { is: 'unknown' } | { is: 'removed' };

/** One step of a plan, about one account. */
export interface Step {
  action: Action;
  reason: Reason;
  before: Values | null;
  after: Values | null;
}

export type Values = Readonly<Record<string, string | number | boolean | null>>;

/**
 * What has to be done to an account so that it is what is wanted; its name apart (plan/users.ts). Pure.
 *
 *     wanted \ stored      none       active              disabled           missing, filtered, source-removed
 *     in, active           create     update              reactivate         return: reactivate
 *     in, disabled         -          deactivate          update             update, disabled
 *     in, active unknown   problem    update              update             update
 *     out                  -          deactivate          filtered           filtered
 *     absent               -          deactivate          missing            missing
 *     removed              -          deactivate          source-removed     source-removed
 *     unknown, failed      -          -                   -                  -
 *
 * "update" is a step only where an attribute differs. Whoever is held inactive by hand stays so. `onMissing` says what
 * "out" and "absent" do: as above, or delete the account, or keep it as it is. A source that is removed deletes its
 * accounts with `delete`, those held by hand included.
 */
export function change(stored: Stored | null, wanted: Wanted, onMissing: OnMissing): Step[] {
  if (stored === null) return wanted.is === 'in' && wanted.active === true ? [creation(wanted.attributes)] : [];
  if (wanted.is === 'unknown' || wanted.is === 'failed') return [];
  if (wanted.is === 'removed' && onMissing === 'delete') return [deletion(stored, 'source-removed')];
  if (HELD.has(stored.reason)) return wanted.is === 'in' ? update(stored, wanted.attributes) : [];
  if (wanted.is === 'removed') return leave(stored, 'source-removed');
  if (wanted.is === 'absent' || wanted.is === 'out') {
    const reason = wanted.is === 'absent' ? 'missing' : 'filtered';
    if (onMissing === 'keep') return [];
    return onMissing === 'delete' ? [deletion(stored, reason)] : leave(stored, reason);
  }
  const updates = update(stored, wanted.attributes);
  if (wanted.active === null) return updates;
  if (!wanted.active) return [...updates, ...leave(stored, 'disabled')];
  if (stored.active) return updates;
  const before = { active: false, inactiveReason: stored.reason };
  return [
    ...updates,
    { action: 'reactivate', reason: 'source', before, after: { active: true, inactiveReason: null } },
  ];
}

/** States that only a person ends. */
const HELD: ReadonlySet<InactiveReason | null> = new Set(['suspended', 'manual']);

/** Whether somebody in this state belongs to groups: disabled people do, hidden; absent and filtered ones do not. */
export function inScope(reason: InactiveReason | null): boolean {
  return reason !== 'missing' && reason !== 'filtered' && reason !== 'source-removed';
}

/** Takes an account away for good; what it was stands in the journal. */
export function deletion(stored: Stored, reason: Reason): Step {
  const before: Record<string, string | number | boolean | null> = {
    active: stored.active,
    inactiveReason: stored.reason,
  };
  for (const attribute of STANDARD_ATTRIBUTES) {
    const value = stored.attributes[attribute];
    if (value !== null) before[attribute] = value;
  }
  if (stored.managerId !== null) before.managerId = stored.managerId;
  return { action: 'delete', reason, before, after: null };
}

function creation(attributes: AccountAttributes): Step {
  const after: Record<string, string | boolean> = { active: true };
  for (const attribute of STANDARD_ATTRIBUTES) {
    const value = attributes[attribute];
    if (value !== null) after[attribute] = value;
  }
  return { action: 'create', reason: 'source', before: null, after };
}

function leave(stored: Stored, reason: 'missing' | 'filtered' | 'disabled' | 'source-removed'): Step[] {
  if (stored.reason === reason) return [];
  const before = { active: stored.active, inactiveReason: stored.reason };
  const after = { active: false, inactiveReason: reason };
  return [{ action: stored.active ? 'deactivate' : 'update', reason, before, after }];
}

function update(stored: Stored, wanted: AccountAttributes): Step[] {
  const before: Record<string, string | null> = {};
  const after: Record<string, string | null> = {};
  for (const attribute of FOLLOWING) {
    if (stored.attributes[attribute] === wanted[attribute]) continue;
    before[attribute] = stored.attributes[attribute];
    after[attribute] = wanted[attribute];
  }
  return Object.keys(after).length === 0 ? [] : [{ action: 'update', reason: 'source', before, after }];
}

const FOLLOWING: readonly StandardAttribute[] = STANDARD_ATTRIBUTES.filter((attribute) => attribute !== 'userName');
