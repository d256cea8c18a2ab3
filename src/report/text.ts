/**
 * A text as it may be shown on a terminal or in a log: whatever could move the cursor, start a line, turn the order of
 * letters or stand there unseen is written as an escape (`\n`, `\x1b`, `\u202e`). Joiners (U+200C, U+200D) stay:
 * Persian, the scripts of India and emoji are spelled with them.
 */
export function printable(text: string): string {
  // Nearly every text has nothing to hide, and a test is cheaper than a replacement.
  return HIDING.test(text) ? text.replaceAll(new RegExp(HIDING, 'gu'), escaped) : text;
}

/** Controls, line and paragraph separators, halves of surrogate pairs; then directions, and what has no width. */
const HIDING =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point > 0xffff) return `\\u{${hex}}`;
  return SHORT[character] ?? (point > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`);
}

/**
 * The value as JSON in one line that may be shown on a terminal: JSON.stringify escapes what is below U+0020 and halves
 * of surrogate pairs; whatever else `printable` would write out is escaped too, so that a program reads the same value.
 */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return HIDING.test(text) ? text.replaceAll(new RegExp(HIDING, 'gu'), jsonEscaped) : text;
}

const jsonEscaped = (character: string): string =>
  character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A text in double quotes, printable, so that blanks at its ends show. */
export const quoted = (text: string): string => `"${printable(text).replaceAll('"', '\\"')}"`;

/** 1204 as `1,204`. */
export const thousands = (figure: number): string => String(figure).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** What members are that are neither users nor groups of their source. */
export const NO_PEOPLE = 'that make no account: devices, contacts, applications or people of elsewhere';

/** `1 user`, `1,204 users`; give the plural where it is not the word with an `s`. */
export const count = (figure: number, one: string, many = `${one}s`): string =>
  `${thousands(figure)} ${figure === 1 ? one : many}`;

/** A time in ISO 8601 as `2026-11-24 18:06`, in UTC; what is no time stays as it is, and null is nothing. */
export function shortTime(iso: string | null): string {
  if (iso === null) return '';
  const time = Date.parse(iso);
  return Number.isNaN(time) ? printable(iso) : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** Milliseconds as `350 ms`, `2.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min` or `3 d 4 h`: its two largest units. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  for (const [unit, long, short, step] of UNITS) {
    // Seconds beside hours, and minutes beside days, are noise: what is left out is rounded first.
    const seconds = Math.round(ms / 1000 / step) * step;
    if (seconds < unit) continue;
    const rest = (seconds % unit) / step;
    return `${thousands(Math.floor(seconds / unit))} ${long}${rest > 0 ? ` ${rest} ${short}` : ''}`;
  }
  return `${Math.round(ms / 1000)} s`;
}

/** Seconds in a unit, its sign, the sign of the unit that stands beside it, and the seconds in that. */
const UNITS = [
  [86_400, 'd', 'h', 3600],
  [3600, 'h', 'min', 60],
  [60, 'min', 's', 1],
] as const;
