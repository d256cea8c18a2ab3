import { parseDuration } from '../model/duration.ts';
import { Failure } from '../model/failure.ts';
import { printable } from '../report/text.ts';

/** A span of time, from `from` to just before `to`: a date is a whole day, every other time a moment. */
export interface Span {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
}

/**
 * Reads the time that a flag was given: ISO 8601, UTC where it names no zone; a date; or how long ago, such as 90s,
 * 30m, 12h or 3d. Throws a Failure of code `usage`, exit status 2, for anything else.
 */
export function readTime(flag: string, text: string, now: number): Span {
  const moment = now - (parseDuration(text) ?? Number.NaN);
  if (Math.abs(moment) <= LAST) return { from: moment, to: moment };
  const [, date, clock, zone] = ISO.exec(text) ?? [];
  if (date !== undefined) {
    const midnight = Date.parse(`${date}T00:00:00Z`);
    // The engine makes the third of March of the 31st of February.
    const real = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
    if (real && clock === undefined) return { from: midnight, to: midnight + DAY };
    const time = Date.parse(`${date}T${clock}${zone?.toUpperCase() ?? 'Z'}`);
    if (real && !Number.isNaN(time)) return { from: time, to: time };
  }
  throw new Failure(
    'usage',
    `${flag}: \`${printable(text)}\` is no time. Give a date such as 2026-11-24, a time such as 2026-11-24T18:06Z, or how long ago, such as 3d or 12h.`,
    { exit: 2 },
  );
}

/**
 * What `--since` and `--until` ask for, in ISO 8601 as the directory has it, null where they do not: from `since` on,
 * and before `until`, where a date counts whole. Throws a Failure as readTime does, and where nothing lies between.
 */
export function readSpan(
  options: { since?: string; until?: string },
  now: number,
): { since: string | null; until: string | null } {
  const since = options.since === undefined ? null : iso(readTime('--since', options.since, now).from);
  const until = options.until === undefined ? null : iso(readTime('--until', options.until, now).to);
  if (since !== null && until !== null && since >= until) {
    throw new Failure('usage', '--since is not before --until, so nothing can lie between them.', { exit: 2 });
  }
  return { since, until };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const DAY = 86_400_000;
/** As far from 1970 as a Date reaches (ECMA-262). */
const LAST = 8.64e15;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)([Zz]|[+-]\d\d:\d\d)?)?$/;
