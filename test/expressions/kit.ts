import { compile } from '../../src/expressions/compile.ts';
import {
  ExpressionFault,
  type GroupFacts,
  type Kind,
  RuleFailure,
  type UserFacts,
  type Value,
} from '../../src/expressions/rule.ts';
import type { Tables } from '../../src/model/rules.ts';
import type { Extra, StandardAttribute } from '../../src/model/user.ts';
import { NO_ATTRIBUTES } from '../../src/sync/record.ts';

export interface Person extends Partial<Record<StandardAttribute, string | null>> {
  id?: string;
  active?: boolean | null;
  groups?: readonly string[];
  extra?: Record<string, Extra>;
  /** Left out: everything was asked for. */
  asked?: readonly string[];
  n?: number;
}

export const TABLES: Tables = { site: { OSL: 'Oslo', BGO: 'Bergen', __proto__x: 'x' }, empty: {} };

export function factsOf({
  id = 'u-1',
  active = true,
  groups = [],
  extra = {},
  asked,
  n,
  ...attributes
}: Person): UserFacts {
  return {
    user: { id, active, attributes: { ...NO_ATTRIBUTES, ...attributes }, extra },
    source: { name: 'corp', type: 'keycloak' },
    asked: asked ? new Set(asked) : null,
    groups: () => groups,
    memberOf: (name) => {
      if (name === 'Nowhere') throw new RuleFailure('no group is called `Nowhere`', true);
      return groups.includes(name);
    },
    ...(n !== undefined && { n }),
  };
}

export const groupFacts = (name: string, more: object = {}): GroupFacts => ({
  group: { id: 'g-1', name, description: null, type: null, email: null, extra: {}, ...more },
  source: { name: 'corp', type: 'keycloak' },
  asked: null,
});

/** The value of an expression about somebody, as a custom attribute; a failure is `!` and its sentence. */
export function given(text: string, person: Person = {}, kind: Kind = { on: 'user', gives: 'any', n: true }): Value {
  try {
    return compile(text, kind, TABLES).evaluate(factsOf(person));
  } catch (error) {
    if (error instanceof RuleFailure) return `! ${error.message}`;
    throw error;
  }
}

/** The fault of an expression: the part that it points at, and the sentence. */
export function faultOf(text: string, kind: Kind = { on: 'user', gives: 'any' }): string {
  try {
    compile(text, kind, TABLES);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return `«${text.slice(error.start, error.end)}» ${error.message}`;
  }
}
