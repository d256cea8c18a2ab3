import { expect, test } from 'vitest';
import type { Notice } from '../../src/daemon/notify.ts';
import type { Ended, SourceState } from '../../src/daemon/sources.ts';
import { createTelling } from '../../src/daemon/telling.ts';
import type { BlockedPlan, PassResult } from '../../src/model/pass.ts';

const DAY = 86_400_000;

function world() {
  const told: Notice[] = [];
  let now = Date.UTC(2026, 0, 1);
  const telling = createTelling({ tell: (notice) => told.push(notice), failuresBefore: () => 3, now: () => now });
  const ended = (failures: number, result: Partial<PassResult>) =>
    // Only what is looked at.
    telling.ended(
      { name: 'corp', failures } as SourceState,
      { source: 'corp', runId: 1, blocked: null, ...result } as Ended,
    );
  return { told, telling, ended, later: (ms: number) => (now += ms) };
}

const plan = (id: string, again = false): BlockedPlan => ({
  ...{ id, again, since: '2026-01-01T00:00:00Z', limits: ['10 of 59 accounts would be deactivated.'], causes: [] },
  ...{ removals: [], removal: false, disabled: 0 },
});

test('a plan that was stopped is told once, however many passes it stops', () => {
  const { told, ended } = world();
  ended(0, { outcome: 'blocked', blocked: plan('abc') });
  ended(0, { outcome: 'blocked', blocked: plan('abc', true) });
  expect(told).toEqual([
    expect.objectContaining({
      ...{ event: 'blocked', source: 'corp', command: 'rosterd approve abc --reason "..."' },
      message: expect.stringContaining('10 of 59 accounts would be deactivated.'),
    }),
  ]);
  ended(0, { outcome: 'blocked', blocked: plan('def') });
  expect(told.map(({ details }) => details?.plan)).toEqual(['abc', 'def']);
});

test('what stopped an earlier daemon was told then', () => {
  const { told, ended } = world();
  ended(0, { outcome: 'blocked', blocked: plan('abc', true) });
  expect(told).toEqual([]);
});

test('failing is told after so many in a row, once, and recovered after that', () => {
  const { told, ended } = world();
  for (let failures = 1; failures <= 5; failures++) ended(failures, { outcome: 'failed', message: 'No answer.' });
  ended(0, { outcome: 'ok' });
  ended(1, { outcome: 'failed', message: 'No answer.' });
  ended(0, { outcome: 'ok' });
  expect(told.map(({ event, message }) => [event, message])).toEqual([
    ['failing', 'The last 3 passes of source corp failed: No answer.'],
    ['recovered', 'Passes of source corp succeed again.'],
  ]);
});

test('a credential is told of at 30, 7, 3, 1 and 0 days before its end, each once', () => {
  const { told, telling, later } = world();
  const end = Date.UTC(2026, 0, 1) + 40 * DAY;
  for (let day = 0; day <= 41; day++) {
    telling.credential('corp', end);
    telling.credential('corp', end);
    later(DAY);
  }
  const days = told.map(({ message }) => /in (\d+) days/.exec(message)?.[1] ?? message);
  expect(days).toEqual(['30', '7', '3', '1', '0']);
});

test('a reload that is refused is told once for each reason', () => {
  const { told, telling } = world();
  telling.reloadRefused('config.yaml:1:1: a: unknown key');
  telling.reloadRefused('config.yaml:1:1: a: unknown key');
  telling.reloadRefused('config.yaml:1:1: b: unknown key');
  expect(told).toHaveLength(2);
});
