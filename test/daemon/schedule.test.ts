import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Due, type Schedule, schedule } from '../../src/daemon/schedule.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

/** A schedule, at a time of day, and what it called. */
function at(now: string, pattern: string, timezone = 'UTC', since?: string): Schedule & { called: Due[] } {
  vi.setSystemTime(new Date(now));
  const called: Due[] = [];
  const made = schedule(pattern, timezone, (due) => called.push(due), since === undefined ? null : Date.parse(since));
  onTestFinished(() => made.stop());
  return Object.assign(made, { called });
}
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
/** Its next times, one after the other. */
function following(now: string, pattern: string, timezone: string, count: number): (string | null)[] {
  const made = at(now, pattern, timezone);
  return Array.from({ length: count }, () => {
    const next = made.next();
    vi.setSystemTime(next ?? 0);
    return iso(next)?.slice(0, 19) ?? null;
  });
}

test.each([
  ['2026-01-01T12:07:00Z', '*/15 * * * *', 'UTC', '2026-01-01T12:15:00.000Z', 900_000],
  ['2026-01-01T12:07:01Z', '*/10 * * * * *', 'UTC', '2026-01-01T12:07:10.000Z', 10_000],
  ['2026-01-01T12:07:00Z', '0 6 * * 1-5', 'Europe/Oslo', '2026-01-02T05:00:00.000Z', 3 * 86_400_000],
  ['2026-01-01T12:07:00Z', '30 5 L * *', 'Asia/Kathmandu', '2026-01-30T23:45:00.000Z', 28 * 86_400_000],
  ['2026-01-01T12:07:00Z', '0 0 * JAN MON#2', 'UTC', '2026-01-12T00:00:00.000Z', 364 * 86_400_000],
  ['2026-07-01T12:07:00Z', '@daily', 'America/New_York', '2026-07-02T04:00:00.000Z', 86_400_000],
  ['2026-07-01T12:07:00Z', '0 0 29 2 1', 'UTC', '2044-02-29T00:00:00.000Z', 10_227 * 86_400_000],
])('at %s, `%s` in %s comes next at %s', (now, pattern, timezone, next, interval) => {
  const made = at(now, pattern, timezone);
  expect(iso(made.next())).toBe(next);
  expect(made.interval()).toBe(interval);
});

describe('summer time', () => {
  test('an hour that is skipped has no pass on that day', () => {
    expect(iso(at('2026-03-28T12:00:00Z', '30 2 * * *', 'Europe/Oslo').next())).toBe('2026-03-30T00:30:00.000Z');
  });
  test('what comes in one hour of the day comes once in the hour that comes twice', () => {
    const made = at('2026-10-24T12:00:00Z', '30 2 * * *', 'Europe/Oslo');
    expect(iso(made.next())).toBe('2026-10-25T01:30:00.000Z');
    expect(made.interval()).toBe(86_400_000);
    expect(following('2026-04-04T12:00:00Z', '45 1 * * *', 'Australia/Lord_Howe', 2)).toEqual([
      '2026-04-04T15:15:00',
      '2026-04-05T15:15:00',
    ]);
  });
  test.each([
    ['2026-03-29T00:50:30Z', '*/15 * * * *', 'Europe/Oslo', 15 * MINUTE, 12],
    ['2026-10-24T23:50:30Z', '*/15 * * * *', 'Europe/Oslo', 15 * MINUTE, 12],
    ['2026-10-25T00:01:00Z', '*/15 * * * *', 'Europe/Oslo', 15 * MINUTE, 12],
    ['2026-10-25T00:01:00Z', '*/10 * * * * *', 'Europe/Oslo', 10 * SECOND, 500],
    ['2026-10-24T22:01:00Z', '0 * * * *', 'Europe/Oslo', HOUR, 5],
    ['2026-10-25T00:01:00Z', '0 * * * *', 'Europe/Oslo', HOUR, 5],
    ['2026-10-25T00:01:00Z', '*/20 0-6 * * *', 'Europe/Oslo', 20 * MINUTE, 12],
    ['2026-11-01T05:10:00Z', '*/15 * * * *', 'America/New_York', 15 * MINUTE, 12],
    ['2026-04-04T14:31:00Z', '*/15 * * * *', 'Australia/Lord_Howe', 15 * MINUTE, 12],
  ])('from %s, `%s` in %s goes on evenly', (now, pattern, timezone, step, count) => {
    const times = following(now, pattern, timezone, count).map((time) => Date.parse(`${time}Z`));
    const first = Math.ceil((Date.parse(now) + 1) / step) * step;
    expect(times).toEqual(Array.from({ length: count }, (_, index) => first + index * step));
  });
  test('through the whole night of autumn it is called at each of its times', () => {
    const { called } = at('2026-10-24T21:59:00Z', '*/15 * * * *', 'Europe/Oslo');
    vi.advanceTimersByTime(6 * HOUR);
    expect(called.map(({ at }) => at)).toEqual(
      Array.from({ length: 24 }, (_, index) => Date.parse('2026-10-24T22:00:00Z') + index * 15 * MINUTE),
    );
  });
});

