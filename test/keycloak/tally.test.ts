import { expect, test } from 'vitest';
import { tally } from './tally.ts';

test.each([
  [['a', 'b'], ['b', 'a'], '  ok      rows (2)'],
  [['a'], ['a', 'b'], '  FAILED  rows (1)\n          missing: b'],
  [['a', 'b'], ['a'], '  FAILED  rows (2)\n          not expected: b'],
  [['a', 'a'], ['a'], '  FAILED  rows (2)\n          1 lines come more than once'],
])('%o compared with %o', (actual, expected, line) => {
  const lines: string[] = [];
  const check = tally((text) => lines.push(text));
  check.same('rows', actual, expected);
  expect(lines).toEqual([line]);
  expect(check.passed + check.failed).toBe(1);
  expect(check.failed).toBe(line.includes('FAILED') ? 1 : 0);
});
