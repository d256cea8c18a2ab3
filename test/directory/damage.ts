import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';

const PAGE = 4096;

/**
 * Overwrites a page of a directory that nobody has open, as a dying disk would: the first page of a table, or of the
 * file.
 */
export function overwritePage(path: string, table: string | null): void {
  let page = 1;
  if (table !== null) {
    const db = new Database(path);
    page = Number(db.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(table));
    db.close();
  }
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(PAGE, 0x5a), 0, PAGE, (page - 1) * PAGE);
  } finally {
    closeSync(file);
  }
}

/** The bytes of a file that nobody has open. */
export function bytesOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(fstatSync(file).size);
    readSync(file, bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    closeSync(file);
  }
}
