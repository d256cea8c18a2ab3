/**
 * Says when the next request may go out. It has no clock of its own: whoever asks says what time it is (ms). A vendor's
 * own pace, fed by its headers, is another value of this shape. `bucket` is that of the call: a provider may have a limit
 * for each part of its API.
 */
export interface Pace {
  /** 0: go, and it counts as gone. Otherwise ask again after so many ms. */
  take(now: number, bucket?: string): number;
  /** The provider asked to be left alone until then. */
  until(time: number, bucket?: string): void;
  /** Every answer passes here, so that rate-limit headers can be read. */
  saw?(status: number, headers: Headers, now: number, bucket?: string): void;
}

/** A pace that only waits when the provider asked for it. */
export function noPace(): Pace {
  let free = 0;
  return {
    take: (now) => Math.max(0, free - now),
    until: (time) => {
      free = Math.max(free, time);
    },
  };
}

/** At most `perSecond` requests a second on average, `burst` of them at once. */
export function tokenBucket(perSecond: number, burst: number): Pace {
  const wait = noPace();
  let tokens = burst;
  let counted = Number.NEGATIVE_INFINITY;
  return {
    take: (now) => {
      const blocked = wait.take(now);
      if (blocked > 0) return blocked;
      const gained = counted === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, ((now - counted) * perSecond) / 1000);
      tokens = Math.min(burst, tokens + gained);
      counted = now;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
    until: wait.until,
  };
}
