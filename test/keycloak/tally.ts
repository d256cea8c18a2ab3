import { isDeepStrictEqual } from 'node:util';

/** What the run has shown so far. A check that fails is counted and told; the run goes on. */
export interface Tally {
  passed: number;
  failed: number;
  is(what: string, ok: boolean, otherwise?: string): void;
  /** Compares two sets of lines, whatever their order, and shows the first differences. */
  same(what: string, actual: readonly string[], expected: readonly string[]): void;
  equal(what: string, actual: unknown, expected: unknown): void;
}

const SHOWN = 8;

export function tally(print: (line: string) => void): Tally {
  return {
    passed: 0,
    failed: 0,
    is(what, ok, otherwise = '') {
      if (ok) this.passed++;
      else this.failed++;
      print(ok ? `  ok      ${what}` : `  FAILED  ${what}${otherwise && `\n${indent(otherwise)}`}`);
    },
    same(what, actual, expected) {
      const there = new Set(actual);
      const wanted = new Set(expected);
      const extra = [...there].filter((line) => !wanted.has(line));
      const missing = [...wanted].filter((line) => !there.has(line));
      const repeated = actual.length - there.size;
      const differences = [
        ...shorten(extra, 'not expected'),
        ...shorten(missing, 'missing'),
        ...(repeated ? [`${repeated} lines come more than once`] : []),
      ];
      this.is(`${what} (${actual.length})`, differences.length === 0, differences.join('\n'));
    },
    equal(what, actual, expected) {
      const text = `got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
      this.is(what, isDeepStrictEqual(actual, expected), text);
    },
  };
}

const shorten = (lines: string[], word: string): string[] => [
  ...lines.slice(0, SHOWN).map((line) => `${word}: ${line}`),
  ...(lines.length > SHOWN ? [`… and ${lines.length - SHOWN} more ${word}`] : []),
];

export const indent = (text: string): string => text.replace(/^/gm, '          ');
