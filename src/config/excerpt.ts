/** Keys whose values may be shown. What is not listed here may be a credential, or one under a misspelt key. */
export type Visible = ReadonlySet<string>;

const HIDDEN = '…';
const WIDTH = 100;
// Wider than YAML's own keys on purpose: `clientSecret:abc`, without the space, must count as one too.
const KEY = /(?<!\w)(?<!\$\{)([A-Za-z_<][\w<-]*)["']?\s*:(?!\/\/)/g;
const ONLY_REFERENCES = /^\s*(["']?)(?:\$\{(?:env|file):[^{}]*\})+\1\s*$/;

/**
 * The line with a mark under its column (from 1), for people. A value is shown only under a key of `visible`; `whole`
 * says that this line is an expression, which holds no credential.
 */
export function excerpt(line: string, number: number, column: number, visible: Visible, whole = false): string {
  const shown = whole ? line : hide(line, visible);
  const start = Math.max(0, column - WIDTH + 20);
  const cut = tame(shown.slice(start, start + WIDTH));
  const mark = Math.min(column - 1 - start, cut.length);
  const gutter = String(number);
  return `  ${gutter} | ${cut}\n  ${' '.repeat(gutter.length)} | ${' '.repeat(mark)}^`;
}

function hide(line: string, visible: Visible): string {
  let keys = 0;
  for (const key of line.matchAll(KEY)) {
    keys += 1;
    const after = key.index + key[0].length;
    const value = line.slice(after);
    if (visible.has(key[1] ?? '') || value.trim() === '' || ONLY_REFERENCES.test(value)) continue;
    return `${line.slice(0, after)} ${HIDDEN}`;
  }
  if (keys > 0) return line.replaceAll(/\/\/[^/\s]*@/g, `//${HIDDEN}@`);
  // Without a key it may be a line of a private key.
  return line.replace(/^([\s-]*)\S.*$/, `$1${HIDDEN}`);
}

/** One column for each character: no tab, and nothing that a terminal would obey. */
export const tame = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === '\t' ? ' ' : '�'));
