import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMap, isScalar, isSeq, parseDocument, type Scalar } from 'yaml';
import { trace } from '../../src/config/origins.ts';

/** The value under `a:` of the first item under `list:`, if YAML takes it for a scalar without complaint. */
function scalarOf(text: string): Scalar.Parsed | undefined {
  const { contents, errors } = parseDocument(text, { version: '1.2', logLevel: 'error' });
  const list = isMap(contents) ? contents.get('list') : undefined;
  const item = isSeq(list) ? list.get(0) : undefined;
  const found = isMap(item) ? item.get('a', true) : undefined;
  return errors.length === 0 && isScalar(found) && found.range ? (found as Scalar.Parsed) : undefined;
}

const traced = (text: string) => {
  const scalar = scalarOf(text);
  if (!scalar) throw new Error(`no scalar in ${JSON.stringify(text)}`);
  return { scalar, result: trace(text, scalar, scalar.source) };
};

/** Whether `unit` of a value may have come from what stands at `offset`. */
function produces(text: string, offset: number, unit: string, type: Scalar.Type | undefined): boolean {
  const there = text[offset];
  if (there === unit) return true;
  if (there === '\n') return unit === ' ';
  return type === 'QUOTE_DOUBLE' && there === '\\';
}

const RUNS = Number(process.env.RUNS ?? 3000);
const word = fc.constantFrom(
  ...['a', 'user.b', '"x"', "''", "'", '"', '\\"', '\\\\', '\\u00e4', '\\x41', '\\U0001F600', '\\n', '\\t', '\\\n  '],
  ...[
    ' ',
    '  ',
    '\t',
    '\n',
    '\n\n',
    '\n   ',
    '\n     ',
    '\n \t',
    '\n  \t',
    ' \n',
    '#',
    ' #c',
    ':',
    '||',
    'ä',
    '😀',
    '${b}',
    '[',
  ],
);
const body = fc.array(word, { minLength: 1, maxLength: 14 }).map((words) => words.join(''));
const newline = fc.constantFrom('\n', '\r\n');
const styles: [string, Scalar.Type, fc.Arbitrary<string>][] = [
  ['plain', 'PLAIN', body.map((text) => `x${text}`)],
  ['single quotes', 'QUOTE_SINGLE', body.map((text) => `'${text.replaceAll(/'+/g, "''")}'`)],
  ['double quotes', 'QUOTE_DOUBLE', body.map((text) => `"${text.replaceAll(/(?<!\\)"/g, '\\"')}"`)],
  ...(['|', '>'] as const).map((sign): [string, Scalar.Type, fc.Arbitrary<string>] => [
    `after ${sign}`,
    sign === '|' ? 'BLOCK_LITERAL' : 'BLOCK_FOLDED',
    fc
      .tuple(fc.constantFrom('', '-', '+', '1', '2-', '+3', ' # why'), fc.constantFrom('     ', '      ', '    '), body)
      .map(([header, indent, text]) => `${sign}${header}\n${indent}${text.replaceAll('\n', `\n${indent}`)}`),
  ]),
];

test.each(styles)('every unit of a text comes from where it stands: %s', (_name, type, scalars) => {
  let seen = 0;
  fc.assert(
    fc.property(scalars, newline, fc.constantFrom('', '\n', '\n\n', '\n    b: 1\n'), (scalar, end, after) => {
      const text = `list:\n  - a: ${scalar}${after}`.replaceAll('\n', end);
      const node = scalarOf(text);
      if (node?.type !== type || node.source.trim() === '') return;
      seen++;
      const found = trace(text, node, node.source);
      expect(found?.value).toBe(node.source);
      let last = node.range[0] - 1;
      for (const [index, offset] of (found?.at ?? []).entries()) {
        expect(offset).toBeGreaterThanOrEqual(last);
        expect(offset).toBeLessThanOrEqual(node.range[1]);
        if (offset < text.length) expect(produces(text, offset, node.source[index] ?? '', type)).toBe(true);
        last = offset;
      }
      expect(found?.at).toHaveLength(node.source.length);
    }),
    { numRuns: RUNS },
  );
  expect(seen).toBeGreaterThan(RUNS / 20);
});

// Every case: the scalar, a part of its value, and the line and column (from 1) of where that part is written.
const cases: [string, string, string, [number, number]][] = [
  ['plain', 'user.a == wrong', 'wrong', [2, 18]],
  ['plain, over lines', 'user.a ==\n      wrong', 'wrong', [3, 7]],
  ['plain, over empty lines', 'user.a\n\n\n      && wrong', 'wrong', [5, 10]],
  ['single quotes', "'user.a == ''x'' && wrong'", 'wrong', [2, 28]],
  ['single quotes, over lines', "'user.a == ''x''\n     && wrong'", 'wrong', [3, 9]],
  ['double quotes', '"user.a == \\"x\\" && wrong"', 'wrong', [2, 28]],
  ['double quotes, a code', '"user.a == \\u0022x\\u0022 && wrong"', 'wrong', [2, 36]],
  ['double quotes, a line end that does not count', '"user.a && \\\n     wrong"', 'wrong', [3, 6]],
  ['after |', '|\n      user.a &&\n        wrong', 'wrong', [4, 9]],
  ['after |2-', '|2-\n      user.a &&\n        wrong', 'wrong', [4, 9]],
  ['after >, empty lines', '>+\n\n      user.a &&\n\n      wrong\n\n', 'wrong', [6, 7]],
];

test.each(cases)('%s', (_name, scalar, part, place) => {
  for (const end of ['\n', '\r\n']) {
    const text = `list:\n  - a: ${scalar}`.replaceAll('\n', end);
    const { scalar: node, result } = traced(text);
    const offset = result?.at[node.source.indexOf(part)] ?? 0;
    const before = text.slice(0, offset);
    expect([before.split('\n').length, offset - before.lastIndexOf('\n')]).toEqual(place);
  }
});

test('a text that is not the one at that place is not traced', () => {
  const { scalar } = traced('list:\n  - a: b');
  expect(trace('list:\n  - a: c', scalar, 'b')).toBeUndefined();
});
