/** The part before the last @; the whole where there is none. */
export const localPart = (text: string): string => {
  const at = text.lastIndexOf('@');
  return at === -1 ? text : text.slice(0, at);
};

/** The part after the last @, in lower case; null where there is none. */
export const domain = (text: string): string | null => {
  const at = text.lastIndexOf('@');
  return at === -1 ? null : text.slice(at + 1).toLowerCase();
};

/** Letters that do not come apart into a plain letter and a mark (Unicode's NFKD leaves them whole). */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ł: 'l',
  Ł: 'L',
  ħ: 'h',
  Ħ: 'H',
  ı: 'i',
  ĸ: 'k',
  ŋ: 'n',
  Ŋ: 'N',
  ŧ: 't',
  Ŧ: 'T',
  ŉ: 'n',
  ſ: 's',
  ƒ: 'f',
  ə: 'e',
  Ə: 'E',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

/** Diacritics and ligatures to plain letters; letters of other scripts stay. */
export function ascii(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\u0000-\u007f]*$/.test(text)) return text;
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mn}/gu, '')
    .replaceAll(LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}

/** The first letter of each word large, the others small; an apostrophe does not end a word. */
export const title = (text: string): string =>
  text.toLowerCase().replaceAll(/(?<![\p{L}\p{M}\p{N}'’])\p{L}/gu, (letter) => letter.toUpperCase());

/** The first `n` characters (code points), fewer where there are fewer. */
export function left(text: string, n: number): string {
  if (n <= 0) return '';
  if (n >= text.length) return text;
  let end = 0;
  for (let count = 0; count < n && end < text.length; count++) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** The characters (code points) from `start` to before `end`, as far as there are any. */
export function substring(text: string, start: number, end: number): string {
  const from = Math.max(0, start);
  if (end <= from || from >= text.length) return '';
  return left(text, end).slice(left(text, from).length);
}

/** How many characters (code points) a text has. */
export function size(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++, count++) if ((text.codePointAt(at) ?? 0) > 0xffff) at++;
  return count;
}

/** Where `wanted` first stands, in characters (code points) from 0; -1 where it does not. */
export function indexOf(text: string, wanted: string): number {
  const at = text.indexOf(wanted);
  return at <= 0 ? at : size(text.slice(0, at));
}

/** Filled up from the left to `n` characters (code points); as it is where there is nothing to fill with. */
export function padStart(text: string, n: number, fill: string): string {
  const missing = n - size(text);
  const signs = [...fill];
  if (missing <= 0 || signs.length === 0) return text;
  return Array.from({ length: missing }, (_, at) => signs[at % signs.length]).join('') + text;
}
