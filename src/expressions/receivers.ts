import { METHODS, type Method } from './methods.ts';
import { unknownCall } from './names.ts';
import { type Pattern, pattern } from './patterns.ts';
import { faultAt, type Piece, type Run, spend, spendOn } from './piece.ts';
import type { Node } from './syntax.ts';
import { fits, isList, named, type Type } from './types.ts';
import { type Computed, listOf, textOf } from './values.ts';

/** Methods whose first argument is a regular expression. */
const PATTERNS = { matches: 1, regexReplace: 2 } as const;

/** `user.email.domain()` */
export function callMethod(node: Node, name: string, object: Piece, args: readonly Piece[]): Piece {
  const place = nameOf(node, object, name);
  if (name === 'matches' || name === 'regexReplace') return withPattern(node, place, name, object, args);
  const overloads = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (!overloads) throw faultAt(place, unknownCall(name, true));
  const method = overloads.find(({ on }) => takes(object.type, on));
  const [any] = overloads;
  if (!method || !any) {
    const hint = name === 'contains' && isList(object.type) ? '; write `x in list`' : '';
    throw faultAt(
      place,
      `\`${name}\` is asked of ${any?.on === 'list' ? 'a list' : 'a text'}, not of ${named(object.type)}${hint}`,
    );
  }
  const least = method.least ?? method.takes.length;
  if (args.length < least || args.length > method.takes.length)
    throw faultAt(
      node,
      `\`${name}\` is written ${method.like}: ${method.takes.length === 0 ? 'nothing stands in its brackets' : 'look at what stands in its brackets'}`,
    );
  args.forEach((arg, at) => {
    const wanted = method.takes[at] ?? 'text';
    if (!fits(arg.type, wanted))
      throw faultAt(
        arg.node,
        `\`${name}\` takes ${named(wanted)} here, as in ${method.like}; this is ${named(arg.type)}`,
      );
  });
  return { node, type: resultOf(method, object.type), kids: [object, ...args], run: runner(method, object, args) };
}

const takes = (type: Type, on: 'text' | 'list'): boolean =>
  on === 'list' ? isList(type) || type === 'value' : type === 'text' || type === 'value' || type === 'null';

function resultOf({ gives }: Method, type: Type): Type {
  if (gives !== 'element') return gives;
  const inner = isList(type) ? type.list : 'value';
  // An empty list has no first, and true or false is never nothing.
  return inner === 'bool' ? 'value' : inner;
}

/** Where the name stands: for faults about it. */
function nameOf(node: Node, object: Piece, name: string): { start: number; end: number } {
  const at = node.input.indexOf(name, object.node.end);
  return at === -1 ? node : { start: at, end: at + name.length };
}

function runner(method: Method, object: Piece, args: readonly Piece[]): Run {
  const { run: receiver } = object;
  const call = method.run as (...values: Computed[]) => Computed;
  const { ofNull } = method;
  if (method.on === 'list') {
    const [first] = args;
    return (frame) => {
      const list = listOf(receiver(frame));
      if (!first) return call(list);
      spendOn(frame, list);
      const value = textOf(first.run(frame));
      return value === null ? null : call(list, value);
    };
  }
  const read: Run = object.type === 'value' ? (frame) => textOf(receiver(frame)) : receiver;
  const readers = args.map(({ run, type }, at): Run => {
    const wanted = method.takes[at];
    return wanted === 'text' && type === 'value' ? (frame) => textOf(run(frame)) : run;
  });
  const [first, second] = readers;
  if (!first) {
    return (frame) => {
      const value = read(frame);
      if (value === null) return ofNull;
      // The receiver of a method of texts is a text.
      spendOn(frame, value as string);
      return call(value);
    };
  }
  return (frame) => {
    const value = read(frame);
    if (value === null) return ofNull;
    spendOn(frame, value as string);
    const one = whole(first(frame), method.takes[0]);
    if (one === null) return ofNull;
    if (!second) return call(value, one);
    const two = whole(second(frame), method.takes[1]);
    return two === null ? ofNull : call(value, one, two);
  };
}

/** An attribute of any kind where a number is asked for. */
function whole(value: Computed, wanted: Type | undefined): Computed {
  if (wanted !== 'int' || typeof value === 'number') return value;
  const number = value === null ? Number.NaN : Number(textOf(value));
  return Number.isSafeInteger(number) ? number : null;
}

function withPattern(
  node: Node,
  place: { start: number; end: number },
  name: keyof typeof PATTERNS,
  object: Piece,
  args: readonly Piece[],
): Piece {
  if (!takes(object.type, 'text')) throw faultAt(place, `\`${name}\` is asked of a text, not of ${named(object.type)}`);
  const [source, to] = args;
  if (!source || args.length !== PATTERNS[name])
    throw faultAt(
      node,
      `\`${name}\` is written ${name === 'matches' ? '.matches("regular expression")' : '.regexReplace("regular expression", "$1")'}`,
    );
  if (source.node.op !== 'value' || typeof source.node.args !== 'string')
    throw faultAt(
      source.node,
      'a regular expression is a text in quotes, so that it can be checked when the file is read',
    );
  const compiled = compilePattern(source.node, source.node.args);
  const { run: receiver } = object;
  if (!to) {
    const run: Run = (frame) => {
      const value = textOf(receiver(frame));
      if (value === null) return false;
      spendOn(frame, value);
      return compiled.matches(value);
    };
    return { node, type: 'bool', kids: [object, source], run };
  }
  if (!fits(to.type, 'text'))
    throw faultAt(to.node, `\`regexReplace\` puts a text in its place, not ${named(to.type)}`);
  if (to.node.op === 'value' && typeof to.node.args === 'string') checkReferences(to.node, to.node.args, compiled);
  const run: Run = (frame) => {
    const value = textOf(receiver(frame));
    const replacement = value === null ? null : textOf(to.run(frame));
    if (value === null || replacement === null) return null;
    return compiled.replaceAll(value, replacement, (left) => spend(frame, left >> 6));
  };
  return { node, type: 'text', kids: [object, source, to], run };
}

function compilePattern(node: Node, source: string): Pattern {
  try {
    return pattern(source);
  } catch (error) {
    throw faultAt(node, `this regular expression cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

function checkReferences(node: Node, replacement: string, { groups }: Pattern): void {
  for (const [, digits] of replacement.replaceAll('$$', '').matchAll(/\$(\d+)/g)) {
    if (Number(digits) > groups && Number(digits?.[0]) > groups)
      throw faultAt(
        node,
        `\`$${digits}\` stands for a group in brackets, and the regular expression has ${groups === 0 ? 'none' : `only ${groups}`}`,
      );
  }
}
