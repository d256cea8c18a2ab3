import { type Extra, STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import type { Action, InactiveReason, Reason } from '../model/words.ts';
import type { AccountAttributes, Custom, Shaped } from './shape.ts';
import { sameValue } from './values.ts';

/** One source's user as the directory holds it: what its rules made of it, and the account. */
export interface Stored {
  active: boolean;
  reason: InactiveReason | null;
  attributes: AccountAttributes;
  custom: Readonly<Record<string, Extra>>;
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
  /** The rule that decided, where one did. */
  rule?: string;
}

/**
 * `attributes` holds the custom ones that differ; null is one that is not there. `sources` are the ids at the source of
 * the groups that one of the directory's is made of, told where they are not one and always the same.
 */
export type Values = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | Readonly<Record<string, Extra>>>
>;

/**
 * What has to be done to an account so that it is what is wanted; its name apart (plan/users.ts). Pure.
 *
 *     wanted \ stored      none       active              disabled           missing, filtered, source-removed
 *     in, active           create     update              reactivate         return: reactivate
 *     in, disabled         -          deactivate          update             update, disabled
 *     in, active unknown   problem    update              update             update
 *     out                  -          deactivate          filtered           filtered
 *     out, disabled        -          deactivate          -                  disabled
 *     unsure               -          update              update             -
 *     unsure, disabled     -          deactivate          update             update, disabled
 *     absent               -          deactivate          missing            missing
 *     removed              -          deactivate          source-removed     source-removed
 *     unknown              -          -                   -                  -
 *
 * "update" is a step only where an attribute differs; an attribute whose rule failed does not. A disabled user whom the
 * filter also leaves out is disabled. Whoever is held inactive by hand stays so. `onMissing` says what
 * "out" and "absent" do: as above, or delete the account, or keep it as it is. A source that is removed deletes its
 * accounts with `delete`, those held by hand included.
 */
export function change(stored: Stored | null, wanted: Wanted, onMissing: OnMissing): Step[] {
  if (stored === null) return wanted.is === 'in' && wanted.active === true ? [creation(wanted)] : [];
  if (wanted.is === 'unknown') return [];
  if (wanted.is === 'removed' && onMissing === 'delete') return [deletion(stored, 'source-removed')];
  if (HELD.has(stored.reason)) return wanted.is === 'in' || wanted.is === 'unsure' ? update(stored, wanted) : [];
  if (wanted.is === 'removed') return leave(stored, 'source-removed');
  if (wanted.is === 'out' && wanted.active === false) return leave(stored, 'disabled');
  if (wanted.is === 'absent' || wanted.is === 'out') {
    const reason = wanted.is === 'absent' ? 'missing' : 'filtered';
    if (onMissing === 'keep') return [];
    const steps = onMissing === 'delete' ? [deletion(stored, reason)] : leave(stored, reason);
    return wanted.is === 'out' ? steps.map((step) => ({ ...step, rule: wanted.rule })) : steps;
  }
  // Nobody can tell whether whoever is out of scope may come back.
  if (wanted.is === 'unsure' && wanted.active !== false && !inScope(stored.reason)) return [];
  const updates = update(stored, wanted);
  if (wanted.active === null) return updates;
  if (!wanted.active) return [...updates, ...leave(stored, 'disabled')];
  if (stored.active || wanted.is === 'unsure') return updates;
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
  const before: Record<string, Values[string]> = {
    active: stored.active,
    inactiveReason: stored.reason,
  };
  for (const attribute of STANDARD_ATTRIBUTES) {
    const value = stored.attributes[attribute];
    if (value !== null) before[attribute] = value;
  }
  if (stored.managerId !== null) before.managerId = stored.managerId;
  if (Object.keys(stored.custom).length > 0) before.attributes = stored.custom;
  return { action: 'delete', reason, before, after: null };
}

function creation({ attributes, custom }: Extract<Shaped, { is: 'in' }>): Step {
  const after: Record<string, Values[string]> = { active: true };
  for (const attribute of STANDARD_ATTRIBUTES) {
    const value = attributes[attribute];
    if (value !== null && value !== undefined) after[attribute] = value;
  }
  const set = Object.entries(custom).flatMap(([name, value]) => (value == null ? [] : [[name, value] as const]));
  if (set.length > 0) after.attributes = Object.fromEntries(set);
  return { action: 'create', reason: 'source', before: null, after };
}

function leave(stored: Stored, reason: 'missing' | 'filtered' | 'disabled' | 'source-removed'): Step[] {
  if (stored.reason === reason) return [];
  const before = { active: stored.active, inactiveReason: stored.reason };
  const after = { active: false, inactiveReason: reason };
  return [{ action: stored.active ? 'deactivate' : 'update', reason, before, after }];
}

function update(stored: Stored, wanted: Pick<Extract<Shaped, { is: 'in' }>, 'attributes' | 'custom'>): Step[] {
  const before: Record<string, Values[string]> = {};
  const after: Record<string, Values[string]> = {};
  for (const attribute of FOLLOWING) {
    const value = wanted.attributes[attribute];
    if (value === undefined || stored.attributes[attribute] === value) continue;
    before[attribute] = stored.attributes[attribute];
    after[attribute] = value;
  }
  const custom = customChanges(stored.custom, wanted.custom);
  if (custom) {
    before.attributes = custom.before;
    after.attributes = custom.after;
  }
  return Object.keys(after).length === 0 ? [] : [{ action: 'update', reason: 'source', before, after }];
}

/** The custom attributes that differ, those that no rule makes any more included. */
function customChanges(stored: Stored['custom'], wanted: Custom) {
  const before: Record<string, Extra> = {};
  const after: Record<string, Extra> = {};
  for (const name of new Set([...Object.keys(stored), ...Object.keys(wanted)])) {
    const was = stored[name] ?? null;
    const value = name in wanted ? wanted[name] : null;
    if (value === undefined || sameValue(was, value)) continue;
    before[name] = was;
    after[name] = value;
  }
  return Object.keys(after).length === 0 ? null : { before, after };
}

const FOLLOWING: readonly StandardAttribute[] = STANDARD_ATTRIBUTES.filter((attribute) => attribute !== 'userName');
