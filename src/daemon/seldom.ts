import type { Clock } from '../model/clock.ts';

/** Calls `act` with the newest value at most every `ms` milliseconds, and not before they passed once. */
export function seldom<T>(ms: number, clock: Pick<Clock, 'now'>, act: (value: T) => void): (value: T) => void {
  let last = clock.now();
  return (value) => {
    const now = clock.now();
    if (now - last < ms) return;
    last = now;
    act(value);
  };
}
