import { didYouMean } from '../model/near.ts';
import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import { faultAt, type Noting, type Piece, type Run, type Scope } from './piece.ts';
import { type GroupFacts, RuleFailure, type UserFacts } from './rule.ts';
import type { Node } from './syntax.ts';
import { named, TEXTS, type Type } from './types.ts';
import type { Computed } from './values.ts';

const userOf = (facts: UserFacts | GroupFacts) => facts as UserFacts;
const groupOf = (facts: UserFacts | GroupFacts) => facts as GroupFacts;

/** A field of an object: its type and how it is read. */
type Field = { type: Type; run: Run };

const USER: Readonly<Record<string, Field>> = {
  ...Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, { type: 'text', run: standard(name) }])),
  id: { type: 'text', run: ({ facts }) => userOf(facts).user.id },
  active: {
    type: 'bool',
    run: ({ facts }) => {
      const { active } = userOf(facts).user;
      if (active === null) throw new RuleFailure('the identity provider did not say whether the user is active');
      return active;
    },
  },
  groups: { type: TEXTS, run: ({ facts }) => userOf(facts).groups() },
  attributes: { type: 'attributes', run: () => null },
};
const GROUP: Readonly<Record<string, Field>> = {
  id: { type: 'text', run: ({ facts }) => groupOf(facts).group.id },
  name: { type: 'text', run: ({ facts }) => groupOf(facts).group.name },
  description: { type: 'text', run: ({ facts }) => groupOf(facts).group.description },
  type: { type: 'text', run: ({ facts }) => groupOf(facts).group.type },
  email: { type: 'text', run: ({ facts }) => groupOf(facts).group.email },
  attributes: { type: 'attributes', run: () => null },
};
const SOURCE: Readonly<Record<string, Field>> = {
  name: { type: 'text', run: ({ facts }) => facts.source.name },
  type: { type: 'text', run: ({ facts }) => facts.source.type },
};
const FIELDS = { user: USER, group: GROUP, source: SOURCE } as const;

function standard(name: StandardAttribute): Run {
  return ({ facts }) => userOf(facts).user.attributes[name];
}

/** A variable: `user` or `group`, `source`, `n`, or one of `exists`, `map` and the like. */
export function variable(node: Node, name: string, scope: Scope, noting: Noting): Piece {
  const at = scope.findLastIndex((one) => one.name === name);
  const local = scope[at];
  if (local) return { node, type: local.type, kids: [], run: ({ locals }) => locals[at] ?? null };
  const { on, n } = noting.kind;
  if (name === on || name === 'source') return { node, type: name, kids: [], run: () => null };
  if (name === 'n') {
    if (!n) throw faultAt(node, '`n` is a number only in the last of several expressions for `userName`');
    noting.n = true;
    return { node, type: 'int', kids: [], leaf: true, run: ({ facts }) => userOf(facts).n ?? 2 };
  }
  if (name === 'user' || name === 'group')
    throw faultAt(node, `\`${name}\` is not known in a rule for ${on}s; here it is \`${on}\``);
  throw faultAt(node, `there is no variable \`${name}\`${meant(name, on) || `; there are \`${on}\` and \`source\``}`);
}

function meant(name: string, on: 'user' | 'group'): string {
  if (Object.hasOwn(FIELDS[on], name)) return `; did you mean \`${on}.${name}\`?`;
  return didYouMean(name, [on, 'source', 'true', 'false', 'null']);
}

/** `user.department` */
export function fieldOf(node: Node, object: Piece, name: string, noting: Noting): Piece {
  const { type } = object;
  const place = { start: node.end - name.length, end: node.end };
  if (type !== 'user' && type !== 'group' && type !== 'source') {
    const sentence = type === 'attributes' ? `write attributes["${name}"]` : `${named(type)} has no field \`${name}\``;
    throw faultAt(place, sentence);
  }
  const field = Object.hasOwn(FIELDS[type], name) ? FIELDS[type][name] : undefined;
  if (!field) throw faultAt(place, noField(type, name));
  if (type !== 'source' && name !== 'attributes') noting.fields.add(name);
  if (name === 'groups') noting.groups = true;
  return { node, kids: [], leaf: field.type !== 'attributes', ...field };
}

function noField(type: 'user' | 'group' | 'source', name: string): string {
  if (type === 'user' && name === 'memberOf') return 'write `user.memberOf("name or id")`';
  const candidate = didYouMean(name, Object.keys(FIELDS[type])).replace('mean `', `mean \`${type}.`);
  const others =
    type === 'source'
      ? '; there are `source.name` and `source.type`'
      : `; others stand in ${type}.attributes["${name}"]`;
  return `\`${type}.${name}\` is no attribute${candidate || others}`;
}

/** `user.attributes["…"]` */
export function attributeOf(node: Node, object: Piece, index: Node, noting: Noting): Piece {
  if (index.op !== 'value' || typeof index.args !== 'string' || index.args === '')
    throw faultAt(index, 'write the name of the attribute in quotes: attributes["name"]');
  const name = index.args;
  noting.attributes.add(name);
  const { on } = noting.kind;
  const run: Run = ({ facts }) => {
    const extra = on === 'user' ? userOf(facts).user.extra : groupOf(facts).group.extra;
    // Whatever a provider calls it: `__proto__` is only a name.
    if (Object.hasOwn(extra, name)) return extra[name] as Computed;
    if (facts.asked !== null && !facts.asked.has(name))
      throw new RuleFailure(`attributes["${name}"] was not read yet; the next sync that reads the source does`, true);
    return null;
  };
  return { node, type: 'value', kids: [object], leaf: true, run };
}

/** `user.memberOf("…")` */
export function memberOf(node: Node, object: Piece, args: readonly Node[], noting: Noting): Piece {
  const [name, ...more] = args;
  if (name?.op !== 'value' || typeof name.args !== 'string' || name.args.trim() === '' || more.length > 0)
    throw faultAt(name ?? node, '`memberOf` takes the name or the id of one group, in quotes');
  const group = name.args;
  noting.memberOf.add(group);
  return { node, type: 'bool', kids: [object], leaf: true, run: ({ facts }) => userOf(facts).memberOf(group) };
}
