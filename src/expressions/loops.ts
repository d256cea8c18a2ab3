import { LOOPS } from './loop-words.ts';
import { mustBeBool } from './operators.ts';
import { type Check, type Frame, faultAt, type Piece, type Run, type Scope, spend } from './piece.ts';
import type { Node } from './syntax.ts';
import { isList, isPlain, named, type Type } from './types.ts';
import { type Computed, listOf } from './values.ts';

/** How deep they may stand in each other. */
const DEEPEST = 2;

/** `user.groups.exists(g, g.startsWith("app-"))` */
export function comprehension(
  node: Node,
  name: string,
  object: Piece,
  args: readonly Node[],
  scope: Scope,
  check: Check,
): Piece {
  const [variable, body, ...more] = args;
  if (variable?.op !== 'id' || !body || more.length > 0) throw faultAt(node, `it is written \`${LOOPS[name]}\``);
  if (!isList(object.type) && object.type !== 'value')
    throw faultAt(object.node, `\`${name}\` runs through a list, not ${named(object.type)}`);
  if (scope.length >= DEEPEST)
    throw faultAt(node, `at most ${DEEPEST} of \`exists\`, \`map\` and the like stand in each other`);
  const inner: Type = isList(object.type) ? object.type.list : 'value';
  const at = scope.length;
  const piece = check(body, [...scope, { name: variable.args, type: inner }]);
  if (name !== 'map') mustBeBool(piece, `\`${name}\` asks what is true or false of each`);
  else if (!isPlain(piece.type)) throw faultAt(piece.node, `\`map\` makes texts or numbers, not ${named(piece.type)}`);
  const each = (frame: Frame, value: Computed): Computed => {
    spend(frame, 1);
    frame.locals[at] = value;
    return piece.run(frame);
  };
  const type: Type = name === 'map' ? { list: piece.type } : name === 'filter' ? { list: inner } : 'bool';
  const loop = RUN[name];
  if (!loop) throw faultAt(node, `there is no \`${name}\``);
  const run: Run = (frame) => loop(listOf(object.run(frame)), (value) => each(frame, value));
  // What is in it reads its own variable, so that only the list is told.
  return { node, type, kids: [object], run };
}

type Loop = (list: readonly Computed[], each: (value: Computed) => Computed) => Computed;

const RUN: Readonly<Record<string, Loop>> = {
  exists: (list, each) => list.some((value) => each(value) === true),
  exists_one: (list, each) => list.filter((value) => each(value) === true).length === 1,
  all: (list, each) => list.every((value) => each(value) === true),
  filter: (list, each) => list.filter((value) => each(value) === true),
  map: (list, each) => list.map(each),
};
