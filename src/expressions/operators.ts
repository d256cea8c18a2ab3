import { faultAt, type Piece, type Run, spendOn } from './piece.ts';
import { RuleFailure } from './rule.ts';
import type { Node } from './syntax.ts';
import { either, fits, isList, isNumber, isPlain, named, type Type } from './types.ts';
import { bounded, type Computed, exact, listOf, numberOf, order, same, textOf } from './values.ts';

/** A typed operation on two checked parts; throws an ExpressionFault where their types do not fit. */
export function binary(node: Node, op: string, a: Piece, b: Piece): { type: Type; run: Run } {
  if (op === '==' || op === '!=') return equality(node, op === '==', a, b);
  if (op === 'in') return membership(node, a, b);
  if (op === '+' && (isText(a.type) || isText(b.type))) return concatenation(node, a, b);
  if (op === '+' && isList(a.type) && isList(b.type)) return joined(node, a, b);
  return op in COMPARED ? comparison(node, op, a, b) : arithmetic(node, op, a, b);
}

const isText = (type: Type) => type === 'text';

function equality(node: Node, equal: boolean, a: Piece, b: Piece) {
  const type = either(a.type, b.type);
  if (type === null || !(isPlain(type) || isList(type)))
    throw faultAt(node, `${named(a.type)} and ${named(b.type)} are never the same`);
  const { run: left } = a;
  const { run: right } = b;
  // Nearly every comparison is with a literal.
  if (b.node.op === 'value' && a.type === 'text') {
    const literal = right({ facts: NOBODY, locals: [], steps: 0 });
    const run: Run = equal ? (frame) => left(frame) === literal : (frame) => left(frame) !== literal;
    return { type: 'bool' as const, run };
  }
  const run: Run = (frame) => same(left(frame), right(frame)) === equal;
  return { type: 'bool' as const, run };
}

// A literal looks at nobody.
const NOBODY = null as never;

function membership(node: Node, a: Piece, b: Piece) {
  if (b.type === 'text') throw faultAt(b.node, 'after `in` stands a list; to look into a text, write `.contains("…")`');
  if (!isList(b.type) && b.type !== 'value') throw faultAt(b.node, `after \`in\` stands a list, not ${named(b.type)}`);
  if (isList(b.type) && either(a.type, b.type.list) === null && a.type !== 'value' && b.type.list !== 'value')
    throw faultAt(node, `${named(a.type)} is never in ${named(b.type)}`);
  const { run: one } = a;
  const { run: many } = b;
  const run: Run = (frame) => {
    const wanted = one(frame);
    const list = listOf(many(frame));
    spendOn(frame, list);
    return list.some((value) => same(value, wanted));
  };
  return { type: 'bool' as const, run };
}

function concatenation(node: Node, a: Piece, b: Piece) {
  for (const side of [a, b]) {
    if (isNumber(side.type))
      throw faultAt(side.node, 'a number cannot be added to a text; write `string(…)` around it');
    if (!fits(side.type, 'text')) throw faultAt(node, `${named(a.type)} and ${named(b.type)} cannot be added`);
  }
  const { run: left } = a;
  const { run: right } = b;
  const run: Run = (frame) => {
    const before = textOf(left(frame));
    if (before === null) return null;
    const after = textOf(right(frame));
    return after === null ? null : bounded(before + after);
  };
  return { type: 'text' as const, run };
}

function joined(node: Node, a: Piece, b: Piece) {
  const type = either(a.type, b.type);
  if (type === null) throw faultAt(node, `${named(a.type)} and ${named(b.type)} cannot be added`);
  const run: Run = (frame) => {
    const both = [...listOf(a.run(frame)), ...listOf(b.run(frame))];
    spendOn(frame, both);
    return both;
  };
  return { type, run };
}

const COMPARED: Readonly<Record<string, (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

function comparison(node: Node, op: string, a: Piece, b: Piece) {
  const type = either(a.type, b.type);
  const fit = type === 'text' || type === 'value' || (type !== null && isNumber(type));
  if (!fit) throw faultAt(node, `${named(a.type)} and ${named(b.type)} cannot be compared`);
  const holds = COMPARED[op] ?? (() => false);
  const run: Run = (frame) => {
    const difference = order(a.run(frame), b.run(frame));
    return difference !== null && holds(difference);
  };
  return { type: 'bool' as const, run };
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number, whole: boolean) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b, whole) => (whole ? Math.trunc(a / b) : a / b),
  '%': (a, b) => a % b,
};

function arithmetic(node: Node, op: string, a: Piece, b: Piece) {
  const calculate = ARITHMETIC[op];
  if (!calculate) throw faultAt(node, `\`${op}\` is no operator here`);
  const numeric = (type: Type) => isNumber(type) || type === 'value';
  if (!numeric(a.type) || !numeric(b.type)) {
    const what = op === '+' ? 'cannot be added' : `have no \`${op}\``;
    throw faultAt(node, `${named(a.type)} and ${named(b.type)} ${what}`);
  }
  const whole = a.type === 'int' && b.type === 'int';
  const mayBeWhole = a.type !== 'double' && b.type !== 'double' && op !== '/';
  const run: Run = (frame) => {
    const left = a.run(frame);
    const right = b.run(frame);
    // Two attributes of any kind: texts are added as texts.
    if (op === '+' && typeof left === 'string' && typeof right === 'string') return bounded(left + right);
    const x = numberOf(left);
    const y = numberOf(right);
    if (x === null || y === null) return null;
    return exact(calculate(x, y, whole), whole || (mayBeWhole && Number.isInteger(x) && Number.isInteger(y)));
  };
  return {
    type: a.type === 'value' && b.type === 'value' ? ('value' as const) : (either(a.type, b.type) ?? 'double'),
    run,
  };
}

/** `&&` and `||`: where one side gives no answer, the other may still decide, as CEL says. */
export function logical(and: boolean, a: Piece, b: Piece): { type: Type; run: Run } {
  for (const side of [a, b]) mustBeBool(side, `\`${and ? '&&' : '||'}\` stands between two that are true or false`);
  const { run: left } = a;
  const { run: right } = b;
  const decides = !and;
  const run: Run = (frame) => {
    let first: Computed;
    try {
      first = left(frame);
    } catch (error) {
      if (!(error instanceof RuleFailure)) throw error;
      if (right(frame) === decides) return decides;
      throw error;
    }
    return first === decides ? decides : right(frame);
  };
  return { type: 'bool', run };
}

export function mustBeBool(piece: Piece, where: string): void {
  if (piece.type === 'bool') return;
  const hint =
    piece.type === 'value'
      ? '; compare it, as in `… == "true"`'
      : piece.type === 'text'
        ? '; compare it, as in `… == "x"`'
        : '';
  throw faultAt(piece.node, `${where}, and this is ${named(piece.type)}${hint}`);
}
