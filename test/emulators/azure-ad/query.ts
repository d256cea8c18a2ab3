import { refuse } from './errors.ts';
import { type Filter, filterOf } from './filter.ts';
import { isExtension, properties } from './properties.ts';

/** The kinds whose properties a query may name. */
export type QueryKind = keyof typeof properties;

/** The query options of one request, checked. */
export interface Query {
  /** Null: what is shown unless asked otherwise. */
  select: readonly string[] | null;
  top: number;
  filter: Filter | null;
  expand: Expand | null;
  count: boolean;
  /** The header `ConsistencyLevel: eventual`. */
  eventual: boolean;
  skiptoken: string | null;
  deltatoken: string | null;
  parameters: URLSearchParams;
}

export interface Expand {
  name: string;
  select: readonly string[] | null;
}

/** OData's options; Graph takes them without the dollar too. */
const OPTIONS = [
  'select',
  'top',
  'filter',
  'expand',
  'count',
  'orderby',
  'search',
  'skip',
  'skiptoken',
  'deltatoken',
  'format',
];

export interface Allowed {
  kind: QueryKind;
  /** The options that this path takes, without dollars. */
  options: readonly string[];
  /** One object is read by its id: properties that lists do not have are there. */
  single?: boolean;
  /** Refuses parameters that Graph does not know and ignores, so that a typo shows. */
  strict: boolean;
  eventual: boolean;
}

export const MOST = 999;
const DEFAULT_PAGE = 100;

/** @throws Refusal */
export function queryOf(parameters: URLSearchParams, allowed: Allowed): Query {
  const values = new Map<string, string>();
  for (const [key, value] of parameters) {
    const name = key.replace(/^\$/, '').toLowerCase();
    if (!OPTIONS.includes(name)) {
      if (key.startsWith('$') || allowed.strict) throw refuse.option(key);
      continue;
    }
    if (values.has(name))
      throw refuse.request(
        `Query option '${key}' was specified more than once, but it must be specified at most once.`,
      );
    if (name === 'skip') throw refuse.unsupported("'$skip' is not supported by the service.");
    if (!allowed.options.includes(name)) throw refuse.option(`$${name}`);
    values.set(name, value);
  }
  const { kind, single = false, eventual } = allowed;
  const select = values.get('select');
  const filter = values.get('filter');
  const count = flag(values.get('count'));
  if (count && !eventual) throw refuse.bad('$count is not currently supported.');
  const query: Query = {
    select: select === undefined ? null : names(select, kind, single),
    top: pageSize(values.get('top')),
    filter: filter === undefined ? null : filterOf(filter, kind),
    expand: expandOf(values.get('expand')),
    count,
    eventual,
    skiptoken: values.get('skiptoken') ?? null,
    deltatoken: values.get('deltatoken') ?? null,
    parameters,
  };
  if (query.filter?.advanced && !(count && eventual)) throw refuse.unsupported('Unsupported Query.');
  return query;
}

/** Relations are filtered, and cast to a kind, in advanced queries only. @throws Refusal where it is none */
export function advanced({ filter, count, eventual }: Query, cast: boolean): void {
  if ((filter || cast) && !(count && eventual)) throw refuse.unsupported('Unsupported Query.');
}

/** @throws Refusal where the kind has no such property */
export function names(list: string, kind: QueryKind, single = false): string[] {
  const known = properties[kind];
  const wanted = list.split(',').map((name) => name.trim());
  const found = wanted.map((name) => {
    const key = name in known ? name : Object.keys(known).find((each) => each.toLowerCase() === name.toLowerCase());
    if (key !== undefined && (single || known[key] !== 'single')) return key;
    // Directory objects are of mixed kinds; what any of them has may be named.
    if (kind === 'directoryObject' && (name in properties.user || name in properties.group)) return name;
    if (isExtension(name)) return name;
    if (key !== undefined)
      throw refuse.bad(`The property '${key}' is not supported in a list: read one object by its id.`);
    throw refuse.property(name, kind);
  });
  return [...new Set(found)];
}

function pageSize(value: string | undefined): number {
  if (value === undefined) return DEFAULT_PAGE;
  if (!/^-?\d+$/.test(value)) throw refuse.request(`Invalid value '${value}' for $top query option found.`);
  const size = Number(value);
  if (size < 1 || size > MOST) {
    throw refuse.unsupported(`Invalid page size specified: '${value}'. Must be between 1 and ${MOST} inclusive.`);
  }
  return size;
}

function flag(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw refuse.request(`Invalid value '${value}' for $count query option found.`);
}

/** One relation, perhaps with its own `$select`: Graph expands no more than one of a directory object. */
function expandOf(value: string | undefined): Expand | null {
  if (value === undefined) return null;
  const [, name = '', inner = ''] = /^\s*(\w+)(?:\(([^()]*)\))?\s*$/.exec(value) ?? [];
  if (name === '') throw refuse.unsupported('Only one property can be expanded in a request.');
  const kind = name === 'manager' ? 'user' : 'directoryObject';
  let select: string[] | null = null;
  for (const part of inner.split(';').filter(Boolean)) {
    const [key = '', list = ''] = part.split('=');
    if (key.trim() !== '$select')
      throw refuse.request(`The query option '${key.trim()}' is not supported in $expand here.`);
    select = names(list, kind);
  }
  return { name, select };
}
