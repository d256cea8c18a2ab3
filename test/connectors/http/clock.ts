import type { Clock } from '../../../src/model/clock.ts';

/** A clock that waits for nothing: a sleep ends at once, and the time is then later by it. */
export interface TestClock extends Clock {
  /** The sleeps so far, in ms, those that are held left out. */
  readonly slept: number[];
  advance(ms: number): void;
  /** Ends the sleeps that are held: their time is over. */
  expire(): void;
}

/** @param held sleeps of exactly so many ms stay, until `expire`: the timeout of a request is one */
export function testClock(held: readonly number[] = [120_000]): TestClock {
  let time = Date.UTC(2026, 0, 1);
  const slept: number[] = [];
  const holding = new Set<() => void>();
  return {
    slept,
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
    expire: () => {
      for (const end of holding) end();
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (!held.includes(ms)) {
          slept.push(ms);
          time += ms;
          return resolve();
        }
        const end = () => {
          holding.delete(end);
          resolve();
        };
        holding.add(end);
        signal?.addEventListener('abort', () => {
          holding.delete(end);
          reject(signal.reason);
        });
      }),
  };
}
