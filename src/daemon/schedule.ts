import { timesOf } from './times.ts';

/** When something is due. Its clock is the system's: cron means the time that people's clocks show. */
export interface Schedule {
  readonly pattern: string;
  /** The next time, in ms since 1970; null where there is none. */
  next(): number | null;
  /** Milliseconds from the next time to the one after. */
  interval(): number;
  /** The first time after `since` that is not after `now`; null where there was none. */
  dueBetween(since: number, now: number): number | null;
  /** Goes on by another pattern or time zone. What was due by the one before, and was not called yet, is called still. */
  change(pattern: string, timezone: string): void;
  stop(): void;
}

/** What is due. */
export interface Due {
  /** The time, in ms since 1970; where several passed, the first of them. */
  at: number;
  /** The same; later where it is called late, or for several times at once: every time up to here is meant. */
  until: number;
}

/** As the log has it. */
export const dueFields = ({ at, until }: Due): { due: string; until?: string } => ({
  due: new Date(at).toISOString(),
  ...(until > at && { until: new Date(until).toISOString() }),
});

/** How often the clock is looked at, in ms: timers stand still while a machine sleeps, and know nothing of a clock that is set. */
const LOOK = 30_000;
/** From when on it is called late. */
const LATE = 5000;
/** The longest random delay, and which part of the interval it may be. */
const DELAY = 30_000;
const SHARE = 0.1;
/** Where no time comes after the next one. */
const NEVER = 8 * 86_400_000;

/**
 * Calls `due` at each time of a cron pattern, a little later: a random part of a tenth of the interval, 30 s at most, so
 * that many instances do not ask one provider on the same second. Times that passed while the machine slept, or was too
 * busy to look, are made up by one call.
 * @param timezone such as `Europe/Oslo`; times.ts says what becomes of the hours that summer time skips and repeats
 * @param since when it was done last, in ms since 1970, where a time that has passed since is to be made up
 */
export function schedule(
  pattern: string,
  timezone: string,
  due: (due: Due) => void,
  since: number | null = null,
): Schedule {
  const delays = new Set<NodeJS.Timeout>();
  let zone = timezone;
  let after = timesOf(pattern, timezone);
  /** Up to here every time was called. */
  let seen = Math.min(since ?? Number.POSITIVE_INFINITY, Date.now());
  let upcoming = after(seen);
  let timer = setTimeout(look, wait());

  function wait(): number {
    return Math.max(0, Math.min(upcoming === null ? LOOK : upcoming - Date.now(), LOOK));
  }

  function look(): void {
    call();
    clearTimeout(timer);
    timer = setTimeout(look, wait());
  }

  /** Calls what has come since it was looked last. */
  function call(): void {
    const now = Date.now();
    const back = seen - now;
    // A clock that is set back by little is no reason to do anything twice; by much, none to wait until it is where it was.
    if (back > 0 && back < LOOK) return;
    seen = now;
    if (back <= 0 && (upcoming === null || upcoming > now)) return;
    const first = back > 0 ? null : upcoming;
    upcoming = after(now);
    if (first === null) return;
    const second = after(first);
    const isLate = now - first > LATE || (second !== null && second <= now);
    later({ at: first, until: isLate ? now : first });
  }

  function later(what: Due): void {
    const delay = setTimeout(
      () => {
        delays.delete(delay);
        due(what);
      },
      Math.random() * Math.min(DELAY, interval() * SHARE),
    );
    delays.add(delay);
  }

  function next(): number | null {
    const now = Date.now();
    return upcoming !== null && upcoming > now ? upcoming : after(now);
  }

  function interval(): number {
    const first = next();
    const second = first === null ? null : after(first);
    return first === null || second === null ? NEVER : second - first;
  }

  return {
    get pattern() {
      return pattern;
    },
    next,
    interval,
    dueBetween: (since, now) => {
      const first = after(since);
      return first !== null && first <= now ? first : null;
    },
    change: (otherPattern, otherTimezone) => {
      if (otherPattern === pattern && otherTimezone === zone) return;
      call();
      [pattern, zone] = [otherPattern, otherTimezone];
      after = timesOf(pattern, zone);
      upcoming = after(seen);
      look();
    },
    stop: () => {
      for (const delay of delays) clearTimeout(delay);
      clearTimeout(timer);
    },
  };
}
