import { describe, expect, test } from 'vitest';
import { type Column, type Screen, screenOf, table } from '../../src/report/table.ts';
import { cut, width, wrap } from '../../src/report/width.ts';

interface Row {
  id: number;
  name: string | null;
  detail?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'id', text: (row) => row.id, right: true, whole: true },
  { title: 'name', text: (row) => row.name },
  { title: 'detail', text: (row) => row.detail ?? null, style: () => 'red' },
];
const PAPER: Screen = { columns: null, colour: false };

const drawn = (rows: Iterable<Row>, screen = PAPER, columns = COLUMNS) => [...table(columns, rows, screen)].join('');

describe('a table on paper', () => {
  test('columns are as wide as what stands in them, and no line ends in a blank', () => {
    const rows = [
      { id: 1, name: 'ada', detail: 'first' },
      { id: 1200, name: 'Augusta Ada King' },
      { id: 3, name: null, detail: 'nameless' },
    ];
    expect(drawn(rows)).toBe(
      `  id  name              detail
   1  ada               first
1200  Augusta Ada King
   3                    nameless
`,
    );
  });

  test('no rows, nothing', () => expect(drawn([])).toBe(''));

  test('wide characters, marks and emoji keep the columns apart', () => {
    const rows = ['李小龍', 'Zoe\u0308', 'Łukasz', '가나다', '👩‍💻 dev', '🇳🇴', 'ﾊﾝｶｸ', 'नमस्ते'];
    expect(drawn(rows.map((name, at) => ({ id: at, name, detail: '|' })))).toBe(
      `id  name    detail
 0  李小龍  |
 1  Zoë     |
 2  Łukasz  |
 3  가나다  |
 4  👩‍💻 dev  |
 5  🇳🇴      |
 6  ﾊﾝｶｸ    |
 7  नमस्ते    |
`.replace('Zoë', 'Zoe\u0308'),
    );
  });

  test('whatever would move the cursor or start a line is written out', () => {
    const rows = [{ id: 1, name: 'ada\n9  root', detail: '\u001b[2J\u202eevil\u009b1m\u0000' }];
    expect(drawn(rows)).toBe('id  name          detail\n 1  ada\\n9  root  \\x1b[2J\\u202eevil\\x9b1m\\x00\n');
  });

  test('nothing is cut, however long', () => {
    const long = 'x'.repeat(5000);
    expect(drawn([{ id: 1, name: long, detail: long }])).toContain(`${long}  ${long}\n`);
  });

  test('a column that turns out wider after a thousand rows grows, and rows are written as they come', () => {
    const rows = Array.from({ length: 1001 }, (_, id) => ({ id, name: id < 1000 ? 'short' : 'considerably longer', detail: '.' })); // biome-ignore format: one line
    const [first, second, ...more] = table(COLUMNS, rows, PAPER);
    expect(first).toMatch(/^ id {2}name {3}detail\n {2}0 {2}short {2}\.\n/);
    expect(first?.split('\n')).toHaveLength(1002);
    expect(second).toBe('1000  considerably longer  .\n');
    expect(more).toEqual([]);
  });
});

describe('a table on a terminal', () => {
  const rows = [{ id: 1, name: 'Augusta Ada King, Countess of Lovelace', detail: 'short' }];
  const sentence = 'The user name is taken by another account, which came first and keeps it.';

  test('is not cut where it fits', () => {
    expect(drawn(rows, { columns: 52, colour: false })).toBe(drawn(rows));
  });

  test('is cut in its widest column where it does not', () => {
    expect(drawn(rows, { columns: 40, colour: false })).toBe(
      `id  name                          detail
 1  Augusta Ada King, Countess …  short
`,
    );
  });

  test('a column that is whole is never cut', () => {
    const columns = COLUMNS.map((column) => ({ ...column, whole: true }));
    expect(drawn(rows, { columns: 20, colour: false }, columns)).toBe(drawn(rows));
  });

  test('a long last column wraps below itself', () => {
    expect(drawn([{ id: 1, name: 'ada', detail: sentence }], { columns: 44, colour: false })).toBe(
      `id  name  detail
 1  ada   The user name is taken by another
          account, which came first and
          keeps it.
`,
    );
  });

  test('and has lines of its own where the others leave too little', () => {
    expect(drawn([{ id: 1, name: 'ada', detail: sentence }], { columns: 30, colour: false })).toBe(
      `id  name
 1  ada
    The user name is taken by
    another account, which
    came first and keeps it.
`,
    );
  });

  test('has its titles in bold, and colour around each piece of text only', () => {
    const coloured = drawn([{ id: 1, name: 'ada', detail: 'gone' }], { columns: 80, colour: true });
    expect(coloured).toBe(
      '\u001b[1mid\u001b[22m  \u001b[1mname\u001b[22m  \u001b[1mdetail\u001b[22m\n 1  ada   \u001b[31mgone\u001b[39m\n',
    );
  });
});

test.each([
  ['a pipe', { isTTY: false, columns: 80 }, {}, { columns: null, colour: false }],
  ['a terminal', { isTTY: true, columns: 120 }, {}, { columns: 120, colour: true }],
  ['one that does not know its width', { isTTY: true }, {}, { columns: 80, colour: true }],
  ['NO_COLOR', { isTTY: true, columns: 120 }, { NO_COLOR: '1' }, { columns: 120, colour: false }],
  ['NO_COLOR without a value', { isTTY: true, columns: 120 }, { NO_COLOR: '' }, { columns: 120, colour: true }],
  ['a dumb terminal', { isTTY: true, columns: 120 }, { TERM: 'dumb' }, { columns: 120, colour: false }],
])('the screen behind %s', (_, out, env, screen) => expect(screenOf(out, env)).toEqual(screen));

test.each([
  ['', 0],
  ['ada', 3],
  ['naïve', 5],
  ['nai\u0308ve', 5],
  ['李', 2],
  ['한글', 4],
  ['\u1112\u1161\u11ab', 2],
  ['ＡＢ', 4],
  ['👍', 2],
  ['👍🏽', 2],
  ['❤️', 2],
  ['❤', 1],
  ['👨‍👩‍👧', 2],
  ['7', 1],
])('the width of %j is %i', (text, columns) => expect(width(text)).toBe(columns));

test.each([
  ['ada', 3, 'ada'],
  ['lovelace', 5, 'love…'],
  ['李小龍', 5, '李小…'],
  ['李小龍', 4, '李…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
])('%j cut to %i columns is %j', (text, columns, short) => expect(cut(text, columns)).toBe(short));

test.each([
  ['', 5, ['']],
  ['one two', 7, ['one two']],
  ['one two', 6, ['one', 'two']],
  ['abcdefgh ij', 3, ['abc', 'def', 'gh', 'ij']],
  ['李小龍 x', 4, ['李小', '龍 x']],
  ['a  b', 10, ['a  b']],
  ['aa  bb', 3, ['aa', 'bb']],
])('%j wraps at %i columns to %j', (text, columns, lines) => expect(wrap(text, columns)).toEqual(lines));
