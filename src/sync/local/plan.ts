import type { Db } from '../../directory/open.ts';
import { REASONS } from '../../model/words.ts';
import type { PlanTable } from '../plan/table.ts';
import { bearersPlanned } from './bearers.ts';
import { evaluateLocal } from './evaluate.ts';
import { failedSentence, noteFailures, openPeople } from './problems.ts';
import type { LocalRule } from './rules.ts';
import { anyTodo, listTouched } from './todo.ts';

/** What a pass of a source found of the rules of local groups. */
export interface LocalPlan {
  /** Rules that are at fault themselves: a sentence each. */
  faults: readonly string[];
  /** Brings their problems to what was found; only where the plan was applied. */
  note(runId: number): void;
}

const WHY = REASONS.indexOf('source');

/**
 * Adds to the plan of a source what the rules of local groups make of the accounts that it touches; part of the one
 * transaction of a pass, after the plan and before limits. The rules are those that were applied last.
 */
export function planLocal(
  db: Db,
  plan: PlanTable,
  source: { name: string; type: string },
  rules: readonly LocalRule[],
): LocalPlan | null {
  if (rules.length === 0 || plan.isEmpty()) return null;
  const bearers = bearersPlanned(db);
  const everybody = listTouched(db, rules, bearers);
  if (!anyTodo(db)) return null;
  const found = evaluateLocal({ db, plan, rules, bearers, source, why: WHY, open: openPeople(db) });
  return {
    faults: [...found.rules.values()].map(({ name, why }) => failedSentence(name, why)),
    note: (runId) => noteFailures(db, runId, found, everybody),
  };
}
