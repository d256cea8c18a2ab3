import { ExpressionFault, type GroupFacts, type Kind, type UserFacts } from './rule.ts';
import type { Node } from './syntax.ts';
import type { Type } from './types.ts';
import type { Computed } from './values.ts';

/** What one evaluation works with. */
export interface Frame {
  facts: UserFacts | GroupFacts;
  /** The variables of `exists`, `map` and the like, the outer first. */
  locals: Computed[];
  /** How often one of these was run through; bounded, since that grows with what a provider sends. */
  steps: number;
}

export type Run = (frame: Frame) => Computed;

/** A checked part of an expression. */
export interface Piece {
  node: Node;
  type: Type;
  run: Run;
  kids: readonly Piece[];
  /** It reads a value of its own: what `explain` shows. */
  leaf?: boolean;
}

/** What is noted while an expression is checked. */
export interface Noting {
  kind: Kind;
  tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  attributes: Set<string>;
  fields: Set<string>;
  memberOf: Set<string>;
  tablesRead: Set<string>;
  groups: boolean;
  n: boolean;
}

/** The names of variables of `exists`, `map` and the like, the outer first. */
export type Scope = readonly { name: string; type: Type }[];

/** Checks one part with the parts in it. */
export type Check = (node: Node, scope: Scope) => Piece;

/** A fault at a node. */
export const faultAt = (node: { start: number; end: number }, message: string): ExpressionFault =>
  new ExpressionFault(message, node.start, node.end);
