import { callFunction } from './functions.ts';
import { LOOPS } from './loop-words.ts';
import { comprehension } from './loops.ts';
import { attributeOf, fieldOf, memberOf, variable } from './objects.ts';
import { binary, logical, mustBeBool } from './operators.ts';
import { faultAt, type Noting, type Piece, type Scope } from './piece.ts';
import { callMethod } from './receivers.ts';
import type { Node } from './syntax.ts';
import { either, isList, isPlain, named, type Type } from './types.ts';
import { type Computed, exact, numberOf } from './values.ts';

/** Checks a part of an expression and what is in it, and makes what evaluates it. Throws an ExpressionFault. */
export function checker(noting: Noting): (node: Node, scope: Scope) => Piece {
  const check = (node: Node, scope: Scope): Piece => {
    switch (node.op) {
      case 'value':
        return literal(node);
      case 'id':
        return variable(node, node.args, scope, noting);
      case '.': {
        const [inner, field] = node.args;
        return fieldOf(node, check(inner, scope), field, noting);
      }
      case '[]': {
        const [inner, index] = node.args;
        const object = check(inner, scope);
        return object.type === 'attributes'
          ? attributeOf(node, object, index, noting)
          : element(node, object, check(index, scope));
      }
      case 'list':
        return list(
          node,
          node.args.map((one) => check(one, scope)),
        );
      case 'map':
        throw faultAt(node, 'a table stands under `tables:` in the file; here write `lookup("table", key)`');
      case '?:': {
        const [condition, yes, no] = node.args;
        return conditional(node, check(condition, scope), check(yes, scope), check(no, scope));
      }
      case '&&':
      case '||': {
        const kids = [check(node.args[0], scope), check(node.args[1], scope)] as const;
        return { node, kids, ...logical(node.op === '&&', ...kids) };
      }
      case '!_': {
        const kid = check(node.args, scope);
        mustBeBool(kid, '`!` stands before what is true or false');
        return { node, type: 'bool', kids: [kid], run: (frame) => !kid.run(frame) };
      }
      case '-_':
        return negative(node, check(node.args, scope));
      case 'call': {
        const [name, args] = node.args;
        return callFunction(node, name, args, scope, check, noting);
      }
      case 'rcall':
        return receiverCall(node, scope, check, noting);
      case '.?':
      case '[?]':
        throw faultAt(node, 'optional access is not needed: what is not there is null');
      default: {
        const kids = [check(node.args[0], scope), check(node.args[1], scope)] as const;
        return { node, kids, ...binary(node, node.op, ...kids) };
      }
    }
  };
  return check;
}

function literal(node: Node & { op: 'value' }): Piece {
  const value = node.args;
  const piece = (type: Type, constant: Computed): Piece => ({ node, type, kids: [], run: () => constant });
  if (typeof value === 'string') return piece('text', value);
  if (typeof value === 'boolean') return piece('bool', value);
  if (value === null) return piece('null', null);
  if (typeof value === 'number') return piece('double', value);
  if (typeof value === 'bigint') {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw faultAt(node, 'the number is too large');
    return piece('int', Number(value));
  }
  throw faultAt(node, 'bytes and unsigned numbers are not used here; write a text or a number');
}

function list(node: Node, kids: readonly Piece[]): Piece {
  let type: Type | null = kids[0]?.type ?? 'text';
  for (const kid of kids) {
    if (!isPlain(kid.type)) throw faultAt(kid.node, `a list holds texts or numbers, not ${named(kid.type)}`);
    type = either(type, kid.type);
    if (type === null) throw faultAt(kid.node, `everything in a list is of one kind; this is ${named(kid.type)}`);
  }
  const runs = kids.map(({ run }) => run);
  // A list of literals is made once.
  if (kids.every((kid) => kid.node.op === 'value')) {
    const constant = runs.map((run) => run({ facts: null as never, locals: [], steps: 0 }));
    return { node, type: { list: type }, kids, run: () => constant };
  }
  return { node, type: { list: type }, kids, run: (frame) => runs.map((run) => run(frame)) };
}

function element(node: Node, object: Piece, index: Piece): Piece {
  if (!isList(object.type)) throw faultAt(node, `${named(object.type)} has nothing in brackets`);
  if (index.type !== 'int')
    throw faultAt(index.node, `a place in a list is a number, from 0; this is ${named(index.type)}`);
  const { run: many } = object;
  const { run: at } = index;
  return {
    node,
    type: object.type.list === 'bool' ? 'value' : object.type.list,
    kids: [object, index],
    run: (frame) => (many(frame) as readonly Computed[])[Number(at(frame))] ?? null,
  };
}

function conditional(node: Node, condition: Piece, yes: Piece, no: Piece): Piece {
  mustBeBool(condition, 'before `?` stands what is true or false');
  const type = either(yes.type, no.type);
  if (type === null)
    throw faultAt(no.node, `both results are of one kind, but here are ${named(yes.type)} and ${named(no.type)}`);
  const { run: test } = condition;
  const { run: first } = yes;
  const { run: second } = no;
  return { node, type, kids: [condition, yes, no], run: (frame) => (test(frame) ? first(frame) : second(frame)) };
}

function negative(node: Node, kid: Piece): Piece {
  if (kid.type !== 'int' && kid.type !== 'double' && kid.type !== 'value')
    throw faultAt(node, `\`-\` stands before a number, not ${named(kid.type)}`);
  const run: Piece['run'] = (frame) => {
    const value = numberOf(kid.run(frame));
    return value === null ? null : exact(-value, false);
  };
  return { node, type: kid.type, kids: [kid], run };
}

function receiverCall(
  node: Node & { op: 'rcall' },
  scope: Scope,
  check: (node: Node, scope: Scope) => Piece,
  noting: Noting,
): Piece {
  const [name, inner, args] = node.args;
  if (inner.op === 'id' && inner.args === 'cel')
    throw faultAt(node, '`cel.bind` and the like are not part of this language');
  const object = check(inner, scope);
  if (object.type === 'user' && name === 'memberOf') return memberOf(node, object, args, noting);
  if (Object.hasOwn(LOOPS, name)) return comprehension(node, name, object, args, scope, check);
  return callMethod(
    node,
    name,
    object,
    args.map((arg) => check(arg, scope)),
  );
}
