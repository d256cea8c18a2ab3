import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { migrate, versionOf } from './migrate.ts';

export type Db = Database.Database;

/** Who is told to wait, and for how long. */
export interface Waiting {
  clock: Clock;
  /** Milliseconds to wait for whoever holds what is needed; then a Failure of code `busy`, exit status 5. */
  wait: number;
  signal?: AbortSignal;
}

/**
 * Opens the directory for writing; makes the file, mode 0640, where there is none yet, and brings an older one to
 * today's tables. SQLite runs in WAL mode until closeDirectory, so that readers see the old or the new directory,
 * never between. Never read this file with `fs` while it is open: that drops this process's locks on it.
 * Throws a Failure: `directory` when the file is not a directory of ours, is newer, or cannot be written.
 */
export async function openDirectory(path: string, waiting: Waiting): Promise<Db> {
  makeFile(path);
  const db = connect(path, {});
  try {
    versionOf(db, path);
    await patiently(waiting, `${path}: another program keeps the directory open`, () =>
      db.pragma('journal_mode = WAL'),
    );
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = -65536');
    await patiently(waiting, `${path}: another rosterd is writing`, () => migrate(db, path, waiting.clock.now()));
    return db;
  } catch (error) {
    db.close();
    throw explained(error, path);
  }
}

/** Opens the directory for looking; a Failure with exit status 2 where there is none yet. */
export function openToLook(path: string): Db {
  if (!existsSync(path)) {
    throw new Failure('no-directory', `There is no directory at ${path} yet: run "rosterd --once" first.`, { exit: 2 });
  }
  const db = connect(path, { readonly: true });
  try {
    if (versionOf(db, path) === 0) {
      throw new Failure('no-directory', `The directory at ${path} is empty: run "rosterd --once" first.`, { exit: 2 });
    }
    return db;
  } catch (error) {
    db.close();
    throw explained(error, path);
  }
}

/**
 * Writes a private copy of the directory to `copy`, with today's tables; an empty one where there is none yet. Takes no
 * lock and leaves no trace beside the directory.
 */
export async function copyDirectory(path: string, copy: string, now: number): Promise<void> {
  if (existsSync(path)) {
    const original = connect(path, { readonly: true });
    try {
      versionOf(original, path);
      await original.backup(copy, { progress: () => 1 << 30 });
    } catch (error) {
      throw explained(error, path);
    } finally {
      original.close();
    }
  }
  const db = connect(copy, {});
  try {
    // A copy of a directory that is in use says WAL in its header.
    db.pragma('journal_mode = DELETE');
    migrate(db, copy, now);
  } finally {
    db.close();
  }
}

/** Opens a private copy: nobody else knows it, and a crash may cost it. */
export function openPrivate(copy: string): Db {
  const db = connect(copy, {});
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -65536');
  return db;
}

/** Leaves WAL mode, so that a reader without write rights can open the file, and closes it. */
export function closeDirectory(db: Db): void {
  if (!db.open) return;
  try {
    db.pragma('busy_timeout = 0');
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    // Refused while somebody else is connected: then the files of WAL mode stay, and their reads go on.
    if (!isBusy(error)) throw error;
  } finally {
    db.close();
  }
}

/** Whether SQLite refused because somebody else holds a lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

/**
 * Calls `act` until SQLite lets it through, without blocking the thread meanwhile; after `waiting.wait` milliseconds
 * throws a Failure of code `busy`.
 */
export async function patiently<T>(waiting: Waiting, holder: string, act: () => T): Promise<T> {
  const until = waiting.clock.now() + waiting.wait;
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (waiting.clock.now() >= until) throw new Failure('busy', `${holder}; nothing was done.`, { exit: 5 });
      await waiting.clock.sleep(Math.min(100, Math.max(1, until - waiting.clock.now())), waiting.signal);
    }
  }
}

function makeFile(path: string): void {
  if (existsSync(path)) return;
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'wx', 0o640));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw new Failure('directory', `The directory ${path} could not be made: ${sentence(error)}.`, { cause: error });
  }
}

function connect(path: string, options: Database.Options): Db {
  try {
    return new Database(path, { ...options, timeout: 0, fileMustExist: options.readonly ?? false });
  } catch (error) {
    throw explained(error, path);
  }
}

/** Turns what SQLite says about a file into a sentence that says what to do. */
export function explained(error: unknown, path: string): unknown {
  const code = error instanceof Database.SqliteError ? error.code : '';
  const failure = (what: string) => new Failure('directory', `The directory ${path} ${what}`, { cause: error });
  if (code === 'SQLITE_NOTADB')
    return failure('is not an SQLite file; it was left as it is. Check the key `directory`.');
  if (code.startsWith('SQLITE_CORRUPT')) return failure('is damaged. Restore the last backup, or move the file away.');
  if (code === 'SQLITE_FULL') return failure('could not be written: the disk is full. Nothing was changed.');
  if (code === 'SQLITE_READONLY_DIRECTORY' || code === 'SQLITE_READONLY_CANTINIT' || code === 'SQLITE_CANTOPEN') {
    return failure(
      'cannot be opened for writing: its folder must be writable for rosterd, and the files ending in -wal and -shm ' +
        'beside it must belong to the user that runs rosterd. A reader that may write the folder makes them as its own ' +
        'user: give readers read rights only, delete both files while nothing has the directory open, and start again.',
    );
  }
  if (code.startsWith('SQLITE_READONLY')) return failure('cannot be written: the file or its volume is read-only.');
  if (code.startsWith('SQLITE_IOERR')) return failure('could not be read or written: the disk answered with an error.');
  return error;
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
const sentence = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
