import { type Rule, RuleFailure, type UserFacts } from '../expressions/rule.ts';
import { asText } from './values.ts';

/** The user names that a list of expressions gives after its first. */
export interface OtherNames {
  /** Whether one of them is this name: then whoever bears it keeps it. */
  include(name: string): boolean;
  /**
   * In the order of the list; the last expression once for each number where it uses `n`. `reached` remembers, by the
   * name with the first number, how far others of the same plan came: what they tried is taken.
   */
  values(reached: Map<string, number>): Generator<string>;
}

/** The largest `n` that is tried for somebody. */
const MOST = 9999;

/** @param rules the whole list, the first included */
export function otherNames(rules: readonly Rule[], facts: UserFacts): OtherNames {
  const plain = rules.filter((rule) => !rule.reads.n);
  const numbered = rules.filter((rule) => rule.reads.n);
  return {
    include(name) {
      if (plain.some((rule) => nameBy(rule, facts) === name)) return true;
      return numbered.some((rule) => numbersIn(name).some((n) => nameBy(rule, { ...facts, n }) === name));
    },
    *values(reached) {
      for (const rule of plain.slice(1)) {
        const value = nameBy(rule, facts);
        if (value !== null) yield value;
      }
      for (const rule of numbered) {
        const first = nameBy(rule, { ...facts, n: 2 });
        if (first === null) continue;
        for (let n = reached.get(first) ?? 2; n <= MOST; n++) {
          const value = nameBy(rule, { ...facts, n });
          if (value === null) break;
          reached.set(first, n);
          yield value;
        }
      }
    },
  };
}

/** Null where the expression gives none, or fails: then it is not this one that names the account. */
function nameBy(rule: Rule, facts: UserFacts): string | null {
  try {
    return asText(rule.evaluate(facts)) ?? null;
  } catch (error) {
    if (error instanceof RuleFailure) return null;
    throw error;
  }
}

/** Every number from 2 that stands somewhere in the digits of a name: the only ones that can have made it. */
function numbersIn(name: string): number[] {
  const found = new Set<number>();
  for (const [digits] of name.matchAll(/\d+/g)) {
    for (let from = 0; from < digits.length; from++) {
      for (let to = from + 1; to <= Math.min(digits.length, from + 4); to++) {
        const n = Number(digits.slice(from, to));
        if (n >= 2) found.add(n);
      }
    }
  }
  return [...found];
}
