import { type Column, screenOf, table } from '../report/table.ts';
import { printableJson } from '../report/text.ts';
import type { Io } from './io.ts';

/** What a look-up found, to be read once. */
export interface Listing<Row> {
  rows: Iterable<Row>;
  columns: readonly Column<Row>[];
  /** The row for programs; its keys are the columns of the view. */
  json(row: Row): object;
  /** The sentence where there is no row. */
  none: string;
  /** What was left out because of a limit, or null; asked for once all rows are read. */
  cut?(shown: number): string | null;
  /** What else the reader of a table should know, or null; asked for once all rows are read. */
  note?(shown: number): string | null;
}

/** The listing as text, in pieces: a table, or with `--json` an array with one object a line. */
export function* listing<Row>(found: Listing<Row>, { json = false }: { json?: boolean }, io: Io): Generator<string> {
  let shown = 0;
  const rows = counted(found.rows, () => shown++);
  if (json) {
    yield* array(rows, found.json);
    const cut = found.cut?.(shown);
    // Standard output is the array alone; but whoever takes it for the whole must be told.
    if (cut) io.err.write(`${cut}\n`);
    return;
  }
  yield* table(found.columns, rows, screenOf(io.out, io.env));
  if (shown === 0) yield `${found.none}\n`;
  for (const line of [found.cut?.(shown), found.note?.(shown)]) if (line) yield `${line}\n`;
}

function* counted<Row>(rows: Iterable<Row>, count: () => void): Generator<Row> {
  for (const row of rows) {
    count();
    yield row;
  }
}

const BLOCK = 1000;

function* array<Row>(rows: Iterable<Row>, json: (row: Row) => object): Generator<string> {
  let lines: string[] = [];
  let before = '[\n';
  for (const row of rows) {
    lines.push(printableJson(json(row)));
    if (lines.length < BLOCK) continue;
    yield before + lines.join(',\n');
    lines = [];
    before = ',\n';
  }
  if (lines.length > 0) yield `${before}${lines.join(',\n')}\n]\n`;
  else yield before === '[\n' ? '[]\n' : '\n]\n';
}
