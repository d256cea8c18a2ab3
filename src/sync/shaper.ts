import type { GroupFacts, UserFacts } from '../expressions/rule.ts';
import type { SourceGroup } from '../model/group.ts';
import type { SourceUser } from '../model/user.ts';
import type { Belonging } from './belonging.ts';
import type { RuleSet } from './rules.ts';
import { type Shaped, type ShapedGroup, shape, shapeGroup } from './shape.ts';

/** The rules of one source, with what they look at beside the object itself. */
export interface Shaper {
  readonly rules: RuleSet;
  /** `asked` is the mirror's: JSON of the names of the attributes that were asked for with the record. */
  user(node: number, user: SourceUser, asked: string): Shaped;
  group(group: SourceGroup, asked: string): ShapedGroup;
  facts(node: number, user: SourceUser, asked: string): UserFacts;
  groupFacts(group: SourceGroup, asked: string): GroupFacts;
  /** A number for a rule, for problems about it; the same as long as the rules are. */
  numberOf(rule: string): number;
}

/** @param belonging called at the first rule that asks for groups */
export function shaper(source: { name: string; type: string }, rules: RuleSet, belonging: () => Belonging): Shaper {
  const { name, type } = source;
  const where = { name, type };
  let groups: Belonging | undefined;
  const known = () => (groups ??= belonging());
  const askedFor = readAsked();
  const names = [...rules.all.keys()];
  const facts = (node: number, user: SourceUser, asked: string): UserFacts => ({
    user,
    source: where,
    asked: askedFor(asked),
    groups: () => known().groups(node),
    memberOf: (nameOrId) => known().memberOf(node, nameOrId),
  });
  const groupFacts = (group: SourceGroup, asked: string): GroupFacts => ({
    group,
    source: where,
    asked: askedFor(asked),
  });
  return {
    rules,
    facts,
    groupFacts,
    user: (node, user, asked) => shape(user, rules.users, () => facts(node, user, asked)),
    group: (group, asked) => shapeGroup(group, rules.groups, () => groupFacts(group, asked)),
    numberOf: (rule) => names.indexOf(rule) + 1,
  };
}

/** Reads the lists of attributes; nearly all records have the same. */
function readAsked(): (asked: string) => ReadonlySet<string> {
  const read = new Map<string, ReadonlySet<string>>();
  return (asked) => {
    let set = read.get(asked);
    // Written by absorb.ts.
    if (!set) read.set(asked, (set = new Set(JSON.parse(asked) as string[])));
    return set;
  };
}
