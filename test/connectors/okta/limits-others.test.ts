import { describe, expect, test } from 'vitest';
import { oktaPace } from '../../../connectors/okta/limits.ts';
import { rateLimits, vendorLimits } from '../../emulators/okta/limits.ts';

const STEP = 50;
const HOUR = 3_600_000;
/** Requests of rosterd under way at once. */
const SIDE_BY_SIDE = 10;

/** How many requests the org's other clients make, so many ms after a minute began, when so many are left. */
type Others = (at: number, left: number) => number;

const atOnce =
  (n: number): Others =>
  (at) =>
    at === 0 ? n : 0;
const downTo =
  (rest: number, when: number): Others =>
  (at, left) =>
    at === when ? left - rest : 0;
const idle = atOnce(0);
const twentyASecond: Others = () => 1;

interface Sent {
  counted: number;
  answered: number;
  answer?: { over: boolean; headers: Headers };
}

/**
 * An hour in which rosterd asks as often as its pace allows: what it got, how often it was refused, what the others got,
 * and the least that an answer said is left. A request takes 50 ms; answers take up to 150 ms, and overtake each other.
 */
function hour(share: number, others: Others, tokenShare: number) {
  const start = Date.UTC(2026, 0, 1);
  let now = start;
  const spend = rateLimits({ limits: vendorLimits, tokenShare, throttle: true }, () => now);
  const pace = oktaPace(share);
  const flying = new Set<Sent>();
  const seen = { got: 0, refused: 0, others: 0, least: Number.POSITIVE_INFINITY };
  let left = 0;
  let sent = 0;

  const ask = (principal: string) => {
    const { over, headers } = spend('users', principal);
    left = Number(headers['x-rate-limit-remaining']);
    return { over, headers: new Headers({ ...headers, date: new Date(now).toUTCString() }) };
  };

  for (; now < start + HOUR; now += STEP) {
    const at = (now - start) % 60_000;
    if (at === 0) left = vendorLimits.users;
    for (let n = others(at, left); n > 0; n--) if (!ask('others').over) seen.others += 1;
    for (const each of flying) {
      if (each.counted === now) each.answer = ask('rosterd');
      if (each.answered > now || !each.answer) continue;
      flying.delete(each);
      const { over, headers } = each.answer;
      pace.saw?.(over ? 429 : 200, headers, now, 'users');
      seen[over ? 'refused' : 'got'] += 1;
      seen.least = Math.min(seen.least, Number(headers.get('x-rate-limit-remaining')));
    }
    while (flying.size < SIDE_BY_SIDE && pace.take(now, 'users') === 0) {
      sent += 1;
      flying.add({ counted: now + STEP, answered: now + STEP * (2 + (sent % 3)) });
    }
  }
  return seen;
}

// 58 minutes of the server's where nobody else begins them: rosterd waits a second or two more for each.
describe('an hour at 600 requests in a minute for the org', () => {
  test.each<[string, number, number, Others, ReturnType<typeof hour>]>([
    ['nobody else', 0.5, 1, idle, { got: 58 * 300, refused: 0, others: 0, least: 300 }],
    ['nobody else, a token that has half', 0.5, 0.5, idle, { got: 58 * 150, refused: 0, others: 0, least: 150 }],
    ['nobody else, 90 %', 0.9, 1, idle, { got: 58 * 540, refused: 0, others: 0, least: 60 }],
    [
      '60 % at the start of each minute',
      0.5,
      1,
      atOnce(360),
      { got: 60 * 120, refused: 0, others: 21_600, least: 120 },
    ],
    ['the same, 90 %', 0.9, 1, atOnce(360), { got: 60 * 216, refused: 0, others: 21_600, least: 24 }],
    ['all but 30 after two seconds', 0.5, 1, downTo(30, 2000), { got: 1041, refused: 0, others: 34_066, least: 8 }],
    ['twenty a second', 0.5, 1, twentyASecond, { got: 16_993, refused: 0, others: 19_007, least: 197 }],
    // Refused is what went out before the first answer of all; then one in a minute goes first.
    ['all but 3 at the start', 0.5, 1, atOnce(597), { got: 62, refused: 7, others: 35_820, least: 0 }],
  ])('%s', (_, share, tokenShare, others, expected) => {
    expect(hour(share, others, tokenShare)).toEqual(expected);
  });
});