describe('what was missed while nothing ran', () => {
  test.each([
    ['2026-01-05T11:00:00Z', '2026-01-05T12:07:30Z', '*/15 * * * *', '2026-01-05T11:15:00.000Z'],
    ['2026-01-05T12:01:00Z', '2026-01-05T12:07:30Z', '*/15 * * * *', null],
    ['2026-01-02T17:30:00Z', '2026-01-05T08:00:00Z', '0 9-17 * * 1-5', null],
    ['2026-01-02T16:30:00Z', '2026-01-05T08:00:00Z', '0 9-17 * * 1-5', '2026-01-02T17:00:00.000Z'],
    ['2026-01-05T12:00:01Z', '2026-01-05T12:00:25Z', '*/10 * * * * *', '2026-01-05T12:00:10.000Z'],
    ['2026-01-05T08:01:00Z', '2026-01-05T10:01:00Z', '0 0 3 * * *', null],
    ['2026-01-04T01:00:00Z', '2026-01-05T10:01:00Z', '0 0 3 * * *', '2026-01-04T03:00:00.000Z'],
    ['2026-06-01T03:00:10Z', '2026-06-12T12:00:00Z', '0 3 1 * *', null],
    ['2026-05-31T03:00:10Z', '2026-06-12T12:00:00Z', '0 3 1 * *', '2026-06-01T03:00:00.000Z'],
    ['2025-01-01T00:00:00Z', '2026-01-05T12:00:00Z', '0 0 29 2 *', null],
    ['2023-01-01T00:00:00Z', '2026-01-05T12:00:00Z', '0 0 29 2 *', '2024-02-29T00:00:00.000Z'],
  ])('from %s to %s, `%s`: %s', (since, now, pattern, expected) => {
    expect(iso(at(now, pattern).dueBetween(Date.parse(since), Date.parse(now)))).toBe(expected);
  });

  test('is made up once by whoever says since when', () => {
    const { called } = at('2026-01-05T10:01:00Z', '0 3 * * *', 'UTC', '2026-01-01T03:00:00Z');
    vi.advanceTimersByTime(12 * HOUR);
    const now = Date.parse('2026-01-05T10:01:00Z');
    expect(called).toEqual([{ at: Date.parse('2026-01-02T03:00:00Z'), until: now }]);
  });

  test('a time that is said to be in the future is as good as now', () => {
    const { called } = at('2026-01-05T10:01:00Z', '0 3 * * *', 'UTC', '2036-12-31T00:00:00Z');
    vi.advanceTimersByTime(24 * HOUR);
    expect(called).toHaveLength(1);
  });
});

