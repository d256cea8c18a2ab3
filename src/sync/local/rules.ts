import type { Db } from '../../directory/open.ts';
import type { compile } from '../../expressions/compile.ts';
import { ExpressionFault, type Rule, RuleFailure } from '../../expressions/rule.ts';
import type { Tables } from '../../model/rules.ts';
import { localState, storedRules } from './stored.ts';

/** What compiles expressions; loaded only where there are any. */
export type Compile = typeof compile;

/** The rule of one local group, compiled. */
export interface LocalRule {
  group: number;
  name: string;
  rule: Rule;
}

/** Rules were stored after this pass had looked whether there are any. */
class RulesAppeared extends Error {}

/** How a rule is called: in messages, and as `rule` in the journal. */
export const ruleName = (group: string): string => `localGroups[${group}]`;

/**
 * Calls `act` with what compiles the rules of local groups, or with null where the directory has none: the language is
 * loaded only for them. `act` is called once more where rules were stored meanwhile.
 */
export async function withLanguage<T>(db: Db, act: (compile: Compile | null) => Promise<T>): Promise<T> {
  const load = async () => (await import('../../expressions/compile.ts')).compile;
  try {
    return await act(storedRules(db).length === 0 ? null : await load());
  } catch (error) {
    if (!(error instanceof RulesAppeared)) throw error;
    return await act(await load());
  }
}

/** The rules that were applied last, compiled; part of the one transaction of a pass. */
export function appliedRules(db: Db, compile: Compile | null): LocalRule[] {
  const stored = storedRules(db);
  if (stored.length === 0) return [];
  if (compile === null) throw new RulesAppeared('local rules were stored meanwhile');
  const { tables } = localState(db);
  return stored.map(({ id, name, rule }) => ({ group: id, name, rule: compiled(rule, tables, compile) }));
}

/** A stored rule that this release does not take gives no answer, and changes nobody. */
export function compiled(text: string, tables: Tables, compile: Compile): Rule {
  try {
    return compile(text, { on: 'user', gives: 'bool' }, tables);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    const fail = () => {
      throw new RuleFailure(`${error.message}; this release cannot read it`, true);
    };
    const reads = { attributes: [], fields: [], memberOf: [], groups: false, tables: [], n: false };
    return { text, reads, evaluate: fail, explain: fail };
  }
}
