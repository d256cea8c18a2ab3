import type { Kind, Rule } from '../expressions/rule.ts';
import type { PassSource } from '../model/pass.ts';
import { GROUP_ATTRIBUTES, type SourceRules } from '../model/rules.ts';
import type { Want } from '../model/snapshot.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { GroupRules, UserRules } from './shape.ts';

/** The rules of one source, compiled. */
export interface RuleSet {
  users: UserRules | null;
  groups: GroupRules | null;
  /** Every rule by its name, in the order of the file. */
  all: ReadonlyMap<string, Rule>;
  /** The attributes, beside the standard ones, that the connector is asked for. */
  want: Want;
  /** What rules for users ask of groups: names or ids in `memberOf`, or the names of all (`user.groups`). */
  groupsRead: { memberOf: ReadonlySet<string>; all: boolean };
  /** Whether groups of one name become one. */
  unite: boolean;
}

const WITHOUT: RuleSet = {
  users: null,
  groups: null,
  all: new Map(),
  want: { users: [], groups: [] },
  groupsRead: { memberOf: new Set(), all: false },
  unite: false,
};

/**
 * Compiles the rules of a source; the language is loaded only where there are any. Throws an ExpressionFault for a rule
 * that the configuration's check would have refused.
 */
export async function compileRules({ rules }: Pick<PassSource, 'rules'>): Promise<RuleSet> {
  const unite = rules?.groups.onConflict === 'unite';
  if (!rules || !hasRules(rules)) return { ...WITHOUT, unite };
  const { compile } = await import('../expressions/compile.ts');
  const all = new Map<string, Rule>();
  const make = (name: string, text: string, kind: Kind): Rule => {
    const rule = compile(text, kind, rules.tables);
    all.set(name, rule);
    return rule;
  };
  const { users, groups } = rules;
  const where = (on: 'user' | 'group', text: string | null) =>
    text === null ? null : make(`${on}s.where`, text, { on, gives: 'bool' });
  const usersWhere = where('user', users.where);
  const standard = STANDARD_ATTRIBUTES.flatMap((name) => {
    const [first, ...others] = users.attributes[name] ?? [];
    if (first === undefined) return [];
    const nameOf = (at: number) => `users.attributes.${name}${others.length === 0 ? '' : `[${at}]`}`;
    const n = others.length > 0;
    const list: [Rule, ...Rule[]] = [make(nameOf(0), first, { on: 'user', gives: 'text' })];
    others.forEach((text, at) => {
      list.push(make(nameOf(at + 1), text, { on: 'user', gives: 'text', n: n && at === others.length - 1 }));
    });
    return [[name, list] as const];
  });
  const custom = [...rules.customAttributes].sort().flatMap((name) => {
    const text = users.attributes[name]?.[0];
    return text === undefined
      ? []
      : [[name, make(`users.attributes.${name}`, text, { on: 'user', gives: 'any' })] as const];
  });
  const groupRules: GroupRules = {
    where: where('group', groups.where),
    attributes: GROUP_ATTRIBUTES.flatMap((name) => {
      const text = groups.attributes[name];
      return text === undefined
        ? []
        : [[name, make(`groups.attributes.${name}`, text, { on: 'group', gives: 'text' })] as const];
    }),
  };
  const userRules: UserRules = { where: usersWhere, attributes: standard, custom };
  const anyUser = userRules.where !== null || standard.length > 0 || custom.length > 0;
  const anyGroup = groupRules.where !== null || groupRules.attributes.length > 0;
  return { users: anyUser ? userRules : null, groups: anyGroup ? groupRules : null, all, unite, ...readBy(all) };
}

function hasRules({ users, groups }: SourceRules): boolean {
  return [users, groups].some(({ where, attributes }) => where !== null || Object.keys(attributes).length > 0);
}

function readBy(all: ReadonlyMap<string, Rule>): Pick<RuleSet, 'want' | 'groupsRead'> {
  const of = (prefix: string) => [...all].filter(([name]) => name.startsWith(prefix)).map(([, { reads }]) => reads);
  const attributes = (prefix: string) => [...new Set(of(prefix).flatMap(({ attributes }) => attributes))].sort();
  const users = of('users.');
  return {
    want: { users: attributes('users.'), groups: attributes('groups.') },
    groupsRead: {
      memberOf: new Set(users.flatMap(({ memberOf }) => memberOf)),
      all: users.some(({ groups }) => groups),
    },
  };
}
