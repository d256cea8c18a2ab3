import type { Db } from '../directory/open.ts';
import type { Rule, UserFacts } from '../expressions/rule.ts';
import { bearersNow } from './local/bearers.ts';
import { localBelonging } from './local/belonging.ts';
import { factsOf } from './local/evaluate.ts';
import { peoplePlanned } from './local/people.ts';
import { NO_SOURCE } from './local/problems.ts';
import { appliedRules, type Compile, ruleName } from './local/rules.ts';
import { addPeople, clearTodo } from './local/todo.ts';
import { planTable } from './plan/table.ts';

export type { Compile };
export { NO_SOURCE };

const RULE = 'SELECT name, rule FROM groups WHERE id = ? AND source_id IS NULL AND removed_at IS NULL';

/** One sentence on what no source keeps: an account or a group that was made by hand, or a group by rule. */
export function localVerdict(db: Db, object: 'user' | 'group', id: number | null): string {
  const group =
    object === 'group' && id !== null
      ? db.prepare<[number], { name: string; rule: string | null }>(RULE).get(id)
      : undefined;
  if (!group || group.rule === null) return 'It was made by hand: no pass ever touches it.';
  return `It stands in the configuration file: who is in it, \`${ruleName(group.name)}\` says, \`${group.rule}\`, and whoever was put into it by hand stays.`;
}

/**
 * The rules of local groups that were applied last, with what each is asked about an account; none where it is not
 * active, since nobody is asked then. Writes temporary tables only.
 */
export function localRules(
  db: Db,
  account: number,
  compile: Compile,
): { name: string; rule: Rule; facts: UserFacts }[] {
  const rules = appliedRules(db, compile);
  if (rules.length === 0) return [];
  planTable(db);
  clearTodo(db);
  addPeople(db, [account]);
  const belonging = localBelonging(db, bearersNow(db));
  for (const [person] of peoplePlanned(db, { name: '', type: '' })) {
    if (!person?.active) return [];
    const facts = factsOf(person, belonging, belonging.namesOf([account]).get(account) ?? []);
    return rules.map(({ name, rule }) => ({ name: ruleName(name), rule, facts }));
  }
  return [];
}
