import type { Kind } from '../expressions/rule.ts';
import { GROUP_ATTRIBUTES, type SourceRules, type Tables } from '../model/rules.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { Path } from './path.ts';

/** An expression of the file, before anything is made of it. */
export interface WrittenRule {
  path: Path;
  text: string;
  kind: Kind;
  /** Whether it is about accounts of any source, which have the standard and the file's own attributes only. */
  local: boolean;
}

/** Every expression that stands where the schema has one, whatever else is wrong with the file. */
export function writtenRules(value: unknown, custom: readonly string[]): WrittenRule[] {
  const found: WrittenRule[] = [];
  const add = (text: unknown, path: Path, kind: Kind, local = false): void => {
    if (typeof text === 'string') found.push({ path, text: ruleText(text), kind, local });
  };
  for (const [index, source] of items(at(value, 'sources'))) {
    for (const on of ['user', 'group'] as const) {
      const path: Path = ['sources', index, `${on}s`];
      const rules = at(source, `${on}s`);
      add(at(rules, 'where'), [...path, 'where'], { on, gives: 'bool' });
      const attributes = at(rules, 'attributes');
      const known = on === 'group' ? GROUP_ATTRIBUTES : [...STANDARD_ATTRIBUTES, ...custom];
      for (const name of known) {
        const gives = on === 'user' && custom.includes(name) ? 'any' : 'text';
        const here: Path = [...path, 'attributes', name];
        const given = at(attributes, name);
        add(given, here, { on, gives });
        if (name !== 'userName') continue;
        const list = items(given);
        for (const [place, text] of list) {
          const n = list.length > 1 && place === list.length - 1;
          add(text, [...here, place], n ? { on, gives, n } : { on, gives });
        }
      }
    }
  }
  for (const [index, group] of items(at(value, 'localGroups')))
    add(at(group, 'members'), ['localGroups', index, 'members'], { on: 'user', gives: 'bool' }, true);
  return found;
}

/** The file's own attributes, those of them that can be told before it was checked. */
export function customNames(value: unknown): string[] {
  return items(at(value, 'customAttributes')).flatMap(([, name]) =>
    typeof name === 'string' && CUSTOM.test(name) ? [name] : [],
  );
}

/** The look-up tables, those of them that can be told before the file was checked. */
export function tablesIn(value: unknown): Tables {
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  return Object.fromEntries(
    entries(at(value, 'tables')).map(([name, table]) => [name, Object.fromEntries(entries(table).filter(isText))]),
  );
}

/** What a custom attribute may be called. */
export const CUSTOM = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** An expression without the line ends that | leaves at its end. */
const ruleText = (text: string): string => text.trimEnd();

interface Given {
  users: { where?: string; attributes: Record<string, string | string[]> };
  groups: { where?: string; attributes: SourceRules['groups']['attributes']; onConflict: 'skip' | 'unite' };
}

/** The rules of a source of a file without fault; undefined where it has none. */
export function sourceRules(
  { users, groups }: Given,
  shared: Pick<SourceRules, 'customAttributes' | 'tables'>,
): SourceRules | undefined {
  const attributes = Object.entries(users.attributes).map(
    ([name, text]) => [name, [text].flat().map(ruleText)] as const,
  );
  const named = Object.entries(groups.attributes).map(([name, text]) => [name, ruleText(text)] as const);
  const hasNone =
    [users.where, groups.where].every((where) => where === undefined) && attributes.length + named.length === 0;
  if (hasNone && groups.onConflict === 'skip') return undefined;
  const where = (text: string | undefined) => (text === undefined ? null : ruleText(text));
  return {
    users: { where: where(users.where), attributes: Object.fromEntries(attributes) },
    groups: {
      where: where(groups.where),
      attributes: Object.fromEntries(named),
      onConflict: groups.onConflict,
    },
    ...shared,
  };
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

const items = (value: unknown): [number, unknown][] => (Array.isArray(value) ? [...value.entries()] : []);
const entries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
