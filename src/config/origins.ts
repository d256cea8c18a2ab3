import type { Scalar } from 'yaml';

/** The value of a YAML scalar, and for each UTF-16 unit of it the offset in the file of what produced it. */
export interface Traced {
  value: string;
  at: readonly number[];
  /** The offset after what produced the last unit. */
  end: number;
}

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

class Trail {
  value = '';
  readonly at: number[] = [];

  /** Adds a part of the text as it stands there. */
  copy(text: string, from: number, until: number): void {
    this.value += text.slice(from, until);
    for (let offset = from; offset < until; offset++) this.at.push(offset);
  }

  /** Adds what stands differently in the text, at `offset`. */
  put(units: string, offset: number): void {
    this.value += units;
    for (let unit = 0; unit < units.length; unit++) this.at.push(offset);
  }

  done(end: number): Traced {
    return { value: this.value, at: this.at, end };
  }
}

interface Line {
  from: number;
  /** Before the line's end. */
  until: number;
  /** Of its `\n`. */
  newline: number;
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

/** The lines of a part of the text; the last has no line end. */
function linesOf(text: string, start: number, end: number): Line[] {
  const lines: Line[] = [];
  for (let from = start; ; ) {
    const newline = text.indexOf('\n', from);
    if (newline === -1 || newline >= end) return [...lines, { from, until: end, newline: end }];
    const until = newline > from && text[newline - 1] === '\r' ? newline - 1 : newline;
    lines.push({ from, until, newline });
    from = newline + 1;
  }
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

/**
 * A scalar after | or >, for every indentation that its lines may have: how far the mapping around it is indented, from
 * which an indentation indicator counts, does not stand with the scalar.
 */
function* blocks(text: string, start: number, end: number): Generator<Traced> {
  const newline = text.indexOf('\n', start);
  if (newline === -1 || newline >= end) return;
  const header = /^[|>]([-+\d]*)/.exec(text.slice(start, newline))?.[1] ?? '';
  const folded = text[start] === '>';
  const chomp = /[-+]/.exec(header)?.[0] ?? '';
  const lines = linesOf(text, newline + 1, end).map((line) => ({ ...line, content: contentOf(text, line) }));
  const widths = lines.map(({ from, content }) => content - from);
  const first = lines.findIndex(({ content, until }) => content < until);
  const likely = widths[first] ?? 0;
  const all = /\d/.test(header) ? [...new Set(widths)] : [likely, ...new Set(widths)];
  const most = Math.max(...widths, 0);
  for (const indent of [...all, ...Array.from({ length: most + 1 }, (_, width) => width)])
    yield block(text, lines, { indent, folded, chomp, first: Math.max(first, 0), end });
}

interface Style {
  indent: number;
  folded: boolean;
  chomp: string;
  /** The first line that is not empty. */
  first: number;
  end: number;
}

function block(text: string, lines: readonly (Line & { content: number })[], style: Style): Traced {
  const { indent, folded, chomp, first, end } = style;
  const trail = new Trail();
  let last = lines.length;
  while (last > 0 && isEmpty(lines[last - 1])) last--;
  const tail = lines.findLastIndex((line, index) => index >= last && line.content - line.from > indent);
  if (tail >= last) last = tail + 1;
  let between: { units: string; at: number } | undefined;
  let deeper = false;
  for (const [index, line] of lines.slice(0, last).entries()) {
    const from = Math.min(line.from + indent, line.content);
    if (index < first) {
      trail.copy(text, from, line.content);
      trail.put('\n', line.newline);
      continue;
    }
    const isDeeper = line.content - line.from > indent || (text[line.content] === '\t' && line.content < line.until);
    const join = (units: string) => between && trail.put(units, between.at);
    if (!folded || isDeeper) {
      const units = between?.units ?? '';
      join(folded ? (units === ' ' ? '\n' : !deeper && units === '\n' ? '\n\n' : units) : units);
      trail.copy(text, from, line.until);
      between = { units: '\n', at: line.newline };
      deeper = folded;
    } else if (isEmpty(line)) {
      if (between?.units === '\n') trail.put('\n', between.at);
      between = { units: '\n', at: line.newline };
    } else {
      join(between?.units ?? '');
      trail.copy(text, line.content, line.until);
      between = { units: ' ', at: line.newline };
      deeper = false;
    }
  }
  const closing = between?.at ?? lines[last - 1]?.newline ?? end;
  if (chomp === '+') {
    for (const line of lines.slice(last)) {
      trail.put('\n', line.from - 1);
      trail.copy(text, Math.min(line.from + indent, line.content), line.content);
    }
    if (!trail.value.endsWith('\n')) trail.put('\n', closing);
  } else if (chomp !== '-') trail.put('\n', closing);
  return trail.done(end);
}

function contentOf(text: string, { from, until }: Line): number {
  let at = from;
  while (at < until && text[at] === ' ') at++;
  return at;
}

const isEmpty = (line: (Line & { content: number }) | undefined): boolean => line?.content === line?.until;
