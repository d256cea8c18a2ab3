import type { Db } from '../../directory/open.ts';
import { RuleFailure, type UserFacts } from '../../expressions/rule.ts';
import { BY_RULE } from '../../model/words.ts';
import { type MemberChange, memberOf, type PlanTable } from '../plan/table.ts';
import type { Bearers } from './bearers.ts';
import { type LocalBelonging, localBelonging } from './belonging.ts';
import { type LocalPerson, peoplePlanned } from './people.ts';
import { type LocalRule, ruleName } from './rules.ts';

/** What the evaluation left alone, and whom it looked at. */
export interface Evaluated {
  /** How many accounts were looked at, inactive ones included. */
  people: number;
  /** Rules that are at fault themselves, by the id of their group. */
  rules: ReadonlyMap<number, { name: string; why: string }>;
  /** What went wrong with single people, by what their problems hang on (people.ts). */
  failed: ReadonlyMap<number, string>;
  /** Of the people in `open`, those who were looked at. */
  seen: ReadonlySet<number>;
}

export interface Evaluating {
  db: Db;
  plan: PlanTable;
  rules: readonly LocalRule[];
  /** The synced groups as the plan makes them. */
  bearers: Bearers;
  /** The source that is planned, for accounts that it creates. */
  source: { name: string; type: string };
  /** Why memberships change, as an index into REASONS. */
  why: number;
  /** The people who have open problems, by what these hang on. */
  open: ReadonlySet<number>;
}

/** How accounts are in local groups, by hand or by rule. */
const MARKS = `SELECT m.account_id, m.group_id, m.how FROM json_each(?) j CROSS JOIN memberships m ON m.account_id = j.value
  WHERE m.how & 12`;

/**
 * Evaluates the rules over the accounts in the temporary table `local_todo`, as the plan makes them, and plans whom they
 * put into their groups and whom they take out. Only who is active then is asked about: others keep their marks, hidden.
 * Where a rule gives no answer about somebody, its mark stays as it is; the marks that hands made stay always.
 */
export function evaluateLocal(evaluating: Evaluating): Evaluated {
  const { db, plan, rules, open } = evaluating;
  const belonging = localBelonging(db, evaluating.bearers);
  const names = rules.some(({ rule }) => rule.reads.groups);
  const marks = db.prepare<[string], [number, number, number]>(MARKS).raw();
  const changes = new Changes();
  const failing = new Map<number, { name: string; why: string }>();
  const failed = new Map<number, string>();
  const seen = new Set<number>();
  let people = 0;
  for (const page of peoplePlanned(db, evaluating.source)) {
    people += page.length;
    const active = page.filter((person) => person.active);
    const ids = active.map(({ id }) => id);
    const groupsOf = names ? belonging.namesOf(ids) : undefined;
    const now = new Map<number, Map<number, number>>();
    for (const [account, group, how] of marks.all(JSON.stringify(ids))) {
      const list = now.get(account);
      if (list) list.set(group, how);
      else now.set(account, new Map([[group, how]]));
    }
    for (const { ref } of page) if (open.has(ref)) seen.add(ref);
    for (const person of active) {
      const facts = factsOf(person, belonging, groupsOf?.get(person.id) ?? []);
      const own: string[] = [];
      for (const { group, name, rule } of rules) {
        try {
          changes.bring(group, person.id, now.get(person.id)?.get(group) ?? 0, rule.evaluate(facts) === true);
        } catch (error) {
          if (!(error instanceof RuleFailure)) throw error;
          if (error.once) failing.set(group, { name, why: error.message });
          else own.push(`\`${ruleName(name)}\`: ${error.message}`);
        }
      }
      if (own.length > 0) failed.set(person.ref, own.join('; '));
    }
  }
  changes.flush(plan, evaluating.why);
  return { people, rules: failing, failed, seen };
}

/** What a rule is asked about an account. */
export function factsOf(person: LocalPerson, belonging: LocalBelonging, groups: readonly string[]): UserFacts {
  const { id, active, attributes, custom, source } = person;
  return {
    user: { id: String(id), active, attributes, extra: custom },
    source,
    // The configuration's check knows which there are; what no rule of the source made is null.
    asked: null,
    groups: () => groups,
    memberOf: (nameOrId) => belonging.memberOf(id, nameOrId),
  };
}

/** The marks of rules that come and go, by group. */
class Changes {
  readonly #groups = new Map<number, Record<MemberChange, number[]>>();

  /** Brings one membership, of bits as `memberships.how` has them, to what the rule says. */
  bring(group: number, account: number, how: number, wanted: boolean): void {
    const after = wanted ? how | BY_RULE : how & ~BY_RULE;
    if (after === how) return;
    if (how === 0) this.#of(group).add.push(memberOf(account, after));
    else if (after === 0) this.#of(group).drop.push(memberOf(account, how));
    else this.#of(group).update.push(memberOf(account, after));
  }

  flush(plan: PlanTable, why: number): void {
    for (const [group, { add, update, drop }] of [...this.#groups].sort(([a], [b]) => a - b)) {
      plan.changeMembers('add', group, add, why);
      plan.changeMembers('update', group, update, why);
      plan.changeMembers('drop', group, drop, why);
    }
  }

  #of(group: number): Record<MemberChange, number[]> {
    let lists = this.#groups.get(group);
    if (!lists) this.#groups.set(group, (lists = { add: [], update: [], drop: [] }));
    return lists;
  }
}
