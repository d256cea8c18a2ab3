import { ExpressionFault, type GroupFacts, type Kind, RuleFailure, type UserFacts } from './rule.ts';
import type { Node } from './syntax.ts';
import type { Type } from './types.ts';
import type { Computed } from './values.ts';

/** What one evaluation works with. */
export interface Frame {
  facts: UserFacts | GroupFacts;
  /** The variables of `exists`, `map` and the like, the outer first. */
  locals: Computed[];
  /** The work done: a step is one value that a list is run through, or 64 characters of a text that is gone through. */
  steps: number;
}

/** The steps of one evaluation; about a third of a second at worst. */
const MOST_STEPS = 100_000;

/** Counts work that grows with what a provider sends. Throws a RuleFailure when it is too much. */
export function spend(frame: Frame, steps: number): void {
  frame.steps += steps;
  if (frame.steps > MOST_STEPS) throw new RuleFailure('the lists or texts are too long for this rule');
}

/** Counts a text, or a list, that is gone through; short ones are free. */
export function spendOn(frame: Frame, gone: { readonly length: number }): void {
  if (gone.length >= 64) spend(frame, gone.length >> 6);
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
