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
const LEAST = 5;

function toldBy(headers: Headers, now: number): Told | null {
  const [limit, left, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = headers.get(`x-rate-limit-${name}`) ?? '';
    // A header that came twice is joined with a comma: the last is the nearer hop's.
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
  limit: number;
  left: number;
  reset: number;
  /** When it is over, by this machine's clock. */
  until: number;
  /** It began by this machine's clock, and no answer has told of it yet. */
  guessed: boolean;
}

/**
 * Keeps below the limit of each part of the API, as the headers tell it: a refusal raises an alert for the org's
 * administrators even where it is retried. Stops where only what is left to others remains, until the minute is over.
 * @param share of each limit, 0 to 1
 */
export function oktaPace(share: number): Pace {
  const windows = new Map<string, Window>();
  const blocks = new Map<string, Pace>();
  /** What is not touched; one request in a minute is always made. */
  const reserve = ({ limit }: Window) => Math.min(Math.max(LEAST, (1 - share) * limit), limit - 1);

  return {
    take: (now, bucket = '') => {
      const blocked = blocks.get(bucket)?.take(now) ?? 0;
      if (blocked > 0) return blocked;
      const window = windows.get(bucket);
      if (!window) return 0;
      if (now >= window.until)
        Object.assign(window, { left: window.limit, until: now + 60_000 + FRACTION, guessed: true });
      if (window.left <= reserve(window)) return window.until - now;
      window.left -= 1;
      return 0;
    },
    until: (time, bucket = '') => {
      const block = blocks.get(bucket) ?? noPace();
      blocks.set(bucket, block);
      block.until(time);
    },
    saw: (status, headers, now, bucket = '') => {
      const told = toldBy(headers, now);
      if (!told || (status === 429 ? isCrowded(told) : told.limit === 0)) return;
      const known = windows.get(bucket);
      // An answer that was long under way tells of a minute that is over.
      if (known && told.reset < known.reset) return;
      const same = known !== undefined && (known.reset === told.reset || known.guessed);
      windows.set(bucket, {
        limit: told.limit,
        // Requests under way are counted here, and not there yet.
        left: same ? Math.min(known.left, told.left) : told.left,
        reset: told.reset,
        until: now + told.wait,
        guessed: false,
      });
    },
  };
}
