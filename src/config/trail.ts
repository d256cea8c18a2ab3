/** The value of a YAML scalar, and for each UTF-16 unit of it the offset in the file of what produced it. */
export interface Traced {
  value: string;
  at: readonly number[];
  /** The offset after what produced the last unit. */
  end: number;
}

/** Collects a value and where it comes from. */
export class Trail {
  value = '';
  readonly at: number[] = [];

  /** Adds a part of the text as it stands there. */
  copy(text: string, from: number, until: number): void {
    this.value += text.slice(from, until);
    for (let offset = from; offset < until; offset++) this.at.push(offset);
  }

  /** Adds what stands differently in the text, at `offset`. */
  put(units: string, offset: number): void {
    this.value += units;
    for (let unit = 0; unit < units.length; unit++) this.at.push(offset);
  }

  done(end: number): Traced {
    return { value: this.value, at: this.at, end };
  }
}

/** A line of the text, by offsets. */
export interface Line {
  from: number;
  /** Before the line's end. */
  until: number;
  /** Of its `\n`. */
  newline: number;
}

/** The lines of a part of the text; the last has no line end. */
export function linesOf(text: string, start: number, end: number): Line[] {
  const lines: Line[] = [];
  for (let from = start; ; ) {
    const newline = text.indexOf('\n', from);
    if (newline === -1 || newline >= end) return [...lines, { from, until: end, newline: end }];
    const until = newline > from && text[newline - 1] === '\r' ? newline - 1 : newline;
    lines.push({ from, until, newline });
    from = newline + 1;
  }
}
