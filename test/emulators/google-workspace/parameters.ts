import { refuse } from './errors.ts';

/** What a parameter may be: any text, true or false, a whole number of at least 1 and at most so much, or one of these words. */
export type Kind = 'text' | 'boolean' | { most: number; cut?: boolean } | readonly string[];
export type Allowed = Readonly<Record<string, Kind>>;

/** Parameters that every method of the vendor's has. */
const STANDARD: Allowed = {
  alt: ['json', 'media', 'proto'],
  fields: 'text',
  prettyPrint: 'boolean',
  key: 'text',
  quotaUser: 'text',
  access_token: 'text',
  oauth_token: 'text',
  callback: 'text',
  uploadType: 'text',
  upload_protocol: 'text',
  '$.xgafv': ['1', '2'],
};

/** The parameters of one request, checked. A parameter that is there without a value counts as missing. */
export interface Parameters {
  text(name: string): string | null;
  flag(name: string): boolean;
  /** Null when it is not there; cut to the most where the vendor does so without a word. */
  number(name: string): number | null;
  /** Those that a page token is bound to, in a fixed order. */
  bound: string;
}

/** @throws Refusal at a parameter that the vendor's description does not have, and at a value that it cannot be */
export function parametersOf(query: URLSearchParams, own: Allowed): Parameters {
  const allowed = { ...STANDARD, ...own };
  for (const name of new Set(query.keys())) {
    const kind = allowed[name];
    if (!kind) throw refuse.unknown(name);
    const values = query.getAll(name);
    const [value = ''] = values;
    if (values.length > 1) throw refuse.value(name, 'TYPE_STRING', values.join(', '));
    if (value !== '') check(name, kind, value);
  }
  const text = (name: string) => query.get(name) || null;
  const numbers = (name: string) => {
    const [value, kind] = [text(name), allowed[name]];
    if (value === null || !kind || typeof kind === 'string' || !('most' in kind)) return null;
    return Math.min(Number(value), kind.most);
  };
  const bound = [...query].filter(([name]) => name in own && name !== 'pageToken').sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    text,
    flag: (name) => text(name)?.toLowerCase() === 'true',
    number: numbers,
    bound: new URLSearchParams(bound).toString(),
  };
}

function check(name: string, kind: Kind, value: string): void {
  if (kind === 'text') return;
  if (kind === 'boolean') {
    if (!/^(true|false)$/i.test(value)) throw refuse.value(name, 'TYPE_BOOL', value);
  } else if ('most' in kind) {
    if (!/^-?\d{1,10}$/.test(value)) throw refuse.value(name, 'TYPE_INT32', value);
    if (Number(value) < 1 || (Number(value) > kind.most && !kind.cut)) throw refuse.input(name);
  } else if (!kind.includes(value)) throw refuse.value(name, 'TYPE_ENUM', value);
}
