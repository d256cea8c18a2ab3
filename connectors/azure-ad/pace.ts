import { noPace, type Pace } from '../http/pace.ts';

/** Above this share of the limit Graph says how near it is (learn.microsoft.com/graph/throttling#best-practices). */
const CALM = 0.8;
const NEAR = 0.9;
/** The limit is so many resource units in this time: a wait of so long empties all of it. */
const WINDOW = 10_000;

/**
 * Slows down before Graph refuses: what the header x-ms-throttle-limit-percentage says above nine tenths is waited off
 * down to eight. A 429 is waited for as it asks, by all requests together, since the limit is the application's.
 */
export function graphPace(): Pace {
  const pace = noPace();
  return {
    ...pace,
    saw: (_, headers, now) => {
      const share = Number(headers.get('x-ms-throttle-limit-percentage') ?? 0);
      if (share >= NEAR && share <= 10) pace.until(now + Math.round((share - CALM) * WINDOW));
    },
  };
}
