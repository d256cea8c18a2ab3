import { describe, expect, test } from 'vitest';
import { FIRST, quotaPace } from '../../../connectors/google-workspace/pace.ts';

const NONE = new Headers();
const refusal = { status: 403, headers: NONE, body: { error: { errors: [{ reason: 'quotaExceeded' }] } } };

/** When requests go out that twenty and one are ever ready to make, in ms; `first` are those that go first. */
function sent(queriesPerMinute: number, ms: number): { all: number[]; first: number[] } {
  const { pace } = quotaPace(queriesPerMinute);
  const all: number[] = [];
  const first: number[] = [];
  const wakes = Array.from({ length: 21 }, () => 0);
  for (let now = 0; now < ms; now++)
    for (const [who, at] of wakes.entries()) {
      if (now < at) continue;
      const bucket = who === 20 ? FIRST : undefined;
      const wait = pace.take(now, bucket);
      if (wait === 0) {
        all.push(now);
        if (bucket) first.push(now);
      }
      // A request takes 200 ms.
      wakes[who] = now + (wait || 200);
    }
  return { all, first };
}

describe('the pace of the quota', () => {
  test.each([60, 61, 600, 2400, 6000])('%i a minute are never more in any minute, and hardly fewer', (quota) => {
    const { all } = sent(quota, 180_000);
    for (const [at, time] of all.entries()) {
      const next = all[at + quota];
      if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(60_000);
    }
    expect(all.length).toBeGreaterThan(2.9 * quota);
    expect(all.length).toBeLessThanOrEqual(3 * quota);
  });

  test('who goes first hardly waits, however many others do', () => {
    const { first } = sent(2400, 60_000);
    // 300 would go without the others.
    expect(first.length).toBeGreaterThan(250);
  });

  test('one rest for all that were refused together; a longer one for each refusal after a rest', () => {
    const { again, pace } = quotaPace(2400);
    expect(again(refusal, 1000)).toEqual({ after: 2000 });
    expect(again(refusal, 1500)).toEqual({ after: 1500 });
    expect(again(refusal, 3000)).toEqual({ after: 4000 });
    pace.saw?.(200, NONE, 6000);
    expect(again(refusal, 7000)).toEqual({ after: 8000 });
    pace.saw?.(200, NONE, 15_001);
    expect(again(refusal, 15_002)).toEqual({ after: 2000 });
  });

  test('other refusals are not its matter', () => {
    const { again } = quotaPace(2400);
    const forbidden = { status: 403, headers: NONE, body: { error: { errors: [{ reason: 'forbidden' }] } } };
    expect(again(forbidden, 0)).toBeUndefined();
    expect(again({ status: 503, headers: NONE, body: '' }, 0)).toBeUndefined();
    const asked = { status: 429, headers: new Headers({ 'retry-after': '7' }), body: '' };
    expect(again(asked, 0)).toEqual({ after: 7000 });
  });
});
