/** Where the columns of a table stand. */
export interface Layout {
  /** Of every column but the last. */
  widths: readonly number[];
  /** The last column wraps after that many columns; null where lines are as long as they are. */
  rest: number | null;
  /** The last column has lines of its own below the others, indented by four. */
  below: boolean;
}

/** A last column that wraps is worth reading from this width on. */
const ENOUGH = 32;
/** A cut column shows at least this much. */
const LEAST = 8;

/**
 * Fits columns of these widths into `screen` columns; null is no screen, and no bound. What is too wide is cut down to
 * one common width, the widest first; columns that are `whole` never. A last column that is short stands whole; a long
 * one wraps in what the others leave, or below them where that is too little.
 */
export function layOut(
  widths: readonly number[],
  columns: readonly { whole?: boolean }[],
  gap: number,
  screen: number | null,
): Layout {
  const others = widths.slice(0, -1);
  if (screen === null) return { widths: others, rest: null, below: false };
  const last = widths.at(-1) ?? 0;
  const taken = others.reduce((sum, one) => sum + one + gap, 0);
  if (taken + Math.min(last, ENOUGH) <= screen) return { widths: others, rest: screen - taken, below: false };
  const below = last > ENOUGH;
  const room = screen - gap * (below ? others.length - 1 : others.length) - (below ? 0 : last);
  const cap = capOf(others, columns, room);
  return {
    widths: others.map((one, at) => (columns[at]?.whole ? one : Math.min(one, cap))),
    rest: below ? Math.max(LEAST, screen - 4) : last,
    below,
  };
}

/** The largest width that every column may have so that all of them take at most `room`. */
function capOf(widths: readonly number[], columns: readonly { whole?: boolean }[], room: number): number {
  let cap = Math.max(LEAST, ...widths);
  const taken = () => widths.reduce((sum, one, at) => sum + (columns[at]?.whole ? one : Math.min(one, cap)), 0);
  while (cap > LEAST && taken() > room) cap--;
  return cap;
}
