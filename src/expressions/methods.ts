import * as strings from './strings.ts';
import type { Type } from './types.ts';
import { TEXTS } from './types.ts';
import { bounded, type Computed, mustBeShort, textOf } from './values.ts';

/** A method of texts or of lists. */
export interface Method {
  on: 'text' | 'list';
  /** The types of its arguments; those from `least` on may be left out. */
  takes: readonly Type[];
  least?: number;
  /** Of a list, `element` is the type of what is in it. */
  gives: Type | 'element';
  /** What it gives where the receiver, or an argument, is nothing. */
  ofNull: Computed;
  /** How to call it, for people. */
  like: string;
  run(receiver: never, ...args: never[]): Computed;
}

const text = (
  like: string,
  takes: readonly Type[],
  gives: Type,
  ofNull: Computed,
  run: (receiver: string, ...args: never[]) => Computed,
  least = takes.length,
): Method => ({ on: 'text', like, takes, gives, ofNull, run, least });
const list = (
  like: string,
  takes: readonly Type[],
  gives: Method['gives'],
  run: (receiver: readonly Computed[], ...args: never[]) => Computed,
): Method => ({ on: 'list', like, takes, gives, ofNull: null, run });

/** The longest padding. */
const WIDEST = 1024;

/** Every method, by its name; those that the checker knows itself (`memberOf`, `matches`, …) apart. */
export const METHODS: Readonly<Record<string, readonly Method[]>> = {
  startsWith: [text('.startsWith("…")', ['text'], 'bool', false, (a, b: string) => a.startsWith(b))],
  endsWith: [text('.endsWith("…")', ['text'], 'bool', false, (a, b: string) => a.endsWith(b))],
  contains: [text('.contains("…")', ['text'], 'bool', false, (a, b: string) => a.includes(b))],
  localPart: [text('.localPart()', [], 'text', null, strings.localPart)],
  domain: [text('.domain()', [], 'text', null, strings.domain)],
  ascii: [text('.ascii()', [], 'text', null, (a) => bounded(strings.ascii(a)))],
  lowerAscii: [text('.lowerAscii()', [], 'text', null, (a) => a.toLowerCase())],
  upperAscii: [text('.upperAscii()', [], 'text', null, (a) => bounded(a.toUpperCase()))],
  title: [text('.title()', [], 'text', null, (a) => bounded(strings.title(a)))],
  trim: [text('.trim()', [], 'text', null, (a) => a.trim())],
  replace: [text('.replace("from", "to")', ['text', 'text'], 'text', null, replaceAll)],
  left: [text('.left(3)', ['int'], 'text', null, (a, n: number) => strings.left(a, n))],
  substring: [
    text(
      '.substring(0, 3)',
      ['int', 'int'],
      'text',
      null,
      (a, start: number, end = Number.POSITIVE_INFINITY) => strings.substring(a, start, end),
      1,
    ),
  ],
  padStart: [
    text('.padStart(6, "0")', ['int', 'text'], 'text', null, (a, n: number, fill: string) =>
      strings.padStart(a, Math.min(n, WIDEST), fill),
    ),
  ],
  split: [text('.split(",")', ['text'], TEXTS, [], (a, by: string) => (by === '' ? [...a] : a.split(by)))],
  indexOf: [text('.indexOf("…")', ['text'], 'int', null, strings.indexOf)],
  size: [text('.size()', [], 'int', 0, strings.size), list('.size()', [], 'int', (a) => a.length)],
  first: [list('.first()', [], 'element', (a) => a[0] ?? null)],
  join: [
    list('.join(", ")', ['text'], 'text', (a, by: string) => {
      const texts = a.flatMap((one) => textOf(one) ?? []);
      if (texts.length === 0) return null;
      mustBeShort(texts.reduce((length, one) => length + one.length, (texts.length - 1) * by.length));
      return texts.join(by);
    }),
  ],
};

/** All occurrences. The length is looked at first: a short text may ask for a very long one. */
function replaceAll(a: string, from: string, to: string): string {
  if (from === '') return a;
  const parts = a.split(from);
  mustBeShort(a.length + (parts.length - 1) * (to.length - from.length));
  return parts.join(to);
}
