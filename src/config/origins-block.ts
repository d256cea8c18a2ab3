import { type Line, linesOf, type Traced, Trail } from './trail.ts';

/**
 * A scalar after | or >, for every indentation that its lines may have: how far the mapping around it is indented, from
 * which an indentation indicator counts, does not stand with the scalar.
 */
export function* blocks(text: string, start: number, end: number): Generator<Traced> {
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
