import type { Failed } from '../shape.ts';
import type { Shaper } from '../shaper.ts';
import type { PlanTable } from './table.ts';

/** Raises what rules failed at: once for a rule that is at fault itself, else for each object. */
export function raiseFailed(
  plan: PlanTable,
  shaper: Shaper,
  object: 'user' | 'group',
  node: number,
  failed: readonly Failed[],
): void {
  const own: string[] = [];
  for (const { rule, why, once } of failed) {
    if (once)
      plan.problem('rule-failed', 'rule', shaper.numberOf(rule), `\`${rule}\` gives no answer: ${ended(why)} ${STAYS}`);
    else own.push(`\`${rule}\`: ${why}`);
  }
  if (own.length > 0)
    plan.problem('rule-failed', object, node, `A rule gives no answer here: ${ended(own.join('; '))} ${STAYS}`);
}

const ended = (sentence: string) => (sentence.endsWith('?') ? sentence : `${sentence}.`);
const STAYS = 'What it decides stays as it is, and nobody new gets in by it.';
