import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { type Figure, verdict } from '../../src/sync/limits.ts';

const figure = (planned: number, recent: number, base: number, left: number | null = 1): Figure => ({
  key: 'deactivate',
  what: 'accounts',
  planned,
  recent,
  base,
  left,
});

describe.each<[string, Figure, Limits, boolean]>([
  ['nothing planned is never stopped, whatever was lost before', figure(0, 900, 1000), DEFAULT_LIMITS, false],
  ['exactly the share passes', figure(100, 0, 1000), DEFAULT_LIMITS, false],
  ['one more than the share is stopped', figure(101, 0, 1000), DEFAULT_LIMITS, true],
  ['a trickle: what was lost in the last 24 hours counts', figure(1, 100, 1000), DEFAULT_LIMITS, true],
  ['a share that binary fractions miss', figure(7, 0, 100), { deactivate: { share: 0.07 } }, false],
  ['5 a day pass a share', figure(5, 0, 20), DEFAULT_LIMITS, false],
  ['6 of 20 do not', figure(6, 0, 20), DEFAULT_LIMITS, true],
  ['5 together with what was lost before', figure(3, 3, 20), DEFAULT_LIMITS, true],
  ['5 that are all there is', figure(5, 0, 5, 0), DEFAULT_LIMITS, true],
  ['one that is all there is, whatever the limit', figure(1, 0, 1, 0), { deactivate: { share: 1 } }, true],
  ['all of many, by a count that allows it', figure(50, 0, 50, 0), { deactivate: { count: 1000 } }, true],
  ['a count', figure(50, 0, 100_000), { deactivate: { count: 50 } }, false],
  ['one more than a count', figure(51, 0, 100_000), { deactivate: { count: 50 } }, true],
  ['a count knows no 5 for free', figure(1, 0, 1000), { deactivate: { count: 0 } }, true],
  ['no limit, no stop', figure(1000, 0, 1000, 0), {}, false],
  ['what may be empty may be emptied', figure(3, 0, 3, null), DEFAULT_LIMITS, false],
])('%s', (_, one, limits, stopped) => {
  test(stopped ? 'is stopped' : 'passes', () => {
    expect(verdict([one], limits)).toHaveLength(stopped ? 1 : 0);
  });
});

test('each key has its own limit', () => {
  const figures: Figure[] = [
    figure(200, 0, 1000),
    { ...figure(150, 0, 1000), key: 'disable' },
    { ...figure(400, 0, 1000), key: 'create' },
  ];
  expect(verdict(figures, DEFAULT_LIMITS).map(({ key, allowed, emptied }) => [key, allowed, emptied])).toEqual([
    ['deactivate', 100, false],
  ]);
});
