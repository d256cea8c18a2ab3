import { refuse } from './errors.ts';

/** One clause of a `query`: a field, an operator and a value, or a value alone. */
export interface Clause {
  field: string | null;
  operator: ':' | '=' | '<' | '<=' | '>' | '>=';
  value: string;
  /** The value ended with a star: what begins with it. */
  prefix: boolean;
}

const CLAUSE = /\s*(?:([A-Za-z_][\w.-]*)\s*(<=|>=|[:=<>]))?\s*('(?:[^'\\]|\\.)*'|"[^"]*"|\[[^\]]*\]|[^\s'"]+)(\*?)/y;

/**
 * Reads a search (developers.google.com/workspace/admin/directory/v1/guides/search-users): clauses by spaces, all of
 * which must hold. Values with spaces stand in single quotes.
 * @throws Refusal
 */
export function clausesOf(query: string): Clause[] {
  const clauses: Clause[] = [];
  CLAUSE.lastIndex = 0;
  while (CLAUSE.lastIndex < query.trimEnd().length) {
    const [, field, operator, raw = '', star] = CLAUSE.exec(query) ?? [];
    if (raw === '') throw refuse.input('query');
    const bare = /^['"]/.test(raw) ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw.replace(/\*$/, '');
    const prefix = star === '*' || (!/^['"]/.test(raw) && raw.endsWith('*'));
    clauses.push({
      field: field ?? null,
      operator: operator === undefined ? ':' : (operator as Clause['operator']),
      value: bare,
      prefix,
    });
  }
  return clauses;
}

/** Whether one of the texts is, begins with or holds the value: a whole word or several in a row, whatever their case. */
export function matches({ operator, value, prefix }: Clause, texts: readonly (string | null | undefined)[]): boolean {
  const wanted = value.toLowerCase();
  return texts.some((each) => {
    const text = (each ?? '').toLowerCase();
    if (text === '') return false;
    if (prefix) return text.startsWith(wanted) || words(text).some((word) => word.startsWith(wanted));
    return operator === '=' ? text === wanted : ` ${words(text).join(' ')} `.includes(` ${words(wanted).join(' ')} `);
  });
}

const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** The value of a clause that takes true or false only. @throws Refusal */
export function truth({ operator, value, prefix }: Clause): boolean {
  if (operator !== '=' || prefix || !/^(true|false)$/i.test(value)) throw refuse.input('query');
  return value.toLowerCase() === 'true';
}
