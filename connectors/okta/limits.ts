import type { Answer } from '../http/errors.ts';
import { noPace, type Pace } from '../http/pace.ts';
import type { Rule } from '../http/retry.ts';

/** What the headers of an answer say of a limit (developer.okta.com/docs/reference/rl-best-practices). */
interface Told {
  /** Requests in a minute. For a token with a share of the org's limit, that share. */
  limit: number;
  left: number;
  /** When the minute is over, in seconds since 1970, by the server's clock. */
  reset: number;
  /** ms until then, by the server's clock. */
  wait: number;
}

/** `Date` has no fractions of a second, and a minute may end within one. */
const FRACTION = 1000;
/** So many requests are left in a minute, whoever made the others. */
const LEAST = 5;

function toldBy(headers: Headers, now: number): Told | null {
  const [limit, left, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    // A header that came twice is joined with a comma: the last is the nearer hop's.
    const text = headers.get(`x-rate-limit-${name}`)?.split(',').at(-1)?.trim() ?? '';
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || left === undefined || reset === undefined) return null;
  const date = Date.parse(headers.get('date') ?? '');
  return { limit, left, reset, wait: Math.max(0, reset * 1000 - (Number.isNaN(date) ? now : date)) + FRACTION };
}

/** Too many at once, which is another limit than that in a minute: its `Reset` means nothing. */
const isCrowded = ({ limit, left }: Told): boolean => limit === 0 || left > 0;

/**
 * What a 429 asks for. Of too many in a minute, to wait for the next one; of too many at once, for a moment.
 * @param random 0 to 1
 */
export function limitRule(random: () => number): Rule {
  return ({ status, headers }: Answer, now) => {
    const told = status === 429 ? toldBy(headers, now) : null;
    if (!told) return undefined;
    return { after: isCrowded(told) ? 1000 + Math.round(random() * 4000) : told.wait };
  };
}

interface Window {
  /** Infinite until an answer tells. */
  limit: number;
  /** To everybody, if none of the requests under way is counted yet. */
  left: number;
  /** What the first request from here found left: the most that an answer told, since answers overtake each other. */
  found: number;
  /** Requests from here. */
  taken: number;
  reset: number;
  /** When it is over, by this machine's clock. */
  until: number;
  /** It began by this machine's clock, and no answer has told of it yet. */
  guessed: boolean;
  /** Requests without an answer so far, which the server may not have counted; those that never get one drop out. */
  flying: number;
}

const MINUTE = 60_000;

/**
 * Keeps below the limit of each part of the API, as the headers tell it: a refusal raises an alert for the org's
 * administrators even where it is retried. Of what it finds left in a minute it takes its share, so that others who use
 * much do not stop it, and it stops where hardly anything is left to anybody, until the minute is over. One request in a
 * minute is always made.
 * @param share of what is left, above 0 up to 1
 */
export function oktaPace(share: number): Pace {
  const windows = new Map<string, Window>();
  const blocks = new Map<string, Pace>();
  const unknown: Window = {
    limit: Number.POSITIVE_INFINITY,
    left: Number.POSITIVE_INFINITY,
    found: Number.POSITIVE_INFINITY,
    taken: 0,
    reset: 0,
    until: Number.POSITIVE_INFINITY,
    guessed: false,
    flying: 0,
  };
  const windowOf = (bucket: string): Window => {
    const window = windows.get(bucket) ?? { ...unknown };
    windows.set(bucket, window);
    return window;
  };
  const budget = ({ found }: Window) => Math.max(1, Math.round(share * found));
  const reserve = ({ limit }: Window) => Math.min(LEAST, limit - 1);

  return {
    take: (now, bucket = '') => {
      const blocked = blocks.get(bucket)?.take(now) ?? 0;
      if (blocked > 0) return blocked;
      const window = windowOf(bucket);
      if (now >= window.until) {
        const until = now + MINUTE + FRACTION;
        // Others may use as much of it as of the last one, and what is still under way may count as of it.
        const left = Math.max(1 + reserve(window), window.found - window.flying);
        Object.assign(window, { left, taken: 0, until, guessed: true, flying: 0 });
      }
      if (window.taken >= budget(window) || window.left <= reserve(window)) return window.until - now;
      window.left -= 1;
      window.taken += 1;
      window.flying += 1;
      return 0;
    },
    until: (time, bucket = '') => {
      const block = blocks.get(bucket) ?? noPace();
      blocks.set(bucket, block);
      block.until(time);
    },
    saw: (status, headers, now, bucket = '') => {
      const window = windowOf(bucket);
      window.flying = Math.max(0, window.flying - 1);
      const told = toldBy(headers, now);
      // An answer that was long under way tells of a minute that is over.
      if (!told || told.limit === 0 || (status === 429 && isCrowded(told)) || told.reset < window.reset) return;
      const { limit, reset, wait } = told;
      const found = Math.min(limit, told.left + 1);
      if (reset === window.reset && !window.guessed) {
        window.left = Math.min(window.left, told.left - window.flying);
        window.found = Math.max(window.found, found);
      } else {
        // The first to tell of this minute: of the requests made in it, the server may have counted no other.
        if (!window.guessed) window.taken = 1 + window.flying;
        window.left = told.left - (window.taken - 1);
        window.found = found;
      }
      Object.assign(window, { limit, reset, until: now + wait, guessed: false });
    },
  };
}
