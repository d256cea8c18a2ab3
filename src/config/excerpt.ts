/** Keys whose values may be shown. What is not listed here may be a credential, or one under a misspelt key. */
export type Visible = ReadonlySet<string>;

/** A part of a line, or of a text, by offsets. */
export interface Span {
  start: number;
  end: number;
}

const HIDDEN = '…';
const WIDTH = 100;
// Wider than YAML's own keys on purpose: `clientSecret:abc`, without the space, must count as one too.
const KEY = /(?<![\w./])(?<!\$\{)(?!https?:\/\/)(?![A-Za-z]:\\)(<<|[A-Za-z_][\w-]*)["']?\s*:/g;
const PUNCTUATION = /^[\s\-,?{}[\]"']*$/;
// Indented wrongly, a key and its value may end up in the expression above it.
const SWALLOWED = /(?<![\w"'-]|\$\{)[A-Za-z_][\w-]*:(?=.)|(?<=["'])[A-Za-z_][\w-]*:(?=\s[^"']*$)/;
const ONLY_REFERENCES = /^\s*(["']?)(?:\$\{(?:env|file):[^{}]*\})+\1\s*$/;

/**
 * The line with a mark under its column (from 1), for people. A value is shown only under a key of `visible`; `rule` is
 * the part of the line that belongs to an expression, which holds no credential; it may begin in a line before.
 */
export function excerpt(line: string, number: number, column: number, visible: Visible, rule?: Span): string {
  const { shown, moved } = rule ? around(line, rule, visible) : { shown: hide(line, visible), moved: 0 };
  const mark = Math.min(column - 1 + moved, shown.length);
  const start = Math.max(0, mark - WIDTH + 20);
  const cut = tame(shown.slice(start, start + WIDTH));
  const gutter = String(number);
  return `  ${gutter} | ${cut}\n  ${' '.repeat(gutter.length)} | ${' '.repeat(mark - start)}^`;
}

/** The line with an expression in it, and how far that moved because something before it is hidden. */
function around(line: string, { start, end }: Span, visible: Visible): { shown: string; moved: number } {
  const before = line.slice(0, Math.max(start, 0));
  const after = line.slice(end);
  const head = (PUNCTUATION.test(before) ? before : hide(before, visible)).replace(HIDDEN, `${HIDDEN} `);
  const tail = PUNCTUATION.test(after) ? after : ` ${HIDDEN}`;
  const rule = line.slice(before.length, end);
  const key = SWALLOWED.exec(rule);
  const shown = key ? `${rule.slice(0, key.index)}${key[0]} ${HIDDEN}` : rule + tail;
  return { shown: head + shown, moved: head.length - before.length };
}

function hide(line: string, visible: Visible): string {
  if (/^(---|\.\.\.|%\w+.*)\s*$/.test(line)) return line;
  const keys = [...line.matchAll(KEY)];
  const [first] = keys;
  // Without a key it may be a line of a private key.
  if (!first || !PUNCTUATION.test(line.slice(0, first.index)))
    return line.replace(/^(\s*(?:- +)*)\S.*$/, `$1${HIDDEN}`);
  let shown = line.slice(0, first.index);
  for (const [index, key] of keys.entries()) {
    const isVisible = visible.has(key[1] ?? '');
    const after = key.index + key[0].length;
    const value = line.slice(after, isVisible ? keys[index + 1]?.index : undefined);
    shown += key[0];
    // Only one word: a second may be the next key, its colon forgotten.
    const word = isVisible ? (/^\s*\S*/.exec(value)?.[0] ?? '') : '';
    if (!PUNCTUATION.test(value.slice(word.length)) && !ONLY_REFERENCES.test(value))
      return `${shown}${word.replace(/,$/, '')} ${HIDDEN}`;
    shown += value;
    if (!isVisible) break;
  }
  return shown.replaceAll(/\/\/[^/\s]*@/g, `//${HIDDEN}@`);
}

/** One column for each character: no tab, and nothing that a terminal would obey. */
export const tame = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === '\t' ? ' ' : '�'));
