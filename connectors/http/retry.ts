import type { Answer } from './errors.ts';

/** Statuses after which the same request may succeed a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export const passing = (status: number): boolean => PASSING.has(status);

/**
 * How long Retry-After asks to wait, in ms; null where it says nothing usable. Seconds or an HTTP date (RFC 9110,
 * 10.2.3); a date counts from the answer's own Date, so that two clocks that disagree do no harm. A fraction, as in
 * Microsoft's sample (learn.microsoft.com/graph/throttling), is rounded up. To be asked of a retried status only: vendors
 * send it with a 200 too.
 */
export function retryAfter(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value)) * 1000;
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return null;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(sent) ? now : sent));
}

const FIRST = 500;
const LONGEST = 60_000;

/** Full jitter: anything up to a ceiling that doubles from 0.5 s to 60 s. `attempt` counts from 1, `random` is 0 to 1. */
export function backoff(attempt: number, random: number): number {
  return Math.round(random * Math.min(LONGEST, FIRST * 2 ** (attempt - 1)));
}

/** When to try again, in ms; `after` null: as `backoff` says. The whole null: never. */
export type Again = { after: number | null } | null;

/** A vendor's own rule; undefined where the common one holds. */
export type Rule = (answer: Answer, now: number) => { after: number | null } | false | undefined;

export function again(answer: Answer, now: number, rule?: Rule): Again {
  const own = rule?.(answer, now);
  if (own !== undefined) return own || null;
  return passing(answer.status) ? { after: retryAfter(answer.headers, now) } : null;
}
