import { readFileSync } from 'node:fs';
import { Environment, ParseError } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/expressions/syntax.ts';

// What src/expressions relies on in the two libraries, and no release of theirs promises.

test('both are pinned exactly', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(dependencies['@marcbachmann/cel-js']).toBe('8.0.0');
  expect(dependencies['re2js']).toMatch(/^\d+\.\d+\.\d+$/);
});

/** The tree without positions. */
const shape = (node: unknown): unknown =>
  Array.isArray(node)
    ? node.map(shape)
    : typeof node === 'object' && node !== null && 'op' in node && 'args' in node
      ? [node.op, shape(node.args)]
      : node;

describe('the tree', () => {
  test.each([
    ['a.b', ['.', [['id', 'a'], 'b']]],
    [
      'a["b"]',
      [
        '[]',
        [
          ['id', 'a'],
          ['value', 'b'],
        ],
      ],
    ],
    ['f(a)', ['call', ['f', [['id', 'a']]]]],
    ['a.f(b)', ['rcall', ['f', ['id', 'a'], [['id', 'b']]]]],
    ['!a', ['!_', ['id', 'a']]],
    ['-a', ['-_', ['id', 'a']]],
    ['[a]', ['list', [['id', 'a']]]],
    [
      'a in b',
      [
        'in',
        [
          ['id', 'a'],
          ['id', 'b'],
        ],
      ],
    ],
    // Nested to the left.
    [
      'a && b && c',
      [
        '&&',
        [
          [
            '&&',
            [
              ['id', 'a'],
              ['id', 'b'],
            ],
          ],
          ['id', 'c'],
        ],
      ],
    ],
    [
      '10 - (5 - 3)',
      [
        '-',
        [
          ['value', 10n],
          [
            '-',
            [
              ['value', 5n],
              ['value', 3n],
            ],
          ],
        ],
      ],
    ],
    [
      'a ? b : c',
      [
        '?:',
        [
          ['id', 'a'],
          ['id', 'b'],
          ['id', 'c'],
        ],
      ],
    ],
    // What the library has macros for keeps what was written.
    [
      'a.exists(x, x)',
      [
        'rcall',
        [
          'exists',
          ['id', 'a'],
          [
            ['id', 'x'],
            ['id', 'x'],
          ],
        ],
      ],
    ],
    ['has(a.b)', ['call', ['has', [['.', [['id', 'a'], 'b']]]]]],
    // Whole numbers are bigint, others number.
    ['5', ['value', 5n]],
    ['5.0', ['value', 5]],
  ])('%s', (text, tree) => {
    expect(shape(parse(text))).toEqual(tree);
  });

  test('has offsets in UTF-16 units', () => {
    const node = parse('  "😀" == user.title');
    expect([node.start, node.end]).toEqual([2, 20]);
    let fault: unknown;
    try {
      new Environment({}).parse('"😀" == )');
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(ParseError);
    expect(fault).toMatchObject({ range: { start: 8, end: 9 } });
  });
});

test('any text is read or is an ExpressionFault with a range in it', () => {
  const sign = fc.constantFrom(
    ...[
      'user',
      '.',
      '"',
      "'",
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '&&',
      '|',
      '?',
      ':',
      ' ',
      ',',
      '\\',
      '\n',
      '//',
      'r"',
      'b"',
    ],
    ...[
      'exists',
      'has(',
      '0x',
      '1',
      '1e9',
      '-',
      '!',
      '==',
      'in',
      'null',
      '"""',
      '\\u',
      '\\U',
      '😀',
      '\ud800',
      '\0',
      '$',
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(sign, { maxLength: 12 }).map((signs) => signs.join('')),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        parse(source);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ExpressionFault' });
        const { start, end } = error as { start: number; end: number };
        expect(0 <= start && start <= end && end <= source.length).toBe(true);
      }
    }),
    { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) * 40 },
  );
});

test('deep and long expressions are refused, not run out of stack', () => {
  for (const text of [
    '('.repeat(4000),
    `${'['.repeat(70)}1${']'.repeat(70)}`,
    `${'-'.repeat(4000)}1`,
    'a.'.repeat(4000),
  ])
    expect(() => parse(text)).toThrow(/too large|too deeply|not complete|expected|cannot be read/);
});

describe('regular expressions', () => {
  test.each(['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '\\1', '(?>a)'])('%s is refused', (source) => {
    expect(() => RE2JS.compile(source)).toThrow();
  });

  test('`test` finds what RegExp finds', () => {
    const sources = ['^a', 'b$', '^(a|b)*c$', '[^a]', 'a.c', '(?:ab)+', '\\d{2,}', 'a?b', '^$', '\\.', '[a-c]x'];
    const compiled = sources.map((source) => [RE2JS.compile(source), new RegExp(source, 'u')] as const);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcx.12😀é') }), (text) => {
        for (const [ours, theirs] of compiled) expect(ours.test(text)).toBe(theirs.test(text));
      }),
    );
  });

  test('`find` goes through every match once, empty ones too', () => {
    const matcher = RE2JS.compile('(b)|x*').matcher('ab😀');
    const found: [number, number, string | null][] = [];
    while (matcher.find()) found.push([matcher.start(), matcher.end(), matcher.group(1)]);
    expect(found).toEqual(
      [...'ab😀'.matchAll(/(b)|x*/gu)].map((one) => [one.index, one.index + one[0].length, one[1] ?? null]),
    );
  });
});
