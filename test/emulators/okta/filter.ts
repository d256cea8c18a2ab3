import { refuse } from './errors.ts';

type Value = string | number | boolean | null | undefined;

/** What can be asked about a property. */
export interface Field<T> {
  get(item: T): Value | readonly Value[];
  operators: readonly string[];
  /** Its values are dates, in milliseconds. */
  date?: boolean;
}

export interface Grammar<T> {
  /** Null: there is no such property here. */
  field(name: string): Field<T> | null;
  /** Whether the case of texts counts. */
  caseSensitive: boolean;
}

type Test<T> = (item: T) => boolean;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([()])|([A-Za-z_][\w.$-]*)|(-?\d+(?:\.\d+)?))/y;

const compare: Readonly<Record<string, (a: NonNullable<Value>, b: NonNullable<Value>) => boolean>> = {
  eq: (a, b) => a === b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  sw: (a, b) => String(a).startsWith(String(b)),
  co: (a, b) => String(a).includes(String(b)),
};

/**
 * The filter language of Okta (developer.okta.com/docs/api, Filter): comparisons, `pr`, `and`, `or` and brackets; `not`
 * and `ne` do not exist. Operators are read in any case, names of properties in theirs.
 * @throws Refusal with E0000031
 */
export function filterOf<T>(text: string, { field, caseSensitive }: Grammar<T>): Test<T> {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at]?.toLowerCase();
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw refuse.search();
    return token;
  };
  const chain = (word: string, part: () => Test<T>, join: (a: Test<T>, b: Test<T>) => Test<T>): Test<T> => {
    let left = part();
    while (peek() === word) {
      at++;
      left = join(left, part());
    }
    return left;
  };
  const either = (): Test<T> => chain('or', both, (a, b) => (item) => a(item) || b(item));
  const both = (): Test<T> => chain('and', one, (a, b) => (item) => a(item) && b(item));
  const one = (): Test<T> => {
    const token = next();
    if (token === '(') {
      const inner = either();
      if (next() !== ')') throw refuse.search();
      return inner;
    }
    const known = field(token);
    if (!known) throw refuse.search(`Unsupported property: ${token}`);
    const operator = next().toLowerCase();
    if (!known.operators.includes(operator)) throw refuse.search(`Unsupported operator: ${operator}`);
    const values = (item: T) => [known.get(item)].flat().filter((value) => value !== null && value !== undefined);
    if (operator === 'pr') return (item) => values(item).length > 0;
    const holds = compare[operator];
    const wanted = literal(next(), known.date ?? false);
    if (!holds) throw refuse.search();
    return (item) => values(item).some((value) => holds(folded(value), wanted));
  };
  const folded = (value: NonNullable<Value>) =>
    caseSensitive || typeof value !== 'string' ? value : value.toLowerCase();
  const literal = (token: string, date: boolean): NonNullable<Value> => {
    if (token.startsWith('"')) {
      const value = textOf(token);
      if (!date) return folded(value);
      const time = timeOf(value);
      if (Number.isNaN(time)) throw refuse.search(`Invalid date: ${value}`);
      return time;
    }
    if (token === 'true' || token === 'false') return token === 'true';
    if (/^-?\d/.test(token) && !date) return Number(token);
    throw refuse.search();
  };

  const test = either();
  if (at !== tokens.length) throw refuse.search();
  return test;
}

/** ISO 8601 as the vendor's description writes it; an offset is what its sentence to E0000030 has as the example. */
const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{3})?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch; NaN where the text is no date. */
function timeOf(text: string): number {
  const [, local] = DATE.exec(text) ?? [];
  const at = Date.parse(`${local}Z`);
  // `Date.parse` alone takes the 30th of February, and 24 o'clock, for the day after.
  const isThere = local !== undefined && !Number.isNaN(at) && new Date(at).toISOString().startsWith(local);
  return isThere ? Date.parse(text) : Number.NaN;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) throw refuse.search();
    tokens.push(match[0].trim());
  }
  return tokens;
}

function textOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    throw refuse.search();
  }
}
