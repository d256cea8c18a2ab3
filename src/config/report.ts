import { excerpt, type Span, type Visible } from './excerpt.ts';
import type { Fault, FaultCode } from './fault.ts';
import { isExpression, isTable, type Path, pathText } from './path.ts';
import type { ConfigText } from './text.ts';

/** Collects the faults of one file. */
export interface Report {
  /**
   * `offset` is where in the text; null for the whole file. A second fault of a code at one place is dropped. What stands
   * from `within.start` to `within.end` is an expression, which may be shown.
   */
  add(offset: number | null, path: Path, code: FaultCode, message: string, within?: Span): void;
  /** Whether a fault was already found at this path or above it, so that what follows from it is not said too. */
  blames(path: Path): boolean;
  /** The line of an offset, from 1. */
  lineOf(offset: number): number;
  /** In the order of the file. */
  faults(): Fault[];
}

export function startReport({ file, text }: ConfigText, visible: Visible): Report {
  const starts = lineStarts(text);
  const found: Fault[] = [];
  const seen = new Set<string>();
  const blamed = new Set<string>();

  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };

  const fault = (offset: number, path: Path, code: FaultCode, message: string, within?: Span): Fault => {
    const line = lineOf(offset);
    const start = starts[line - 1] ?? 0;
    const column = offset - start + 1;
    const whole = text.slice(start, starts[line]).replace(/\r?\n$/, '');
    const rule = within && { start: within.start - start, end: within.end - start };
    // A key in the wrong place may be a credential's.
    const shown = excerpt(
      whole,
      line,
      column,
      visible,
      code.endsWith('-key') ? undefined : (expressionIn(whole, path) ?? rule),
    );
    return { file, line, column, path: pathText(shownPath(path, visible)), code, message, excerpt: shown };
  };

  return {
    add(offset, path, code, message, within) {
      const at = pathText(path);
      blamed.add(at);
      // A fragment that several aliases use is wrong once; several keys may be missing in one place.
      const once = `${code} ${offset} ${offset === null ? at : path.at(-1)}`;
      if (seen.has(once)) return;
      seen.add(once);
      found.push(
        offset === null
          ? { file, line: null, column: null, path: at, code, message, excerpt: null }
          : fault(offset, path, code, message, within),
      );
    },
    blames: (path) => path.some((_, index) => blamed.has(pathText(path.slice(0, index + 1)))),
    lineOf,
    faults() {
      // What was said about an expression explains its line better than what YAML makes of it.
      const explained = new Set(found.flatMap(({ code, line }) => (code === 'expression' ? [line] : [])));
      const kept = found.filter(({ code, line }) => code !== 'yaml' || !explained.has(line));
      return kept.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    },
  };
}

/** The path as far as it may be shown: what is below a key that is not visible, or no word, may be part of a credential. */
function shownPath(path: Path, visible: Visible): Path {
  if (isTable(path)) return path;
  const ends = path.findIndex((part) => typeof part === 'string' && !visible.has(part));
  if (ends === -1) return path;
  const isWord = /^[A-Za-z_][\w-]{0,63}$/.test(String(path[ends]));
  return path.slice(0, isWord ? ends + 1 : ends);
}

/** The part of the line that belongs to an expression, where the line holds it, or a part of it, and nothing beside it. */
function expressionIn(line: string, path: Path): Span | undefined {
  if (!isExpression(path)) return undefined;
  const key = path.findLast((part) => typeof part === 'string');
  const [before = '', written] = /^\s*(?:- +)*(?:([^\s:]+):)?/.exec(line) ?? [];
  const isItem = typeof path.at(-1) === 'number' && line.trimStart().startsWith('- ');
  if (written !== key && !isItem) return undefined;
  return { start: written === key ? before.length : 0, end: line.length };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
