import { refuse } from './errors.ts';
import type { TenantObject } from './kinds.ts';
import { isExtension, properties } from './properties.ts';

type Test = (object: TenantObject) => boolean;

export interface Filter {
  test: Test;
  /** It needs `ConsistencyLevel: eventual` and `$count=true` (learn.microsoft.com/graph/aad-advanced-queries). */
  advanced: boolean;
  /** The ids of a filter that is `id eq '…'`, perhaps several with `or`; null for any other. */
  ids: readonly string[] | null;
}

type Scalar = string | number | boolean | null;

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(\d{4}-\d\d-\d\dT[\d:.]+Z)|([A-Za-z_][\w.]*(?:\/[A-Za-z_]\w*)*)|(-?\d+)|([(),:]))/y;
const COMPARE: Readonly<Record<string, (a: Scalar, b: Scalar) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a !== null && b !== null && a > b,
  ge: (a, b) => a !== null && b !== null && a >= b,
  lt: (a, b) => a !== null && b !== null && a < b,
  le: (a, b) => a !== null && b !== null && a <= b,
};
const TEXT: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  startswith: (a, b) => a.startsWith(b),
  endswith: (a, b) => a.endsWith(b),
};

/** What Graph cannot filter by at all. */
const UNINDEXED = [
  'aboutMe',
  'birthday',
  'passwordProfile',
  'mailboxSettings',
  'theme',
  'officeLocation',
  'assignedLabels',
];

/**
 * The part of OData's `$filter` that Graph takes for directory objects: comparisons, `in`, startsWith, endsWith, `any` over
 * a collection of texts, `not`, `and`, `or`, brackets. Texts are compared without regard to case.
 * @throws Refusal
 */
export function filterOf(text: string, kind: keyof typeof properties): Filter {
  const tokens = tokensOf(text);
  let at = 0;
  let advanced = false;
  let ids: string[] | null = [];
  const invalid = () =>
    refuse.request(`Invalid filter clause: There is a syntax error at position ${at} in '${text}'.`);
  const peek = () => tokens[at]?.toLowerCase();
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw invalid();
    return token;
  };
  const expect = (wanted: string) => {
    if (next().toLowerCase() !== wanted) throw invalid();
  };
  const either = (): Test => {
    let left = both();
    while (peek() === 'or') {
      at++;
      const [first, second] = [left, both()];
      left = (object) => first(object) || second(object);
    }
    return left;
  };
  const both = (): Test => {
    let left = one();
    while (peek() === 'and') {
      at++;
      ids = null;
      const [first, second] = [left, one()];
      left = (object) => first(object) && second(object);
    }
    return left;
  };
  const one = (): Test => {
    const token = next();
    const word = token.toLowerCase();
    if (word === '(') {
      const inner = either();
      expect(')');
      return inner;
    }
    if (word === 'not') {
      advanced = true;
      ids = null;
      const inner = one();
      return (object) => !inner(object);
    }
    const compare = TEXT[word];
    if (compare && peek() === '(') return call(word, compare);
    if (token.toLowerCase().endsWith('/any') && peek() === '(') return any(token.slice(0, -4));
    return comparison(property(token, kind));
  };
  const call = (word: string, compare: (a: string, b: string) => boolean): Test => {
    ids = null;
    advanced ||= word === 'endswith';
    expect('(');
    const name = property(next(), kind);
    expect(',');
    if (word === 'endswith' && !['mail', 'userPrincipalName'].includes(name)) throw unindexed(name, kind);
    const wanted = literal(next());
    expect(')');
    if (typeof wanted !== 'string') throw invalid();
    return (object) => compare(String(scalarOf(object, name) ?? ''), wanted);
  };
  const any = (path: string): Test => {
    ids = null;
    const name = property(path, kind);
    expect('(');
    const variable = next();
    expect(':');
    if (next() !== variable) throw invalid();
    expect('eq');
    const wanted = literal(next());
    expect(')');
    return (object) => {
      const list = object.properties[name];
      return Array.isArray(list) && list.some((each) => folded(each) === wanted);
    };
  };
  const comparison = (name: string): Test => {
    const operator = next().toLowerCase();
    if (operator === 'in') {
      ids = null;
      const wanted: Scalar[] = [];
      expect('(');
      do wanted.push(literal(next()));
      while (next() === ',');
      if (wanted.length > 15) throw refuse.bad('Too many values in the in clause: the most is 15.');
      return (object) => wanted.includes(scalarOf(object, name));
    }
    const compare = COMPARE[operator];
    if (!compare) throw invalid();
    const wanted = literal(next());
    advanced ||= operator === 'ne';
    if (operator === 'eq' && name === 'id' && typeof wanted === 'string') ids?.push(wanted);
    else ids = null;
    return (object) => compare(scalarOf(object, name), wanted);
  };
  const literal = (token: string): Scalar => {
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'").toLowerCase();
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === 'null') return null;
    if (/^-?\d+$/.test(token)) return Number(token);
    if (/^\d{4}-/.test(token)) return token.toLowerCase();
    throw invalid();
  };

  const test = either();
  if (at !== tokens.length) throw invalid();
  return { test, advanced, ids };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found)
      throw refuse.request(`Invalid filter clause: There is a syntax error at position ${from} in '${text}'.`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

function property(name: string, kind: keyof typeof properties): string {
  if (!(name in properties[kind]) && !isExtension(name)) {
    throw refuse.request(`Could not find a property named '${name}' on type 'microsoft.graph.${kind}'.`);
  }
  if (UNINDEXED.includes(name)) throw unindexed(name, kind);
  return name;
}

function unindexed(name: string, kind: string) {
  const resource = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  return refuse.unsupported(
    `Unsupported or invalid query filter clause specified for property '${name}' of resource '${resource}'.`,
  );
}

const folded = (value: unknown): Scalar =>
  typeof value === 'string'
    ? value.toLowerCase()
    : typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;

const scalarOf = (object: TenantObject, name: string): Scalar =>
  name === 'id' ? object.id : folded(object.properties[name]);
