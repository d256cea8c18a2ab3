import { noPace, type Pace, tokenBucket } from '../http/pace.ts';
import { type Rule, retryAfter } from '../http/retry.ts';
import { isRateLimit } from './said.ts';

/** The bucket of calls that go first: pages of users come one after the other, and nothing else takes as long. */
export const FIRST = 'first';

/** So many requests may go out at once after a rest. */
const BURST = 20;
/** The first rest after a refusal, and the longest, in ms: Google's quota is by the minute. */
const LEAST = 2000;
const MOST = 60_000;
/** Timers are late by some ms. */
const LATE = 5;

/** A pace that keeps below the quota, and the rule for what is refused all the same. */
export interface Quota {
  pace: Pace;
  again: Rule;
}

/**
 * Keeps below a quota of so many queries in any minute (developers.google.com/workspace/admin/directory/v1/limits): what
 * may go out at once is taken off what the minute brings. Google's headers tell nothing of a quota, so that another client
 * of the project shows in refusals only; then everything rests, twice as long at each refusal after a rest.
 */
export function quotaPace(queriesPerMinute: number): Quota {
  const burst = Math.max(1, Math.min(BURST, Math.floor(queriesPerMinute / 60)));
  const bucket = tokenBucket((queriesPerMinute - burst) / 60, burst);
  const rest = noPace();
  let kept = 0;
  let resting = 0;
  let refusals = 0;

  return {
    pace: {
      take: (now, name) => {
        const blocked = rest.take(now);
        if (blocked > 0) return blocked;
        if (name !== FIRST && now < kept) return kept - now;
        const wait = bucket.take(now);
        // The next one is kept for who goes first.
        if (name === FIRST) kept = wait > 0 ? now + wait + LATE : 0;
        return wait;
      },
      until: rest.until,
      saw: (status, _headers, now) => {
        if (status < 400 && now >= resting) refusals = 0;
      },
    },
    again: (answer, now) => {
      if (answer.status !== 429 && !isRateLimit(answer)) return undefined;
      const asked = retryAfter(answer.headers, now);
      if (asked !== null) return { after: asked };
      // One rest for all that were under way together.
      if (now >= resting) {
        resting = now + Math.min(MOST, LEAST * 2 ** refusals);
        refusals += 1;
      }
      return { after: resting - now };
    },
  };
}
