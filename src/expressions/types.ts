/**
 * The types of expressions. `value` is whatever an attribute of the identity provider holds: a text, a number, true or
 * false, a list of these, or nothing. Texts, numbers and values may be null; true-or-false and lists are never.
 */
export type Type =
  | 'bool'
  | 'int'
  | 'double'
  | 'text'
  | 'null'
  | 'value'
  | 'user'
  | 'group'
  | 'source'
  | 'attributes'
  | { list: Type };

export const TEXTS: Type = { list: 'text' };

export const isList = (type: Type): type is { list: Type } => typeof type === 'object';
export const isNumber = (type: Type): boolean => type === 'int' || type === 'double';
/** Whether a type is one that a rule may give, or a part of it. */
export const isPlain = (type: Type): boolean =>
  type === 'bool' || type === 'int' || type === 'double' || type === 'text' || type === 'null' || type === 'value';

/** Whether a value of this type may stand where `wanted` is asked for. */
export function fits(type: Type, wanted: Type): boolean {
  if (type === 'value' || type === 'null')
    return isPlain(wanted) ? wanted !== 'bool' : isList(wanted) && type === 'value';
  if (wanted === 'value') return isPlain(type) || (isList(type) && isPlain(type.list));
  if (wanted === 'double') return isNumber(type);
  if (isList(type) && isList(wanted)) return fits(type.list, wanted.list);
  return type === wanted;
}

/** The type of something that is one or the other; null where there is none. */
export function either(a: Type, b: Type): Type | null {
  if (isList(a) && isList(b)) {
    const inner = either(a.list, b.list);
    return inner && { list: inner };
  }
  if (a === b) return a;
  if (a === 'null' && b !== 'bool' && isPlain(b)) return b;
  if (b === 'null' && a !== 'bool' && isPlain(a)) return a;
  if (isNumber(a) && isNumber(b)) return 'double';
  return (a === 'value' && fits(b, 'value')) || (b === 'value' && fits(a, 'value')) ? 'value' : null;
}

const WORDS: Readonly<Record<Exclude<Type, object>, string>> = {
  bool: 'true or false',
  int: 'a number',
  double: 'a number',
  text: 'a text',
  null: 'nothing',
  value: 'an attribute of any kind',
  user: 'the user',
  group: 'the group',
  source: 'the source',
  attributes: 'all attributes',
};

/** A type as people read it. */
export const named = (type: Type): string =>
  isList(type) ? `a list of ${PLURALS[isList(type.list) ? 'list' : type.list] ?? 'values'}` : WORDS[type];

const PLURALS: Readonly<Record<string, string>> = { text: 'texts', int: 'numbers', double: 'numbers', list: 'lists' };
