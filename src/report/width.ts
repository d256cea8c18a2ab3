/**
 * How many columns of a terminal a text takes: none for marks that combine, two for East Asian wide and full-width
 * characters (UAX 11) and for emoji, one for all others. The text is printable (text.ts).
 */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  // Only emoji are more than the sum of their characters, and finding clusters is slow.
  if (!PICTURES.test(text)) return sum(text);
  let columns = 0;
  for (const { segment } of clusters(text)) columns += widthOfCluster(segment);
  return columns;
}

/** The text in at most `columns` columns; where something is missing it ends in `…`. Never cuts a character in two. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let left = columns - 1;
  for (const { segment } of clusters(text)) {
    left -= widthOfCluster(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text in lines of at most `columns` columns, broken at spaces, and inside a word only where it fills a line. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const word of text.split(' ')) {
    const length = width(word);
    if (line !== '' && taken + 1 + length <= columns) {
      line += ` ${word}`;
      taken += 1 + length;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    const pieces = length <= columns ? [word] : pieceUp(word, columns);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
    taken = width(line);
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

function pieceUp(word: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let taken = 0;
  for (const { segment } of clusters(word)) {
    const length = widthOfCluster(segment);
    if (piece !== '' && taken + length > columns) {
      pieces.push(piece);
      piece = '';
      taken = 0;
    }
    piece += segment;
    taken += length;
  }
  return [...pieces, piece];
}

function widthOfCluster(cluster: string): number {
  return EMOJI.test(cluster) ? 2 : sum(cluster);
}

function sum(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (!NONE.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** Latin, Greek and Cyrillic without marks of their own: one column each. */
const PLAIN = /^[\x20-\x7e\xa0-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1eff]*$/;
const PICTURES = /\p{Emoji_Presentation}|\ufe0f/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
/** Marks, joiners, variation selectors, and the vowels and finals that fill a Hangul syllable. */
const NONE = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u;
/** The blocks whose characters are Wide or Fullwidth in EastAsianWidth.txt; gaps inside a block count as it does. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

let segmenter: Intl.Segmenter | undefined;
const clusters = (text: string): Intl.Segments => (segmenter ??= new Intl.Segmenter('en')).segment(text);
