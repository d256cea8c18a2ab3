import { didYouMean } from '../model/near.ts';
import { FUNCTION_NAMES, unknownCall } from './names.ts';
import { type Check, faultAt, type Noting, type Piece, type Run, type Scope } from './piece.ts';
import { RuleFailure } from './rule.ts';
import { size } from './strings.ts';
import type { Node } from './syntax.ts';
import { either, fits, isList, isPlain, named, type Type } from './types.ts';
import { bounded, type Computed, textOf } from './values.ts';

/** A function that is called with checked arguments. */
type Make = (node: Node, args: readonly Piece[], noting: Noting) => Piece;

/** Every function, by its name. */
const FUNCTIONS: Readonly<Record<(typeof FUNCTION_NAMES)[number], Make>> = {
  coalesce,
  lookup,
  has,
  size: (node, args) => {
    const [one] = exactly(node, 'size(x)', args, 1);
    if (!isList(one.type) && !fits(one.type, 'text'))
      throw faultAt(one.node, `\`size\` is asked of a text or a list, not of ${named(one.type)}`);
    return of(node, 'int', args, (value) => (Array.isArray(value) ? value.length : size(textOf(value) ?? '')));
  },
  string: (node, args) => {
    const [one] = exactly(node, 'string(x)', args, 1);
    if (!isPlain(one.type)) throw faultAt(one.node, `\`string\` makes a text of a number, not of ${named(one.type)}`);
    return of(node, 'text', args, textOf);
  },
  int: (node, args) => numeric(node, 'int', args),
  double: (node, args) => numeric(node, 'double', args),
  bool: (node, args) => {
    const [one] = exactly(node, 'bool(x)', args, 1);
    if (!isPlain(one.type)) throw faultAt(one.node, `\`bool\` reads a text, not ${named(one.type)}`);
    return of(node, 'bool', args, (value) => {
      const text = textOf(value)?.trim().toLowerCase();
      if (text === 'true' || text === '1' || text === 'yes') return true;
      if (text === 'false' || text === '0' || text === 'no' || text === undefined) return false;
      throw new RuleFailure('`bool` reads true or false, and this is another text');
    });
  },
};

export function callFunction(
  node: Node,
  name: string,
  args: readonly Node[],
  scope: Scope,
  check: Check,
  noting: Noting,
): Piece {
  const known = FUNCTION_NAMES.find((one) => one === name);
  if (!known) throw faultAt({ start: node.start, end: node.start + name.length }, unknownCall(name, false));
  return FUNCTIONS[known](
    node,
    args.map((arg) => check(arg, scope)),
    noting,
  );
}

function exactly(node: Node, like: string, args: readonly Piece[], n: 1): readonly [Piece] {
  const [first] = args;
  if (!first || args.length !== n) throw faultAt(node, `it is written \`${like}\``);
  return [first];
}

function of(node: Node, type: Type, args: readonly Piece[], calculate: (value: Computed) => Computed): Piece {
  const run = args[0]?.run ?? (() => null);
  return { node, type, kids: args, run: (frame) => calculate(run(frame)) };
}

function numeric(node: Node, name: 'int' | 'double', args: readonly Piece[]): Piece {
  const [one] = exactly(node, `${name}(x)`, args, 1);
  if (!isPlain(one.type)) throw faultAt(one.node, `\`${name}\` reads a text or a number, not ${named(one.type)}`);
  return of(node, name, args, (value) => {
    const text = textOf(value)?.trim();
    if (text === undefined || text === '') return null;
    const number = name === 'int' ? Math.trunc(Number(text)) : Number(text);
    if (!/^[-+]?\d+(\.\d+)?$/.test(text) || !Number.isSafeInteger(Math.trunc(number)))
      throw new RuleFailure(`\`${name}\` reads a number, and this text is none`);
    return number;
  });
}

/** The first that is there; an empty text is not. The others are not looked at. */
function coalesce(node: Node, args: readonly Piece[]): Piece {
  let type: Type | null = 'null';
  for (const arg of args) {
    if (!isPlain(arg.type) || arg.type === 'bool')
      throw faultAt(arg.node, `\`coalesce\` takes what may be missing, not ${named(arg.type)}`);
    type = either(type, arg.type);
    if (type === null) throw faultAt(arg.node, `all of \`coalesce\` is of one kind; this is ${named(arg.type)}`);
  }
  if (args.length === 0) throw faultAt(node, 'it is written `coalesce(a, b, …)`');
  const runs = args.map(({ run }) => run);
  const run: Run = (frame) => {
    for (const one of runs) {
      const value = one(frame);
      if (value !== null && value !== '') return value;
    }
    return null;
  };
  return { node, type, kids: args, run };
}

/** What a table of the file has under a key; else the default, else nothing. */
function lookup(node: Node, args: readonly Piece[], { tables, tablesRead }: Noting): Piece {
  const [name, key, other, ...more] = args;
  if (!name || !key || more.length > 0)
    throw faultAt(node, 'it is written `lookup("table", key)` or `lookup("table", key, default)`');
  const called = name.node.op === 'value' ? name.node.args : undefined;
  if (typeof called !== 'string') throw faultAt(name.node, 'the name of the table stands in quotes');
  const table = Object.hasOwn(tables, called) ? tables[called] : undefined;
  if (!table) {
    const known = Object.keys(tables);
    const others =
      known.length === 0 ? '; the file has no `tables:`' : `; there are ${known.map((one) => `\`${one}\``).join(', ')}`;
    throw faultAt(name.node, `there is no table \`${called}\`${didYouMean(called, known) || others}`);
  }
  if (!fits(key.type, 'text')) throw faultAt(key.node, `a key of a table is a text, not ${named(key.type)}`);
  if (other && !fits(other.type, 'text'))
    throw faultAt(other.node, `the default is a text, as what the table holds; this is ${named(other.type)}`);
  tablesRead.add(called);
  const entries = new Map(Object.entries(table));
  const run: Run = (frame) => {
    const wanted = textOf(key.run(frame));
    const found = wanted === null ? undefined : entries.get(wanted);
    return found ?? (other ? textOf(other.run(frame)) : null);
  };
  return {
    node,
    type: 'text',
    kids: args,
    run: (frame) => {
      const value = run(frame);
      return typeof value === 'string' ? bounded(value) : value;
    },
  };
}

function has(node: Node, args: readonly Piece[]): Piece {
  const [one] = exactly(node, 'has(user.department)', args, 1);
  if (!one.leaf || isList(one.type) || one.type === 'bool')
    throw faultAt(one.node, '`has` asks whether an attribute is there, as in `has(user.department)`');
  return of(node, 'bool', args, (value) => value !== null);
}
