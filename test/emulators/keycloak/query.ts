import { json, type Reply } from '../reply.ts';
import { Refusal, refused } from './errors.ts';

/** The query of one request, read as the vendor reads it. */
export interface Query {
  text(name: string): string | null;
  /** True for `true` in any case; every other text is false, as Java has it. Null when it is not there. */
  flag(name: string): boolean | null;
  /** A 32-bit integer; null when it is not there or empty. Anything else is a 404, as with the vendor. */
  number(name: string): number | null;
}

/**
 * @param known the parameters of the endpoint
 * @param strict refuses every other parameter, and one that comes twice, with 400; the vendor ignores them
 */
export function queryOf(parameters: URLSearchParams, known: readonly string[], strict: boolean): Query {
  if (strict) {
    for (const name of new Set(parameters.keys())) {
      if (!known.includes(name))
        throw new Refusal(strictly(`there is no parameter "${name}" here, only ${known.join(', ')}`));
      if (parameters.getAll(name).length > 1) throw new Refusal(strictly(`the parameter "${name}" comes twice`));
    }
  }
  const number = (name: string): number | null => {
    const value = parameters.get(name);
    if (value === null || value === '') return null;
    const read = /^[+-]?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (!(read >= -(2 ** 31) && read < 2 ** 31)) throw new Refusal(refused.notFound());
    return read;
  };
  return {
    text: (name) => parameters.get(name),
    flag: (name) => {
      const value = parameters.get(name);
      return value === null || value === '' ? null : value.toLowerCase() === 'true';
    },
    number,
  };
}

const strictly = (what: string) => json(400, { error: `The emulator is strict: ${what}.` });

/** The rows from `first` on, at most `max`; a negative or missing value is no limit. */
export function page<T>(rows: readonly T[], first: number | null, max: number | null): readonly T[] {
  const from = Math.max(0, first ?? 0);
  return max === null || max < 0 ? rows.slice(from) : rows.slice(from, from + max);
}

/** A 200 as the vendor sends it. */
export const found = (value: unknown): Reply => foundText(JSON.stringify(value));

/** The same for what is JSON already. */
export const foundText = (body: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-cache' },
  body,
});

/** `key:value "other key":"other value"` */
export function pairs(query: string): [string, string][] {
  const unquote = (part: string) => part.replace(/^"|"$/g, '');
  return [...query.matchAll(/("[^"]*"|[^\s:]+):("[^"]*"|\S+)/g)].map((found) => [
    unquote(found[1] ?? ''),
    unquote(found[2] ?? ''),
  ]);
}
