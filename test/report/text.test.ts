import { describe, expect, test } from 'vitest';
import { count, duration, printable, printableJson, quoted, shortTime, thousands } from '../../src/report/text.ts';

describe('printable', () => {
  test.each([
    ['plain text stays', 'Ada Lovelace', 'Ada Lovelace'],
    ['so do letters of every script', 'Łukasz 李小龍 עדה अदा', 'Łukasz 李小龍 עדה अदा'],
    ['joiners are letters of a kind', 'می\u200cخواهم 👩\u200d💻', 'می\u200cخواهم 👩\u200d💻'],
    ['a backslash is a character', 'CORP\\ada', 'CORP\\ada'],
    ['a line break', 'Ada\nroot: ok', 'Ada\\nroot: ok'],
    ['carriage return and tab', 'a\r\tb', 'a\\r\\tb'],
    ['an escape sequence', '\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['one that begins with a C1 control', '\u009b31m', '\\x9b31m'],
    ['delete and null', '\u007f\u0000', '\\x7f\\x00'],
    ['separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a turned direction', 'evil\u202egpj.exe', 'evil\\u202egpj.exe'],
    ['isolates and marks', '\u2066\u2069\u200e\u200f\u061c', '\\u2066\\u2069\\u200e\\u200f\\u061c'],
    ['what nobody sees', 'ad\u200ba\ufeff\u00ad', 'ad\\u200ba\\ufeff\\xad'],
    ['tags', '\u{e0041}', '\\u{e0041}'],
    ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ])('%s', (_, given, shown) => expect(printable(given)).toBe(shown));
});

test('JSON shows no control to a terminal, and says the same to a program', () => {
  const value = { name: 'a\n\u001b[1m\u009b1m\u2028\u202e\u{e0041}\ud800 \\x9b می\u200cخواهم', count: 3 };
  const json = printableJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).toBe(
    '{"name":"a\\n\\u001b[1m\\u009b1m\\u2028\\u202e\\udb40\\udc41\\ud800 \\\\x9b می\u200cخواهم","count":3}',
  );
});

test('a quoted text shows where it begins and ends', () => {
  expect(quoted(' Sales\n')).toBe('" Sales\\n"');
  expect(quoted('the "A" team')).toBe('"the \\"A\\" team"');
});

test.each([
  [0, '0 users'],
  [1, '1 user'],
  [999, '999 users'],
  [1204, '1,204 users'],
  [1234567, '1,234,567 users'],
])('%i of them is %s', (figure, text) => expect(count(figure, 'user')).toBe(text));

test('a plural of its own', () => {
  expect(count(2, 'identity', 'identities')).toBe('2 identities');
  expect(thousands(100000)).toBe('100,000');
});

test.each([
  [0, '0 ms'],
  [349.6, '350 ms'],
  [1000, '1.0 s'],
  [2440, '2.4 s'],
  [9949, '9.9 s'],
  [9960, '10 s'],
  [42_000, '42 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 min'],
  [7_529_000, '2 h 5 min'],
  [86_399_000, '1 d'],
  [273_600_000, '3 d 4 h'],
])('%d milliseconds are %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  ['2026-11-24T18:06:31.250Z', '2026-11-24 18:06'],
  ['2026-11-24T18:06:31+02:00', '2026-11-24 16:06'],
  ['no time\u001b[0m', 'no time\\x1b[0m'],
  [null, ''],
])('the time %s is %s', (iso, text) => expect(shortTime(iso)).toBe(text));
