import { describe, expect, test } from 'vitest';
import { compile } from '../../src/expressions/compile.ts';
import { RuleFailure } from '../../src/expressions/rule.ts';
import { factsOf, given, type Person, TABLES } from './kit.ts';

const LONG = 'a'.repeat(100_000);
const MANY = Array.from({ length: 1000 }, (_, i) => `${i}`);
const HOSTILE: Person = {
  displayName: `${LONG}!`,
  userName: '\ud800',
  department: '__proto__',
  title: '$1'.repeat(30_000),
  givenName: 'a'.repeat(60_000),
  extra: { a: MANY },
};
const TOO_LONG = '! the text is longer than 65536 characters';
const TOO_MUCH = '! the lists or texts are too long for this rule';

// Each of these would take minutes, or more memory than there is.
describe('a hostile person cannot make a rule slow or large', () => {
  test.each([
    ['user.displayName.matches("(a+)+$")', false],
    ['user.displayName.matches("(a|a)*b")', false],
    ['user.displayName', TOO_LONG],
    ['user.displayName.lowerAscii()', TOO_LONG],
    ['user.displayName.replace("a", "bbbbbbbbbbbbbbbb")', TOO_LONG],
    ['user.displayName.split("").join(user.displayName)', TOO_LONG],
    ['user.displayName.split("")', TOO_LONG],
    ['user.displayName.regexReplace("a", user.displayName)', TOO_LONG],
    ['user.givenName.regexReplace("(.*)", user.title)', TOO_LONG],
    ['user.givenName.regexReplace("a*b|a", "x")', TOO_MUCH],
    ['user.displayName.split("").exists(x, x == "b")', TOO_MUCH],
    ['user.attributes["a"].exists(x, user.attributes["a"].exists(y, x + y == "none"))', TOO_MUCH],
    ['user.attributes["a"].exists(x, user.displayName.matches("(a|b|ab)*c$"))', TOO_MUCH],
    ['user.attributes["a"].map(x, user.displayName.ascii()).size()', TOO_LONG],
    [
      'user.attributes["a"].exists(x, user.attributes["a"].exists(y, user.displayName in user.attributes["a"]))',
      TOO_MUCH,
    ],
  ])('%s', (text, value) => {
    const given = outcome(text);
    expect(given).toBe(value);
  });
});

test.each([
  ['__proto__', 'lookup("site", user.userName)', null],
  ['constructor', 'lookup("site", user.userName, "none")', 'none'],
  ['toString', 'user.userName in ["toString"]', true],
  ['$1', '"a".regexReplace("a", user.userName)', '$1'],
  ['$9', '"a".regexReplace("(a)", user.userName)', '$9'],
  ["$'$&", '"abc".regexReplace("b", user.userName)', "a$'$&c"],
  ['$12$$', '"a".regexReplace("(a)", user.userName)', 'a2$'],
  ['x\\', '"a".regexReplace("a", user.userName)', 'x\\'],
  ['a\u0000b', 'user.userName.matches("^a.b$")', true],
  ['\ud800', 'user.userName.ascii().title().left(1) == user.userName', true],
  ['5', 'user.userName == "5"', true],
  ['user.active', 'user.userName + ""', 'user.active'],
])('%j is only a text', (userName, text, value) => {
  expect(given(text, { userName })).toBe(value);
});

test('a text as people have them is never too much', () => {
  const displayName = 'Ada Lovelace, Countess, '.repeat(80);
  expect(given('size(user.displayName.regexReplace("[aeiou]", ""))', { displayName })).toBe(1280);
});

function outcome(text: string): unknown {
  const rule = compile(text, { on: 'user', gives: 'any' }, TABLES);
  try {
    return rule.evaluate(factsOf(HOSTILE));
  } catch (error) {
    if (error instanceof RuleFailure) return `! ${error.message}`;
    throw error;
  }
}
