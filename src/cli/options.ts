import type { Db } from '../directory/open.ts';
import { Failure } from '../model/failure.ts';
import { didYouMean } from '../model/near.ts';
import { printable, thousands } from '../report/text.ts';

/** A command used wrongly: exit status 2. */
export const usage = (sentence: string): Failure => new Failure('usage', sentence, { exit: 2 });

/** How many rows `--limit` lets through, as SQLite's LIMIT takes it: -1 is no limit, which `--limit 0` asks for. */
export const readLimit = (text: string | undefined, otherwise: number): number =>
  (readWhole('--limit', text) ?? otherwise) || -1;

/** A whole number from 0 on, or undefined where none was given. */
export function readWhole(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw usage(`${flag}: \`${printable(text)}\` is no whole number.`);
  return Number(text);
}

/** One of the words that a flag takes. */
export function readWord<Word extends string>(
  flag: string,
  text: string | undefined,
  words: Readonly<Record<Word, unknown>>,
): Word | undefined {
  if (text === undefined) return undefined;
  const known = Object.keys(words);
  // Found among the keys of a record of words.
  if (known.includes(text)) return text as Word;
  const meant = didYouMean(text, known) || `; it is one of ${known.join(', ')}.`;
  throw usage(`${flag}: there is no ${flag.replace(/^-+/, '')} \`${printable(text)}\`${meant}`);
}

/** The source of that name, if the directory knows it. */
export function knownSource(db: Db, name: string | undefined): string | undefined {
  if (name === undefined || name === 'local') return name;
  const names = db.prepare<[], string>('SELECT name FROM v1_sources ORDER BY name').pluck().all();
  if (names.includes(name)) return name;
  const meant = didYouMean(name, names) || `; it has ${names.map((one) => `\`${one}\``).join(', ')}.`;
  throw usage(`--source: the directory has no source \`${printable(name)}\`${meant}`);
}

/** What to say where a limit cut a listing, given how many rows there are in all; null where it did not. */
export const cutSentence = (limit: number, shown: number, total: () => number): string | null =>
  limit < 0 || shown < limit ? null : moreSentence(total() - shown);

const moreSentence = (more: number) => (more > 0 ? `… and ${thousands(more)} more; --limit 0 shows all` : null);
