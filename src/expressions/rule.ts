import type { SourceGroup } from '../model/group.ts';
import type { Extra, SourceUser } from '../model/user.ts';

/** What an expression gives. */
export type Value = Extra;

/** What an expression is about, and what it must give. */
export interface Kind {
  /** The variable that there is beside `source`. */
  on: 'user' | 'group';
  /** `bool` for filters; `text`, which may be null, for standard attributes; `any` for custom ones. */
  gives: 'bool' | 'text' | 'any';
  /** Whether `n` may be used. */
  n?: boolean;
}

/** What is wrong with an expression; `start` and `end` are offsets in its text, in UTF-16 units. */
export class ExpressionFault extends Error {
  override readonly name = 'ExpressionFault';
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

/** What an expression reads. */
export interface Reads {
  /** Names in `user.attributes["…"]` or `group.attributes["…"]`. */
  attributes: readonly string[];
  /** Standard attributes of the user, or fields of the group. */
  fields: readonly string[];
  /** Names and ids in `user.memberOf("…")`. */
  memberOf: readonly string[];
  /** Whether `user.groups` is read. */
  groups: boolean;
  tables: readonly string[];
  /** Whether `n` is read. */
  n: boolean;
}

/** A checked expression. */
export interface Rule {
  readonly text: string;
  readonly reads: Reads;
  /** Throws a RuleFailure, and nothing else. */
  evaluate(facts: UserFacts | GroupFacts): Value;
  /** The value, or the failure, and the part that decided it. */
  explain(facts: UserFacts | GroupFacts): Explained;
}

/** An expression that gives no answer about somebody. */
export class RuleFailure extends Error {
  override readonly name = 'RuleFailure';
  /** The rule is at fault and not the person: told once for each rule. */
  readonly once: boolean;

  constructor(message: string, once = false) {
    super(message);
    this.once = once;
  }
}

export interface UserFacts {
  user: SourceUser;
  source: { name: string; type: string };
  /** The attributes that were asked for with the record; null: whatever is not there is null. */
  asked: ReadonlySet<string> | null;
  /** Effective group names at the identity provider. May throw a RuleFailure. */
  groups(): readonly string[];
  /** May throw a RuleFailure. */
  memberOf(nameOrId: string): boolean;
  n?: number;
}

export interface GroupFacts {
  group: SourceGroup;
  source: { name: string; type: string };
  asked: ReadonlySet<string> | null;
}

export interface Explained {
  /** Undefined where it failed. */
  value: Value | undefined;
  failure: string | null;
  decided: { text: string; start: number; end: number; reads: { text: string; value: Value }[] };
}
