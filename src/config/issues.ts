import type { ZodType, z } from 'zod';
import { didYouMean, near } from '../model/near.ts';
import { tame } from './excerpt.ts';
import type { FaultCode } from './fault.ts';
import { isAttributes, isExpected, type Path, pathText } from './path.ts';
import type { Report } from './report.ts';
import { childSchema, objectSchema, takesSecret } from './shape.ts';
import type { Mark } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** The whole file as the schema is given it. */
export interface Root {
  schema: ZodType;
  value: unknown;
  /** The attributes that the file adds to the standard ones. */
  custom: readonly string[];
  marks: ReadonlyMap<string, Mark>;
  /** The paths whose values came out of references, which no message shows. */
  referenced: ReadonlySet<string>;
}

/** Says in rosterd's words, and with their places, what the schema found. */
export function reportIssues(found: readonly Issue[], root: Root, report: Report): void {
  const { marks } = root;
  const issues = found.flatMap(meant);
  const misspelt = new Set<string>();
  for (const issue of issues)
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) unknownKey(key, issue.path as Path);
  for (const issue of issues) {
    // Only keys and positions occur in a path of plain data.
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys' || report.blames(path)) continue;
    const { schema, value } = follow(root.schema, root.value, path);
    if (value !== undefined || path.length === 0)
      report.add(offset(path, value), path, ...wrong(issue, value, schema, root.referenced.has(pathText(path))));
    else if (!misspelt.has(pathText(path))) missing(issue, path, schema);
  }

  function unknownKey(key: string, path: Path): void {
    const { schema, value } = follow(root.schema, root.value, path);
    const at = marks.get(pathText([...path, key]));
    const offset = at?.key ?? at?.value ?? 0;
    const about = isAttributes(path) ? attributeFault(key) : undefined;
    const known = schema ? Object.keys(objectSchema(schema, value)?.shape ?? {}) : [];
    if (about !== undefined) {
      report.add(offset, [...path, key], 'value', about);
      return;
    }
    const meant = near(key, known);
    // That the right key is missing as well goes without saying.
    if (meant !== undefined) misspelt.add(pathText([...path, meant]));
    const others =
      isAttributes(path) || isExpected(path) ? `${list(known)}, or a name in \`customAttributes\`` : list(known);
    const hint = meant === undefined ? `expected one of ${others}` : `did you mean \`${meant}\`?`;
    report.add(offset, [...path, key], 'unknown-key', `unknown key; ${hint}`);
  }

  function missing(issue: Issue, path: Path, schema: ZodType | undefined): void {
    const above = marks.get(pathText(path.slice(0, -1)));
    const about = schema?.description ? ` (${schema.description})` : '';
    report.add(
      above?.key ?? above?.value ?? null,
      path,
      'missing',
      `missing; expected ${expected(issue, schema)}${about}`,
    );
  }

  function offset(path: Path, value: unknown): number | null {
    const mark = marks.get(pathText(path));
    return (value === null ? mark?.key : undefined) ?? mark?.value ?? null;
  }
}

/** What is wrong with the alternative that was meant, where one of several has the right kind. */
function meant(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const chosen = issue.errors.find((errors) => errors.length > 0 && !errors.some(isAboutKind));
  return chosen?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(meant) ?? [issue];
}

const isAboutKind = ({ code, path }: Issue): boolean =>
  path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_union'].includes(code);

/** Why rules cannot set what is no attribute. */
function attributeFault(key: string): string | undefined {
  if (key === 'active')
    return '`active` cannot be set by a rule: it is what the source says; to leave people out, say so in `users.where`';
  return key === 'id' ? '`id` cannot be set by a rule: an account is tied to the id at the source' : undefined;
}

function follow(schema: ZodType, value: unknown, path: Path): { schema: ZodType | undefined; value: unknown } {
  let at: { schema: ZodType | undefined; value: unknown } = { schema, value };
  for (const part of path) {
    const inside = typeof at.value === 'object' && at.value !== null && Object.hasOwn(at.value, part);
    at = {
      schema: at.schema && childSchema(at.schema, part, at.value),
      value: inside && typeof at.value === 'object' && at.value !== null ? Reflect.get(at.value, part) : undefined,
    };
  }
  return at;
}

function wrong(issue: Issue, value: unknown, schema: ZodType | undefined, referenced: boolean): [FaultCode, string] {
  const got = referenced ? 'what the reference gives' : shown(value);
  if (value === null) return ['type', `no value; expected ${expected(issue, schema)}`];
  // Where the schema has a sentence of its own, that is the one.
  if (issue.message.startsWith('expected ')) return ['value', issue.message];
  switch (issue.code) {
    case 'invalid_type':
      return ['type', `expected ${expected(issue, schema)}, not ${kindOf(value)}${quoteHint(issue, value)}`];
    case 'invalid_value':
      return [
        'value',
        `expected ${expected(issue, schema)}, not ${got}${referenced ? '' : nearWord(value, issue.values.map(String))}`,
      ];
    case 'invalid_union':
      return wrongType(issue, referenced ? undefined : value, got);
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return ['value', `expected ${atLeast(issue)}`];
      return ['value', `expected at least ${issue.minimum}`];
    case 'too_big':
      return ['value', `expected at most ${issue.maximum}${MOST[issue.origin] ?? ''}`];
    default:
      if (schema && takesSecret(schema)) return ['type', `expected a text, not ${kindOf(value)}; put it in quotes`];
      return ['value', issue.message.replace(/^Invalid /, 'expected a valid ')];
  }
}

function wrongType(issue: z.core.$ZodIssueInvalidUnion, value: unknown, got: string): [FaultCode, string] {
  const known = choices(issue);
  return ['value', `expected ${oneOf(known)}, not ${got}${nearWord(value, known)}`];
}

function expected(issue: Issue, schema: ZodType | undefined): string {
  const [, own] = /^expected (.+)$/.exec(issue.message) ?? [];
  if (own !== undefined) return own;
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  if (issue.code === 'invalid_union') return oneOf(choices(issue));
  if (issue.code === 'custom' && schema && takesSecret(schema)) return 'a text';
  return issue.code === 'invalid_type' ? (KINDS[issue.expected] ?? issue.expected) : 'a value';
}

const choices = (issue: z.core.$ZodIssueInvalidUnion): string[] =>
  'options' in issue ? (issue.options ?? []).map(String) : [];

const MOST: Record<string, string> = { array: ' items', string: ' characters' };

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  if (typeof value === 'boolean') return `\`${value}\``;
  return typeof value === 'string' ? 'a text' : 'keys with values';
}

const quoteHint = (issue: z.core.$ZodIssueInvalidType, value: unknown): string =>
  issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? '; put it in quotes' : '';

const atLeast = (issue: z.core.$ZodIssueTooSmall): string => {
  if (issue.minimum === 1) return issue.origin === 'array' ? 'at least one' : 'a text that is not empty';
  return `at least ${issue.minimum} ${issue.origin === 'array' ? 'items' : 'characters'}`;
};

const shown = (value: unknown): string =>
  typeof value === 'object' ? kindOf(value) : `\`${tame(String(value)).slice(0, 60)}\``;
const nearWord = (value: unknown, known: readonly string[]): string =>
  typeof value === 'string' ? didYouMean(value, known) : '';
const list = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');
const oneOf = (words: readonly string[]): string => (words.length === 1 ? list(words) : `one of ${list(words)}`);
