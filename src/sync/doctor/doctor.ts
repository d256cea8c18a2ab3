import Database from 'better-sqlite3';
import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { CHECKS } from './checks.ts';
import { effective } from './effective.ts';
import { journal } from './journal.ts';

/** What one look at the directory found. */
export interface Finding {
  /** A stable word, for programs. */
  name: string;
  /** What should hold, as a sentence. */
  holds: string;
  /** How many times it does not. */
  count: number;
  /** The first few. */
  examples: string[];
  /** What could not be looked at, and why; null where everything was. */
  left: string | null;
  /** Milliseconds that it took. */
  took: number;
}

/** One look: gives a line for each time that it does not hold. */
export interface Look {
  name: string;
  holds: string;
  faults(db: Db): Iterable<string>;
  /** What is not looked at at this time. */
  left?(db: Db): string | null;
}

const EXAMPLES = 5;

/** SQLite's own looks: the file, before what is in it. */
const SQLITE: readonly Look[] = [
  {
    name: 'file',
    holds: 'The file is whole: pages, tables and indexes (SQLite integrity_check).',
    faults: (db) =>
      db
        .prepare<[], string>('PRAGMA integrity_check(1000)')
        .pluck()
        .all()
        .filter((line) => line !== 'ok')
        .map((line) => line.replaceAll('\n', ' ')),
  },
  {
    name: 'foreign-keys',
    holds: 'No foreign key points nowhere (SQLite foreign_key_check).',
    faults: (db) =>
      db.prepare<[], string>('SELECT "table" || \' row \' || rowid FROM pragma_foreign_key_check').pluck().iterate(),
  },
];

const LOOKS: readonly Look[] = [...SQLITE, ...CHECKS, ...effective, journal];

/**
 * Looks whether a directory is sound: what SQLite says of the file, and what rosterd promises of its content.
 * @param db a private copy, as some looks need temporary tables, and seconds
 * @param began called before each look
 */
export function examine(db: Db, began: (name: string) => void = () => {}): Finding[] {
  db.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? fold(text) : null));
  return LOOKS.map((look) => {
    began(look.name);
    const start = performance.now();
    const { name, holds } = look;
    const found = { name, holds, count: 0, examples: [] as string[], left: null as string | null };
    try {
      found.left = look.left?.(db) ?? null;
      for (const fault of look.faults(db)) {
        if (found.count++ < EXAMPLES) found.examples.push(fault);
      }
    } catch (error) {
      // Damage that keeps SQLite from reading a table is a finding, not the end of looking.
      if (!(error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code))) throw error;
      found.count++;
      found.examples.push(`could not be read: ${error.message}`);
    }
    return { ...found, took: Math.round(performance.now() - start) };
  });
}
