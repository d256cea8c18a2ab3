import { describe, expect, test } from 'vitest';
import { keepToken, margin, type Token } from '../../../connectors/http/token.ts';
import { testClock } from './clock.ts';
import { failureOf, never } from './open.ts';

/** A provider whose answers the test gives when it wants. */
function provider() {
  const asked: { give(token: Token): void; refuse(error: Error): void; signal: AbortSignal }[] = [];
  const clock = testClock();
  const keeper = keepToken(
    (signal) =>
      new Promise((give, refuse) => {
        asked.push({ give, refuse, signal });
        signal.addEventListener('abort', () => refuse(signal.reason));
      }),
    clock,
  );
  return { asked, clock, keeper };
}

test('a fifth of its life before the end, and at least five seconds', () => {
  expect([1, 5, 25, 60, 300, 3600].map(margin)).toEqual([5, 5, 5, 12, 60, 720]);
});

test('however many ask at once, one request is made', async () => {
  const { asked, keeper } = provider();
  const all = Promise.all(Array.from({ length: 10 }, () => keeper.get(never)));
  asked[0]?.give({ value: 'one', expiresIn: 60 });
  expect(new Set(await all)).toEqual(new Set(['one']));
  expect(await keeper.get(never)).toBe('one');
  expect(asked).toHaveLength(1);
});

test('it is renewed in time, counted from when it was asked for', async () => {
  const { asked, clock, keeper } = provider();
  const first = keeper.get(never);
  clock.advance(10_000);
  asked[0]?.give({ value: 'one', expiresIn: 60 });
  await first;
  clock.advance(37_999);
  expect(await keeper.get(never)).toBe('one');
  clock.advance(1);
  const second = keeper.get(never);
  asked[1]?.give({ value: 'two', expiresIn: 60 });
  expect(await second).toBe('two');
  expect(asked).toHaveLength(2);
});

test('one that was spurned is replaced, once for all who had it', async () => {
  const { asked, keeper } = provider();
  const first = keeper.get(never);
  asked[0]?.give({ value: 'one', expiresIn: 60 });
  await first;
  keeper.spurn('one');
  const second = keeper.get(never);
  keeper.spurn('one');
  asked[1]?.give({ value: 'two', expiresIn: 60 });
  expect(await second).toBe('two');
  keeper.spurn('one');
  expect(await keeper.get(never)).toBe('two');
  expect(asked).toHaveLength(2);
});

test('one that lives shorter than the margin serves those who waited for it', async () => {
  const { asked, keeper } = provider();
  const both = Promise.all([keeper.get(never), keeper.get(never)]);
  asked[0]?.give({ value: 'one', expiresIn: 1 });
  expect(await both).toEqual(['one', 'one']);
  expect(asked).toHaveLength(1);
});

describe('a failure', () => {
  test('goes to all who waited, and the next one asks anew', async () => {
    const { asked, keeper } = provider();
    const both = [failureOf(keeper.get(never)), failureOf(keeper.get(never))];
    asked[0]?.refuse(new Error('no'));
    expect((await Promise.all(both)).map((error) => error.message)).toEqual(['no', 'no']);
    const next = keeper.get(never);
    asked[1]?.give({ value: 'one', expiresIn: 60 });
    expect(await next).toBe('one');
  });

  test('whoever waits is not given up with the one who asked', async () => {
    const { asked, keeper } = provider();
    const stop = new AbortController();
    const first = failureOf(keeper.get(stop.signal));
    const second = keeper.get(never);
    stop.abort(new Error('enough'));
    expect((await first).message).toBe('enough');
    await new Promise(setImmediate);
    asked[1]?.give({ value: 'one', expiresIn: 60 });
    expect(await second).toBe('one');
  });

  test('whoever waits may give up alone, at once', async () => {
    const { asked, keeper } = provider();
    const stop = new AbortController();
    const first = keeper.get(never);
    const second = failureOf(keeper.get(stop.signal));
    stop.abort(new Error('enough'));
    expect((await second).message).toBe('enough');
    asked[0]?.give({ value: 'one', expiresIn: 60 });
    expect(await first).toBe('one');
    await expect(keeper.get(stop.signal)).rejects.toThrow('enough');
  });
});
