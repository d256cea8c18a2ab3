import type { Ask } from './ask.ts';
import { refuse } from './errors.ts';

/** How many rows a listing has on a page. */
export interface PageSize {
  usual: number;
  most: number;
}

/** The parameters of one request, checked. */
export interface Query {
  limit: number;
  values: ReadonlyMap<string, string>;
}

/**
 * @param names the parameters that the vendor's description has for this path
 * @throws Refusal; of unknown parameters only where the emulator is strict, as Okta passes over them
 */
export function queryOf(ask: Ask, names: readonly string[], size: PageSize): Query {
  const values = new Map<string, string>();
  for (const [name, value] of ask.parameters) {
    if (!names.includes(name)) {
      if (ask.strict) throw refuse.invalid(name, 'is no parameter of this endpoint');
      continue;
    }
    if (values.has(name) && ask.strict) throw refuse.invalid(name, 'was given more than once');
    values.set(name, value);
  }
  return { limit: limitOf(values.get('limit'), size, ask.strict), values };
}

function limitOf(text: string | undefined, { usual, most }: PageSize, strict: boolean): number {
  if (text === undefined) return usual;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw refuse.invalid('limit', 'must be a whole number that is greater than 0');
  // Okta cuts what is too much without a word, and a test should hear of it.
  if (limit > most && strict) throw refuse.invalid('limit', `must not be greater than ${most}`);
  return Math.min(limit, most);
}
