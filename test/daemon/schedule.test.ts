import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Schedule, schedule } from '../../src/daemon/schedule.ts';

afterEach(() => vi.useRealTimers());

/** A schedule that is looked at, at a time of day. */
function at(now: string, pattern: string, timezone = 'UTC'): Schedule {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
  const made = schedule(pattern, timezone, () => undefined);
  onTestFinished(() => made.stop());
  return made;
}
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

test.each([
  ['2026-01-01T12:07:00Z', '*/15 * * * *', 'UTC', '2026-01-01T12:15:00.000Z', 900_000],
  ['2026-01-01T12:07:01Z', '*/10 * * * * *', 'UTC', '2026-01-01T12:07:10.000Z', 10_000],
  ['2026-01-01T12:07:00Z', '0 6 * * 1-5', 'Europe/Oslo', '2026-01-02T05:00:00.000Z', 3 * 86_400_000],
  ['2026-07-01T12:07:00Z', '@daily', 'America/New_York', '2026-07-02T04:00:00.000Z', 86_400_000],
])('at %s, `%s` in %s comes next at %s', (now, pattern, timezone, next, interval) => {
  const made = at(now, pattern, timezone);
  expect(iso(made.next())).toBe(next);
  expect(made.interval()).toBe(interval);
});

describe('summer time', () => {
  test('an hour that is skipped has no pass on that day', () => {
    expect(iso(at('2026-03-28T12:00:00Z', '30 2 * * *', 'Europe/Oslo').next())).toBe('2026-03-30T00:30:00.000Z');
  });
  test('an hour that comes twice has one', () => {
    const made = at('2026-10-24T12:00:00Z', '30 2 * * *', 'Europe/Oslo');
    expect(iso(made.next())).toBe('2026-10-25T01:30:00.000Z');
    expect(made.interval()).toBe(86_400_000);
  });
  test('every quarter of an hour goes on through both nights', () => {
    expect(iso(at('2026-03-29T00:59:00Z', '*/15 * * * *', 'Europe/Oslo').next())).toBe('2026-03-29T01:00:00.000Z');
    expect(iso(at('2026-10-25T01:01:00Z', '*/15 * * * *', 'Europe/Oslo').next())).toBe('2026-10-25T01:15:00.000Z');
  });
});

describe('what was missed while nothing ran', () => {
  const due = (since: string, now: string, pattern: string) =>
    iso(at(now, pattern).dueBetween(Date.parse(since), Date.parse(now)));

  test.each([
    ['2026-01-05T11:00:00Z', '2026-01-05T12:07:30Z', '*/15 * * * *', '2026-01-05T12:00:00.000Z'],
    ['2026-01-05T12:01:00Z', '2026-01-05T12:07:30Z', '*/15 * * * *', null],
    ['2026-01-02T17:30:00Z', '2026-01-05T08:00:00Z', '0 9-17 * * 1-5', null],
    ['2026-01-02T16:30:00Z', '2026-01-05T08:00:00Z', '0 9-17 * * 1-5', '2026-01-02T17:00:00.000Z'],
    ['2026-01-05T12:00:01Z', '2026-01-05T12:00:25Z', '*/10 * * * * *', '2026-01-05T12:00:20.000Z'],
    ['2025-01-01T00:00:00Z', '2026-01-05T12:00:00Z', '0 0 29 2 *', '2025-12-28T12:00:00.000Z'],
  ])('from %s to %s, `%s`: %s', (since, now, pattern, expected) => {
    expect(due(since, now, pattern)).toBe(expected);
  });
});

test('it is due a little later than its time, and no more once it was stopped', async () => {
  const times: number[] = [];
  const made = schedule('* * * * * *', 'UTC', () => times.push(Date.now()));
  await new Promise((resolve) => setTimeout(resolve, 2300));
  made.stop();
  const { length } = times;
  expect(length).toBeGreaterThanOrEqual(1);
  // A tenth of a second at most, and what the machine needs.
  for (const time of times) expect(time % 1000).toBeLessThan(600);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(times).toHaveLength(length);
}, 10_000);
