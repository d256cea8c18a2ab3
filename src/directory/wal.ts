import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isBusy } from './explained.ts';

type Db = Database.Database;

/**
 * Brings an open directory into WAL mode. Throws SQLITE_BUSY while a reader is in the middle of the file: close the
 * connection then, and try again.
 *
 * On its own SQLite says WAL in the file first, lets go, and makes `-wal` and `-shm` at the next read: whoever may not
 * write the folder cannot open the file in between, and not until the next start if the process dies there. So all of
 * it is done under one exclusive lock, and a reader that comes then waits, as long as its busy timeout lets it.
 */
export function enterWal(db: Db): void {
  const inWal = modeOf(db) === 'wal';
  db.pragma('locking_mode = EXCLUSIVE');
  try {
    // What a process that was killed left in WAL mode is brought home first, so that nobody meets it half mended. The
    // journal is in memory, as the one page that changes is written whole: a journal left in the folder would keep out
    // whoever may not write there.
    db.pragma('journal_mode = MEMORY');
  } catch (error) {
    if (!inWal || !isBusy(error)) throw error;
    // Somebody else is connected, so the files are there and in order.
    db.pragma('locking_mode = NORMAL');
    return;
  }
  // Nothing needs to last until the first commit, and a slow disk would only widen the gap.
  db.pragma('synchronous = OFF');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('locking_mode = NORMAL');
  db.prepare('SELECT count(*) FROM sqlite_master').get();
  // SQLite keeps the exclusive lock until a writing transaction begins in one locking mode and ends in the other.
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec('BEGIN IMMEDIATE');
  db.pragma('locking_mode = NORMAL');
  db.exec('COMMIT');
}

/**
 * Closes a connection and leaves WAL mode with it, so that a reader without write rights can open the file while nobody
 * has it open. Where somebody else stays connected the files of WAL mode stay, and everybody reads on. Throws what keeps
 * SQLite from bringing the last pages home, such as a full disk; then, too, the files stay and nothing is lost.
 */
export function closeWal(db: Db): void {
  let left: boolean;
  try {
    left = leave(db);
  } catch (error) {
    closeOnly(db);
    throw error;
  }
  if (left) db.close();
  else {
    closeOnly(db);
    bringHome(db.name);
  }
}

/**
 * Takes a file out of WAL mode that nobody has open, unless somebody does. Most readers are done within milliseconds, and
 * so are others that close at this moment: it is tried a few times, and not in step with them. Throws what SQLite throws.
 */
export function bringHome(path: string): void {
  for (let tries = 5; tries > 0; tries--) {
    const db = new Database(path, { timeout: 0 });
    let left = false;
    try {
      left = leave(db);
      // Opened alone, SQLite did without it, and lets it lie. Nobody can be in WAL mode until this closes.
      if (left) rmSync(`${path}-shm`, { force: true });
    } finally {
      if (left) db.close();
      else closeOnly(db);
    }
    if (left) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 15);
  }
}

/**
 * Closes a connection and nothing more. SQLite alone would delete `-wal` and `-shm` and leave a file that says WAL, if
 * this were the last connection; while another one that may not write is open, it does not, nor does that one.
 */
export function closeOnly(db: Db): void {
  const other = new Database(db.name, { readonly: true, timeout: 0 });
  try {
    modeOf(other);
  } catch (error) {
    // What cannot be read is not in WAL mode here: there is nothing to keep.
    if (!(error instanceof Database.SqliteError)) throw error;
  } finally {
    db.close();
    other.close();
  }
}

/** False where somebody else is connected. */
function leave(db: Db): boolean {
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = MEMORY');
    return true;
  } catch (error) {
    if (!isBusy(error)) throw error;
    db.pragma('locking_mode = NORMAL');
    return false;
  }
}

const modeOf = (db: Db) => db.pragma('journal_mode', { simple: true });
