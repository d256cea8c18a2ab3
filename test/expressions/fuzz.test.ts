import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/expressions/compile.ts';
import { ExpressionFault, type Kind, RuleFailure, type Value } from '../../src/expressions/rule.ts';
import { STANDARD_ATTRIBUTES } from '../../src/model/user.ts';
import { factsOf, TABLES } from './kit.ts';

const RUNS = Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) * 40;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    'a@b',
    '@',
    '__proto__',
    'constructor',
    '\ud800',
    '\u0000',
    '5',
    'true',
    'İ',
    'ß',
    '𝒜',
    'a'.repeat(2000),
  ),
);
const extra = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 4 }),
);
const person = fc.record({
  ...Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, fc.option(text)])),
  id: text,
  active: fc.option(fc.boolean()),
  groups: fc.array(text, { maxLength: 5 }),
  extra: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), extra),
});

const quoted = (value: string) => JSON.stringify(value.toWellFormed());
// Expressions of any kind, many of them wrong: what the check lets through must be sound.
const expression = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(...STANDARD_ATTRIBUTES.map((name) => `user.${name}`)),
    fc.constantFrom('user.id', 'user.active', 'user.groups', 'source.name', 'n', 'null', 'true', '[]', '["a", "b"]'),
    fc.constantFrom('user.attributes["a"]', 'user.attributes["b"]', 'user.attributes["__proto__"]'),
    fc.constantFrom('user.memberOf("a")', 'user.memberOf("Nowhere")', 'lookup("site", "OSL")'),
    text.map(quoted),
    fc.integer({ min: -9, max: 1000 }).map((n) => (n < 0 ? `(${n})` : String(n))),
    fc.constantFrom('1.5', '9007199254740991'),
  ),
  any: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(
        tie('any'),
        fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in', '&&', '||'),
        tie('any'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('any').map((a) => `!(${a})`),
    tie('any').map((a) => `(-${a})`),
    fc
      .tuple(
        fc.constantFrom('localPart', 'domain', 'ascii', 'lowerAscii', 'upperAscii', 'title', 'trim', 'first', 'size'),
        tie('any'),
      )
      .map(([f, a]) => `${a}.${f}()`),
    fc
      .tuple(
        fc.constantFrom('startsWith', 'endsWith', 'contains', 'split', 'join', 'left', 'indexOf', 'substring'),
        tie('any'),
        tie('any'),
      )
      .map(([f, a, b]) => `${a}.${f}(${b})`),
    fc
      .tuple(fc.constantFrom('replace', 'padStart', 'substring'), tie('any'), tie('any'), tie('any'))
      .map(([f, a, b, c]) => `${a}.${f}(${b}, ${c})`),
    fc
      .tuple(tie('any'), fc.constantFrom('"^a+$"', '"(a|b)*c"', '"[^a]"', '"(a+)+$"'))
      .map(([a, re]) => `${a}.matches(${re})`),
    fc.tuple(tie('any'), fc.constantFrom('"a"', '"(.)"', '"^"')).map(([a, re]) => `${a}.regexReplace(${re}, "x$0")`),
    fc
      .tuple(fc.constantFrom('coalesce', 'lookup'), tie('any'), tie('any'))
      .map(([f, a, b]) => `${f}(${f === 'lookup' ? '"site"' : a}, ${b})`),
    fc
      .tuple(fc.constantFrom('size', 'string', 'int', 'double', 'bool', 'has'), tie('any'))
      .map(([f, a]) => `${f}(${a})`),
    fc
      .tuple(
        tie('any'),
        fc.constantFrom('exists', 'all', 'exists_one', 'filter', 'map'),
        fc.constantFrom('x', 'x == "a"', 'x + "b"', 'x.startsWith("a")', 'size(x) > 1', 'x != null'),
      )
      .map(([a, f, b]) => `${a}.${f}(x, ${b})`),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `[${a}, ${b}]`),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `${a}[${b}]`),
  ),
})).any;

const isPlain = (value: unknown) => ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);

function sound(value: Value, gives: Kind['gives']): boolean {
  if (gives === 'bool') return typeof value === 'boolean';
  if (gives === 'text') return value === null || typeof value === 'string';
  return value === null || isPlain(value) || (Array.isArray(value) && value.every(isPlain));
}

test('whatever passes the check gives what it promises or says that it cannot, and never anything else', () => {
  let accepted = 0;
  let failed = 0;
  fc.assert(
    fc.property(
      expression,
      fc.constantFrom<Kind['gives']>('bool', 'text', 'any'),
      fc.array(person, { minLength: 3, maxLength: 3 }),
      (source, gives, people) => {
        let rule: ReturnType<typeof compile>;
        try {
          rule = compile(source, { on: 'user', gives, n: true }, TABLES);
        } catch (error) {
          if (!(error instanceof ExpressionFault)) throw error;
          if (!(error.start >= 0 && error.end >= error.start && error.end <= source.length))
            throw new Error(`range ${error.start} to ${error.end} of ${source}`);
          return;
        }
        accepted++;
        for (const one of people) {
          const facts = factsOf(one);
          try {
            const value = rule.evaluate(facts);
            if (!sound(value, gives)) throw new Error(`${source} gave ${JSON.stringify(value)}`);
          } catch (error) {
            if (!(error instanceof RuleFailure)) throw error;
            failed++;
          }
          rule.explain(facts);
        }
      },
    ),
    { numRuns: RUNS },
  );
  expect(accepted).toBeGreaterThan(RUNS / 50);
  expect(failed).toBeGreaterThanOrEqual(0);
});
