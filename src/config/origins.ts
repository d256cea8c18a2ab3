import type { Scalar } from 'yaml';
import { blocks } from './origins-block.ts';
import { type Line, linesOf, type Traced, Trail } from './trail.ts';

export type { Traced } from './trail.ts';

type Written = Pick<Scalar.Parsed, 'type' | 'range'>;

/**
 * Traces a scalar back to the text, by the rules of YAML 1.2 (chapters 7 and 8) as the package `yaml` applies them.
 * Undefined where that gives another value than `value`, the package's own; so it may for one of nothing but blanks.
 */
export function trace(text: string, { type, range: [start, end] }: Written, value: string): Traced | undefined {
  for (const traced of readings(text, type, start, end)) if (traced.value === value) return traced;
  return undefined;
}

function* readings(text: string, type: Scalar.Type | undefined, start: number, end: number): Generator<Traced> {
  switch (type) {
    case 'PLAIN':
      yield unfolded(text, start, end).done(end);
      break;
    case 'QUOTE_SINGLE':
      yield undoubled(unfolded(text, start + 1, end - 1), end - 1);
      break;
    case 'QUOTE_DOUBLE':
      yield unescaped(text, start + 1, end - 1);
      break;
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      yield* blocks(text, start, end);
  }
}

const isBlank = (unit: string | undefined): boolean => unit === ' ' || unit === '\t';

/** Lines joined by a space; empty ones between them are line ends. */
function unfolded(text: string, start: number, end: number): Trail {
  const trail = new Trail();
  const lines = linesOf(text, start, end);
  const [first, ...others] = lines;
  const last = others.pop();
  if (!first) return trail;
  if (!last) {
    trail.copy(text, start, end);
    return trail;
  }
  const trimmed = ({ from, until }: Line, left: boolean, right: boolean): [number, number] => {
    while (left && from < until && isBlank(text[from])) from++;
    while (right && until > from && isBlank(text[until - 1])) until--;
    return [from, until];
  };
  trail.copy(text, ...trimmed(first, false, true));
  let between = { unit: ' ', at: first.newline };
  for (const line of others) {
    const [from, until] = trimmed(line, true, true);
    if (from === until) {
      if (between.unit === '\n') trail.put('\n', between.at);
      between = { unit: '\n', at: line.newline };
      continue;
    }
    trail.put(between.unit, between.at);
    trail.copy(text, from, until);
    between = { unit: ' ', at: line.newline };
  }
  trail.put(between.unit, between.at);
  trail.copy(text, ...trimmed(last, true, false));
  return trail;
}

/** `''` stands for one quote. */
function undoubled({ value, at }: Trail, end: number): Traced {
  const trail = new Trail();
  for (let index = 0; index < value.length; index++) {
    trail.put(value.charAt(index), at[index] ?? end);
    if (value[index] === "'" && value[index + 1] === "'") index++;
  }
  return trail.done(end);
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '0': '\0', a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ N: '\u0085', _: '\u00a0', L: '\u2028', P: '\u2029', ' ': ' ', '"': '"', '/': '/', '\\': '\\', '\t': '\t' },
};
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function unescaped(text: string, start: number, end: number): Traced {
  const trail = new Trail();
  let at = start;
  const skipBlanks = () => {
    while (at < end && isBlank(text[at])) at++;
  };
  const atLineEnd = () => text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
  /** Gives the offset of its `\n`. */
  const skipLineEnd = (): number => {
    at += text[at] === '\r' ? 2 : 1;
    return at - 1;
  };
  while (at < end) {
    const from = at;
    if (text[at] === '\\') {
      at++;
      if (atLineEnd()) {
        skipLineEnd();
        skipBlanks();
        continue;
      }
      const letter = text[at++] ?? '';
      const digits = DIGITS[letter] ?? 0;
      trail.put(digits === 0 ? (ESCAPES[letter] ?? '') : character(text.slice(at, at + digits)), from);
      at += digits;
    } else if (isBlank(text[at])) {
      skipBlanks();
      if (at >= end || !atLineEnd()) trail.copy(text, from, at);
    } else if (atLineEnd()) {
      const first = skipLineEnd();
      skipBlanks();
      const empty: number[] = [];
      while (at < end && atLineEnd()) {
        empty.push(skipLineEnd());
        skipBlanks();
      }
      if (empty.length === 0) trail.put(' ', first);
      for (const line of empty) trail.put('\n', line);
    } else trail.copy(text, from, ++at);
  }
  return trail.done(end);
}

function character(digits: string): string {
  const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY;
  return code > 0x10ffff ? '' : String.fromCodePoint(code);
}
