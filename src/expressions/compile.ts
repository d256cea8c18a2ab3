import type { Tables } from '../model/rules.ts';
import { checker } from './check.ts';
import { decide, decideFailure } from './decide.ts';
import { faultAt, type Noting, type Piece } from './piece.ts';
import {
  type Explained,
  type GroupFacts,
  type Kind,
  type Rule,
  RuleFailure,
  type UserFacts,
  type Value,
} from './rule.ts';
import { parse } from './syntax.ts';
import { fits, isList, named, type Type } from './types.ts';
import { textOf, toValue } from './values.ts';

/**
 * Reads and checks an expression of the Common Expression Language. Throws an ExpressionFault, whose range is where in
 * the text it is at fault.
 */
export function compile(text: string, kind: Kind, tables: Tables): Rule {
  const noting: Noting = {
    ...{ kind, tables, attributes: new Set(), fields: new Set(), memberOf: new Set(), tablesRead: new Set() },
    ...{ groups: false, n: false },
  };
  const piece = checker(noting)(parse(text), []);
  mustGive(piece, kind.gives);
  const evaluate = (facts: UserFacts | GroupFacts): Value => {
    const value = piece.run({ facts, locals: [], steps: 0 });
    return toValue(kind.gives === 'text' ? textOf(value) : value);
  };
  return {
    text,
    reads: {
      attributes: [...noting.attributes],
      fields: [...noting.fields],
      memberOf: [...noting.memberOf],
      groups: noting.groups,
      tables: [...noting.tablesRead],
      n: noting.n,
    },
    evaluate,
    explain: (facts) => explained(piece, text, facts, evaluate),
  };
}

function mustGive(piece: Piece, gives: Kind['gives']): void {
  const { type, node } = piece;
  if (gives === 'bool' && type !== 'bool') {
    const hint = type === 'value' || type === 'text' ? '; compare it, as in `… == "x"`' : '';
    throw faultAt(node, `a filter is true or false, and this is ${named(type)}${hint}`);
  }
  if (gives === 'text' && !fits(type, 'text')) {
    const hint =
      type === 'int' || type === 'double' || type === 'bool'
        ? '; write `string(…)` around it'
        : isList(type)
          ? '; take `.first()` of it or `.join(", ")` it'
          : '';
    throw faultAt(node, `this attribute is a text, and this is ${named(type)}${hint}`);
  }
  if (gives === 'any' && !isAttribute(type))
    throw faultAt(node, `an attribute is a text, a number, true or false, or a list of these; this is ${named(type)}`);
}

const isAttribute = (type: Type): boolean => type === 'bool' || fits(type, 'value');

function explained(
  piece: Piece,
  text: string,
  facts: UserFacts | GroupFacts,
  evaluate: (facts: UserFacts | GroupFacts) => Value,
): Explained {
  try {
    return { value: evaluate(facts), failure: null, decided: decide(piece, text, facts) };
  } catch (error) {
    if (!(error instanceof RuleFailure)) throw error;
    return { value: undefined, failure: error.message, decided: decideFailure(piece, text, facts, error.message) };
  }
}
