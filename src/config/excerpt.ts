/** Keys whose values may be shown. What is not listed here may be a credential, or one under a misspelt key. */
export type Visible = ReadonlySet<string>;

const HIDDEN = '…';
const WIDTH = 100;
// Wider than YAML's own keys on purpose: `clientSecret:abc`, without the space, must count as one too.
const KEY = /(?<![\w./])(?<!\$\{)(?!https?:\/\/)(?![A-Za-z]:\\)(<<|[A-Za-z_][\w-]*)["']?\s*:/g;
const PUNCTUATION = /^[\s\-,?{}[\]"']*$/;
const ONLY_REFERENCES = /^\s*(["']?)(?:\$\{(?:env|file):[^{}]*\})+\1\s*$/;

/**
 * The line with a mark under its column (from 1), for people. A value is shown only under a key of `visible`; `whole`
 * says that this line is an expression, which holds no credential.
 */
export function excerpt(line: string, number: number, column: number, visible: Visible, whole = false): string {
  const shown = whole ? line : hide(line, visible);
  const mark = Math.min(column - 1, shown.length);
  const start = Math.max(0, mark - WIDTH + 20);
  const cut = tame(shown.slice(start, start + WIDTH));
  const gutter = String(number);
  return `  ${gutter} | ${cut}\n  ${' '.repeat(gutter.length)} | ${' '.repeat(mark - start)}^`;
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
