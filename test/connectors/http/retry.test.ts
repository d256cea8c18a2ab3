import { describe, expect, test } from 'vitest';
import { again, backoff, passing, retryAfter } from '../../../connectors/http/retry.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('Retry-After', () => {
  test.each([
    ['nothing', {}, null],
    ['seconds', { 'retry-after': '7' }, 7000],
    ['zero', { 'retry-after': '0' }, 0],
    ['two weeks', { 'retry-after': '1209600' }, 1_209_600_000],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, 30_000],
    ['a date gone by', { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, 0],
    [
      'a date, of a server whose clock is an hour ahead',
      { 'retry-after': 'Tue, 24 Nov 2026 13:00:05 GMT', date: 'Tue, 24 Nov 2026 13:00:00 GMT' },
      5000,
    ],
    ['less than nothing', { 'retry-after': '-3' }, null],
    ['a fraction, as in a sample of Microsoft', { 'retry-after': '2.128' }, 3000],
    ['a fraction of nothing', { 'retry-after': '7.0' }, 7000],
    ['a point and nothing', { 'retry-after': '7.' }, null],
    ['two points', { 'retry-after': '1.2.3' }, null],
    ['a word', { 'retry-after': 'soon' }, null],
    ['blank', { 'retry-after': ' ' }, null],
  ])('%s', (_, headers, expected) => {
    expect(retryAfter(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
  });
});

test('which statuses may pass', () => {
  const all = Array.from({ length: 500 }, (_, n) => n + 100);
  expect(all.filter(passing)).toEqual([408, 429, 500, 502, 503, 504]);
});

test('the ceiling of the jitter doubles from half a second to a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 40].map((n) => backoff(n, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
  expect(backoff(8, 0)).toBe(0);
  expect(backoff(8, 0.5)).toBe(30_000);
});

describe("a vendor's rule goes before the common one", () => {
  const answer = (status: number) => ({ status, headers: new Headers({ 'retry-after': '3' }), body: null });
  test.each([
    ['none', undefined, 429, { after: 3000 }],
    ['none', undefined, 403, null],
    ['silent', () => undefined, 503, { after: 3000 }],
    ['no', () => false as const, 429, null],
    ['yes', () => ({ after: null }), 403, { after: null }],
    ['its own wait', () => ({ after: 1500 }), 429, { after: 1500 }],
  ])('%s, %#', (_, rule, status, expected) => {
    expect(again(answer(status), NOW, rule)).toEqual(expected);
  });
});
