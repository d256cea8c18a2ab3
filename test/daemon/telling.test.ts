import { expect, test } from 'vitest';
import type { Notice } from '../../src/daemon/notify.ts';
import type { Ended, SourceState } from '../../src/daemon/sources.ts';
import { createTelling } from '../../src/daemon/telling.ts';
import { Failure } from '../../src/model/failure.ts';
import type { BlockedPlan, PassResult } from '../../src/model/pass.ts';

const DAY = 86_400_000;

function world() {
  const told: Notice[] = [];
  let now = Date.UTC(2026, 0, 1);
  let arrives = true;
  const tell = async (notice: Notice) => {
    told.push(notice);
    return arrives;
  };
  const telling = createTelling({ tell, failuresBefore: () => 3, now: () => now });
  /** Whether the webhook takes what it is sent. */
  const webhook = (works: boolean) => {
    arrives = works;
  };
  const ended = (failures: number, result: Partial<PassResult>) =>
    // Only what is looked at.
    telling.ended(
      { name: 'corp', failures } as SourceState,
      { source: 'corp', runId: 1, blocked: null, ...result } as Ended,
    );
  return { told, telling, ended, webhook, later: (ms: number) => (now += ms) };
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

test('what another process was stopped by first is told as well', () => {
  const { told, ended } = world();
  ended(0, { outcome: 'blocked', blocked: plan('abc', true) });
  ended(0, { outcome: 'blocked', blocked: plan('abc', true) });
  expect(told.map(({ event }) => event)).toEqual(['blocked']);
});

test('a plan of local groups is told as what it is', () => {
  const { told, telling } = world();
  const ended = { source: 'local', runId: 4, outcome: 'blocked', blocked: plan('abc') } as Partial<PassResult> as Ended;
  telling.ended({ name: 'local', failures: 0 }, ended);
  telling.ended({ name: 'local', failures: 0 }, ended);
  expect(told).toEqual([
    {
      ...{ event: 'blocked', source: 'local', command: 'rosterd approve abc --reason "..."' },
      message:
        'An edit of the rules of local groups was stopped by a limit and waits for a decision. 10 of 59 accounts would be deactivated.',
      details: { plan: 'abc', run: 4 },
    },
  ]);
});

test('what did not arrive is told again at the next occasion', async () => {
  const { told, telling, ended, webhook } = world();
  const all = async () => {
    ended(0, { outcome: 'blocked', blocked: plan('abc', true) });
    telling.ended({ name: 'other', failures: 3 }, { failure: new Failure('directory', 'It is gone.') });
    telling.credential('corp', Date.UTC(2026, 0, 3));
    telling.reloadRefused('a fault');
    await Promise.resolve();
  };
  webhook(false);
  await all();
  await all();
  webhook(true);
  await all();
  await all();
  expect(told).toHaveLength(3 * 4);
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

test('what failed under an earlier daemon is told as recovered, and as failing where it goes on', () => {
  const { told, telling, ended } = world();
  telling.failedBefore('corp', 2);
  ended(0, { outcome: 'ok' });
  expect(told).toEqual([]);
  telling.failedBefore('corp', 3);
  ended(0, { outcome: 'unchanged' });
  ended(0, { outcome: 'ok' });
  expect(told.map(({ event }) => event)).toEqual(['recovered']);
  telling.failedBefore('corp', 5);
  for (let failures = 1; failures <= 4; failures++) ended(failures, { outcome: 'failed', message: 'No answer.' });
  ended(0, { outcome: 'ok' });
  expect(told.map(({ event }) => event)).toEqual(['recovered', 'failing', 'recovered']);
});

test('a credential is told of at 30, 7, 3, 1 and 0 days before its end and once after it', () => {
  const { told, telling, later } = world();
  const end = Date.UTC(2026, 0, 1) + 40 * DAY;
  for (let day = 0; day <= 45; day++) {
    telling.credential('corp', end);
    telling.credential('corp', end);
    later(DAY);
  }
  const sentences = told.map(({ message }) => message.replace('The credential of source corp ', ''));
  expect(sentences).toEqual([
    ...['30 days', '7 days', '3 days', '1 day', 'less than a day'].map((time) => `expires on 2026-02-10, in ${time}.`),
    'expired on 2026-02-10.',
  ]);
});

test('a reload that is refused is told once for each reason', () => {
  const { told, telling } = world();
  telling.reloadRefused('config.yaml:1:1: a: unknown key');
  telling.reloadRefused('config.yaml:1:1: a: unknown key');
  telling.reloadRefused('config.yaml:1:1: b: unknown key');
  expect(told).toHaveLength(2);
});

test('a reload that is refused for the same reason after a good one is told again', () => {
  const { told, telling } = world();
  telling.reloadRefused('a fault');
  telling.reloaded();
  telling.reloadRefused('a fault');
  expect(told).toHaveLength(2);
});