describe('a clock that jumps', () => {
  test('forward, as after a sleep: what was missed is made up once, in a minute, and it goes on', () => {
    const { called, next } = at('2026-01-05T02:58:00Z', '0 3 * * *');
    vi.advanceTimersByTime(500);
    vi.setSystemTime(new Date('2026-01-05T06:00:00Z'));
    vi.advanceTimersByTime(MINUTE + 1000);
    expect(called).toEqual([{ at: Date.parse('2026-01-05T03:00:00Z'), until: expect.any(Number) }]);
    expect(iso(next())).toBe('2026-01-06T03:00:00.000Z');
    vi.advanceTimersByTime(22 * HOUR);
    expect(called).toHaveLength(2);
  });
  test('forward over many times: one call, which says from when to when', () => {
    const { called } = at('2026-01-05T02:58:00Z', '*/10 * * * * *');
    vi.setSystemTime(new Date('2026-01-05T06:00:00.500Z'));
    vi.advanceTimersByTime(12 * SECOND);
    expect(called).toEqual([{ at: Date.parse('2026-01-05T02:58:10Z'), until: expect.any(Number) }]);
  });
  test('back: it does not wait until the clock is where it was; a small step calls nothing twice', () => {
    const { called } = at('2026-01-05T12:59:50Z', '*/15 * * * *');
    vi.advanceTimersByTime(10 * SECOND + 31 * SECOND);
    expect(called).toHaveLength(1);
    vi.setSystemTime(new Date('2026-01-05T12:59:59Z'));
    vi.advanceTimersByTime(MINUTE);
    expect(called).toHaveLength(1);
    vi.setSystemTime(new Date('2026-01-05T09:58:00Z'));
    vi.advanceTimersByTime(4 * MINUTE);
    expect(called.map(({ at }) => iso(at))).toEqual(['2026-01-05T13:00:00.000Z', '2026-01-05T10:00:00.000Z']);
  });
});

describe('a schedule that is changed', () => {
  test('keeps what is due already, in its random delay: the same pattern, or another', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9);
    onTestFinished(() => void vi.restoreAllMocks());
    for (const [pattern, timezone] of [
      ['0 3 * * *', 'UTC'],
      ['0 4 * * *', 'UTC'],
      ['0 3 * * *', 'Europe/Oslo'],
    ] as const) {
      const made = at('2026-01-05T02:59:59Z', '0 3 * * *');
      vi.advanceTimersByTime(5 * SECOND);
      expect(made.called).toEqual([]);
      made.change(pattern, timezone);
      vi.advanceTimersByTime(MINUTE);
      expect(made.called.map(({ at }) => iso(at))).toEqual(['2026-01-05T03:00:00.000Z']);
    }
  });
  test('calls what is due by the pattern before though nobody has looked yet', () => {
    const made = at('2026-01-05T02:59:59Z', '0 3 * * *');
    vi.setSystemTime(new Date('2026-01-05T03:00:00.002Z'));
    made.change('0 4 * * *', 'UTC');
    vi.advanceTimersByTime(MINUTE);
    expect(made.called.map(({ at }) => iso(at))).toEqual(['2026-01-05T03:00:00.000Z']);
    expect([made.pattern, iso(made.next()), made.interval()]).toEqual([
      '0 4 * * *',
      '2026-01-05T04:00:00.000Z',
      86_400_000,
    ]);
  });
});

test('it is due a little later than its time, and no more once it was stopped', () => {
  vi.setSystemTime(new Date('2026-01-05T12:00:00Z'));
  const times: number[] = [];
  const made = schedule('* * * * * *', 'UTC', () => times.push(Date.now()));
  vi.advanceTimersByTime(10_200);
  made.stop();
  expect(times).toHaveLength(10);
  // A tenth of a second at most.
  for (const time of times) expect(time % 1000).toBeLessThanOrEqual(100);
  vi.advanceTimersByTime(10_000);
  expect(times).toHaveLength(10);
});
