import type { Piece } from './piece.ts';
import { type Explained, type GroupFacts, RuleFailure, type UserFacts, type Value } from './rule.ts';
import { toValue } from './values.ts';

/** The smallest part of an expression that decided its value, and what that part read. */
export function decide(piece: Piece, text: string, facts: UserFacts | GroupFacts): Explained['decided'] {
  const value = (part: Piece) => attempt(part, facts);
  return told(smallest(piece, value), text, value);
}

/** The smallest part that gives no answer, for the reason that the whole gives none, and what that part read. */
export function decideFailure(
  piece: Piece,
  text: string,
  facts: UserFacts | GroupFacts,
  reason: string,
): Explained['decided'] {
  const kid = piece.kids.find((one) => failureOf(one, facts) === reason);
  return kid ? decideFailure(kid, text, facts, reason) : told(piece, text, (part) => attempt(part, facts));
}

function told(decisive: Piece, text: string, value: ValueOf): Explained['decided'] {
  const { start, end } = decisive.node;
  const reads = new Map<string, Value>();
  for (const leaf of leaves(decisive)) {
    const read = value(leaf);
    if (read !== undefined) reads.set(text.slice(leaf.node.start, leaf.node.end), read);
  }
  return {
    text: text.slice(start, end),
    start,
    end,
    reads: [...reads].map(([read, value]) => ({ text: read, value })),
  };
}

type ValueOf = (piece: Piece) => Value | undefined;

function smallest(piece: Piece, value: ValueOf): Piece {
  const { node, kids } = piece;
  if (node.op === '&&' || node.op === '||') {
    const decides = node.op === '||';
    if (value(piece) !== decides) return piece;
    const kid = kids.find((one) => value(one) === decides);
    return kid ? smallest(kid, value) : piece;
  }
  if (node.op === '!_' && kids[0]) return smallest(kids[0], value);
  return piece;
}

function leaves(piece: Piece): Piece[] {
  return piece.leaf ? [piece] : piece.kids.flatMap(leaves);
}

function failureOf(piece: Piece, facts: UserFacts | GroupFacts): string | null {
  try {
    piece.run({ facts, locals: [], steps: 0 });
    return null;
  } catch (error) {
    if (error instanceof RuleFailure) return error.message;
    throw error;
  }
}

function attempt(piece: Piece, facts: UserFacts | GroupFacts): Value | undefined {
  try {
    return toValue(piece.run({ facts, locals: [], steps: 0 }));
  } catch (error) {
    if (error instanceof RuleFailure) return undefined;
    throw error;
  }
}
