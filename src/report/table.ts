import { styleText } from 'node:util';
import { type Layout, layOut } from './layout.ts';
import { printable } from './text.ts';
import { cut, width, wrap } from './width.ts';

export type Style = Parameters<typeof styleText>[0];

export interface Column<Row> {
  title: string;
  /** The cell's text, as it came from wherever: the table makes it printable. Null is an empty cell. */
  text(row: Row): string | number | null;
  style?(row: Row): Style | undefined;
  /** Figures stand at the right. */
  right?: boolean;
  /** A narrow terminal cuts other columns, never this one. */
  whole?: boolean;
}

/** Where a table is shown. */
export interface Screen {
  /** Columns of the terminal; null where there is none: then nothing is cut, and every row is one line. */
  columns: number | null;
  colour: boolean;
}

/** The screen behind a stream. No colour under NO_COLOR (no-color.org), nor on a terminal that says it is dumb. */
export function screenOf(
  out: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  if (!out.isTTY) return { columns: null, colour: false };
  return { columns: out.columns || 80, colour: !env.NO_COLOR && env.TERM !== 'dumb' };
}

/** A text in a style, where the screen has colours. */
export function paint(style: Style | undefined, text: string, screen: Screen): string {
  if (style === undefined || !screen.colour || text === '') return text;
  return styleText(style, text, { validateStream: false });
}

const BLOCK = 1000;
const GAP = '  ';
const INDENT = '    ';

/**
 * The rows as a table, in pieces of whole lines; nothing where there are no rows. Cells are read a thousand rows at a
 * time, and a column only ever grows from one thousand to the next, so that a table of any length can be written while
 * it is read. On a terminal the last column wraps and the others are cut.
 */
export function* table<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>, screen: Screen): Generator<string> {
  const titles = columns.map(({ title }) => ({ text: title, width: width(title) }));
  let widths = titles.map((title) => title.width);
  let headed = false;
  for (const block of blocks(rows)) {
    const cells = block.map((row) => columns.map((column) => cellOf(column, row)));
    widths = widths.map((most, at) => cells.reduce((now, line) => Math.max(now, line[at]?.width ?? 0), most));
    const layout = layOut(widths, columns, GAP.length, screen.columns);
    const write = (line: readonly Cell[], style: (column: Column<Row>) => Style | undefined) =>
      lineOf(columns, layout, line, (column, text) => paint(style(column), text, screen));
    // A last column below the others has no place in the line of titles.
    const lines = headed ? [] : [write(layout.below ? titles.slice(0, -1) : titles, () => 'bold')];
    headed = true;
    block.forEach((row, at) => {
      lines.push(write(cells[at] ?? [], (column) => column.style?.(row)));
    });
    yield lines.join('');
  }
}

function* blocks<Row>(rows: Iterable<Row>): Generator<Row[]> {
  let block: Row[] = [];
  for (const row of rows) {
    block.push(row);
    if (block.length < BLOCK) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

interface Cell {
  text: string;
  width: number;
}

function cellOf<Row>(column: Column<Row>, row: Row): Cell {
  const text = printable(String(column.text(row) ?? ''));
  return { text, width: width(text) };
}

const NOTHING: Cell = { text: '', width: 0 };

/** One row: a line, and further ones where its last cell wraps. */
function lineOf<Row>(
  columns: readonly Column<Row>[],
  { widths, rest, below }: Layout,
  cells: readonly Cell[],
  painted: (column: Column<Row>, text: string) => string,
): string {
  let line = '';
  let offset = 0;
  // Blanks are written only before what follows them, so that no line ends in one.
  let blanks = 0;
  const put = (column: Column<Row>, text: string) => {
    if (text !== '') line += ' '.repeat(blanks) + painted(column, text);
    blanks = text === '' ? blanks : 0;
  };
  columns.slice(0, -1).forEach((column, at) => {
    const columnWidth = widths[at] ?? 0;
    const cell = cells[at] ?? NOTHING;
    const fits = cell.width <= columnWidth;
    const text = fits ? cell.text : cut(cell.text, columnWidth);
    const space = columnWidth - (fits ? cell.width : width(text));
    if (column.right) blanks += space;
    put(column, text);
    blanks += (column.right ? 0 : space) + GAP.length;
    offset += columnWidth + GAP.length;
  });
  const last = columns.at(-1);
  const { text } = cells[columns.length - 1] ?? NOTHING;
  if (!last || text === '') return `${line}\n`;
  const pieces = rest === null ? [text] : wrap(text, rest);
  const indent = below ? INDENT : ' '.repeat(offset);
  if (!below) put(last, pieces.shift() ?? '');
  return [line, ...pieces.map((piece) => indent + painted(last, piece))].map((whole) => `${whole}\n`).join('');
}
