import { type GroupFacts, type Rule, RuleFailure, type UserFacts } from '../expressions/rule.ts';
import type { SourceGroup } from '../model/group.ts';
import type { GroupAttribute } from '../model/rules.ts';
import { type Extra, type SourceUser, STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import { type OtherNames, otherNames } from './other-names.ts';
import { asText, tidy } from './values.ts';

/** The attributes of an account as the rules made them. */
export type AccountAttributes = Readonly<Record<StandardAttribute, string | null>>;
/** The same, where `undefined` is an attribute whose rule failed: it keeps its last value. */
export type ShapedAttributes = Readonly<Record<StandardAttribute, string | null | undefined>>;
/** The custom attributes: null is one that is not there, undefined one whose rule failed. */
export type Custom = Readonly<Record<string, Extra | undefined>>;

/** A rule that gave no value. */
export interface Failed {
  /** Which rule, as in the file: `users.where`. */
  rule: string;
  why: string;
  /** The rule itself is at fault, and not the person: told once. */
  once: boolean;
}

/** What the rules make of one source's user. */
export type Shaped =
  | ({ is: 'in' } & Made)
  | { is: 'out'; active: boolean | null; rule: string }
  /** The filter gave no answer: whoever is in scope stays, whoever is not stays out. */
  | ({ is: 'unsure' } & Made);

interface Made {
  active: boolean | null;
  attributes: ShapedAttributes;
  custom: Custom;
  /** The user names to try where the one in `attributes` is taken; null where there is none. */
  others: OtherNames | null;
  failed: readonly Failed[];
}

/** The compiled rules for users. */
export interface UserRules {
  where: Rule | null;
  /** Of a standard attribute; several only for `userName`. */
  attributes: readonly (readonly [StandardAttribute, readonly [Rule, ...Rule[]]])[];
  custom: readonly (readonly [string, Rule])[];
}

/** The compiled rules for groups. */
export interface GroupRules {
  where: Rule | null;
  attributes: readonly (readonly [GroupAttribute, Rule])[];
}

const NO_CUSTOM: Custom = Object.freeze({});
const NONE: readonly Failed[] = Object.freeze([]);

/** Makes the account from the user. Without a rule an attribute is what the source says. Pure. */
export function shape(user: SourceUser, rules: UserRules | null, facts: () => UserFacts): Shaped {
  const { active } = user;
  if (!rules) return { is: 'in', active, attributes: user.attributes, custom: NO_CUSTOM, others: null, failed: NONE };
  const known = facts();
  const failed: Failed[] = [];
  const inScope = rules.where ? attempt('users.where', rules.where, known, failed) : true;
  if (inScope === false) return { is: 'out', active, rule: 'users.where' };
  const attributes: Record<StandardAttribute, string | null | undefined> = { ...user.attributes };
  for (const [name, [rule]] of rules.attributes) attributes[name] = text(ruleOf(name), rule, known, failed);
  const names = rules.attributes.find(([name]) => name === 'userName')?.[1] ?? [];
  const custom: Record<string, Extra | undefined> = {};
  for (const [name, rule] of rules.custom) custom[name] = tidy(attempt(ruleOf(name), rule, known, failed));
  const others = names.length > 1 ? otherNames(names, known) : null;
  return { is: inScope === undefined ? 'unsure' : 'in', active, attributes, custom, others, failed };
}

/** What the rules make of one source's group; an undefined name or description keeps its last value. */
export type ShapedGroup =
  | { is: 'in' | 'unsure'; name: string | undefined; description: string | null | undefined; failed: readonly Failed[] }
  | { is: 'out'; rule: string };

/** Makes the directory's group from the source's. Pure. */
export function shapeGroup(group: SourceGroup, rules: GroupRules | null, facts: () => GroupFacts): ShapedGroup {
  const { name, description } = group;
  if (!rules) return { is: 'in', name, description, failed: NONE };
  const known = facts();
  const failed: Failed[] = [];
  const inScope = rules.where ? attempt('groups.where', rules.where, known, failed) : true;
  if (inScope === false) return { is: 'out', rule: 'groups.where' };
  const made: Record<GroupAttribute, string | null | undefined> = { name, description };
  for (const [attribute, rule] of rules.attributes)
    made[attribute] = text(`groups.attributes.${attribute}`, rule, known, failed);
  // An empty name is a name that cannot be used, which nameFault says.
  const named = made.name === null ? '' : made.name;
  return { is: inScope === undefined ? 'unsure' : 'in', name: named, description: made.description, failed };
}

export const ruleOf = (attribute: string): string => `users.attributes.${attribute}`;

function attempt(name: string, rule: Rule, facts: UserFacts | GroupFacts, failed: Failed[]): Extra | undefined {
  try {
    return rule.evaluate(facts);
  } catch (error) {
    if (!(error instanceof RuleFailure)) throw error;
    failed.push({ rule: name, why: error.message, once: error.once });
    return undefined;
  }
}

function text(name: string, rule: Rule, facts: UserFacts | GroupFacts, failed: Failed[]): string | null | undefined {
  return asText(attempt(name, rule, facts, failed));
}

/** Every standard attribute whose rule gave a value. */
export function knownAttributes(shaped: ShapedAttributes): (readonly [StandardAttribute, string | null])[] {
  return STANDARD_ATTRIBUTES.flatMap((name) => {
    const value = shaped[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** Why a user name cannot be used, or null when it can. RFC 7643 asks for a non-empty one; the rest is ours. */
export function nameFault(name: string | null): string | null {
  if (name === null || name.trim() === '') return 'it is empty';
  if (name.length > 255) return `it has ${name.length} characters; 255 is the most`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return 'it holds control characters';
  return null;
}
