import { fold } from '../../directory/names.ts';
import type { InactiveReason } from '../../model/words.ts';
import { inScope, type Step } from '../change.ts';
import type { Holders } from './holders.ts';
import type { People } from './people.ts';
import type { PlanTable } from './table.ts';

/** Adds the steps for one account, and keeps up with what they mean for groups, names and managers. */
export function addSteps(
  plan: PlanTable,
  people: People,
  holders: Holders,
  account: { node: number; id: number; name: string | null },
  steps: readonly Step[],
): void {
  const { node, id, name } = account;
  for (const step of steps) {
    plan.add({ ...step, object: 'user', id, name, related: null, node });
    if (step.action === 'delete') {
      people.leaves(node, step.reason);
      people.forget(node);
      // Whoever let go of a name may bear what somebody else holds.
      if (name !== null && holders.of(fold(name)) === id) holders.release(fold(name), id);
    }
    if (step.after?.manager !== undefined) people.managers.set(id, step.after.manager as string | null);
    if (step.after?.active !== undefined) holders.activity.set(id, step.after.active === true);
    if (step.after?.inactiveReason === undefined) continue;
    // Written by change.ts.
    const reason = step.after.inactiveReason as InactiveReason | null;
    if (inScope(reason)) people.joins(node, id);
    else people.leaves(node, step.reason);
  }
}
