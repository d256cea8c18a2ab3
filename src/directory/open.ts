import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { explained, FULL, isBusy } from './explained.ts';
import { migrate, versionOf } from './migrate.ts';
import { assertReadable, assertWritable, isThere, make } from './place.ts';
import { bringHome, closeOnly, closeWal, enterWal } from './wal.ts';

export { explained, isBusy };

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
 * Throws a Failure: `directory` when the file is not a directory of ours, is newer, or cannot be written; `busy` when
 * a reader or another rosterd is in the way for `waiting.wait` ms.
 */
export async function openDirectory(path: string, waiting: Waiting): Promise<Db> {
  make(path);
  assertWritable(path);
  try {
    // Others take their moment alone with the file, too, the other sources of one run among them.
    const moment = { ...waiting, wait: Math.max(waiting.wait, 1000) };
    const db = await patiently(moment, `${path}: another program is in the middle of the directory`, () => enter(path));
    try {
      db.pragma('cache_size = -65536');
      await patiently(waiting, `${path}: another rosterd is writing`, () => migrate(db, waiting.clock.now()));
      return db;
    } catch (error) {
      closeDirectory(db);
      throw error;
    }
  } catch (error) {
    throw explained(error, path);
  }
}

function enter(path: string): Db {
  const db = connect(path, {});
  try {
    versionOf(db);
  } catch (error) {
    // What is refused is left as it is, its WAL included.
    closeOnly(db);
    throw error;
  }
  try {
    enterWal(db);
    return db;
  } catch (error) {
    db.close();
    if (!isBusy(error)) bringHome(path);
    throw error;
  }
}

/** Opens the directory for looking; a Failure with exit status 2 where there is none yet. */
export function openToLook(path: string): Db {
  if (!isThere(path)) {
    throw new Failure('no-directory', `There is no directory at ${path} yet: run "rosterd --once" first.`, { exit: 2 });
  }
  assertReadable(path);
  const db = connect(path, { readonly: true });
  try {
    if (versionOf(db) === 0) {
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
 * lock and leaves no trace beside the directory. Throws a Failure.
 */
export async function copyDirectory(path: string, copy: string, now: number): Promise<void> {
  try {
    if (isThere(path)) await backUp(path, copy);
    const db = connect(copy, {});
    try {
      // A copy of a directory that is in use says WAL in its header.
      db.pragma('journal_mode = DELETE');
      migrate(db, now, { keepCopy: false });
    } finally {
      db.close();
    }
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : '';
    if (!FULL.includes(code) && !code.startsWith('SQLITE_IOERR')) throw explained(error, path);
    throw new Failure(
      'directory',
      `A plan is made on a private copy of ${path}, and that could not be written in ${dirname(copy)} (${code}): look for ` +
        'a full disk, or name another folder with TMPDIR.',
      { cause: error },
    );
  }
}

async function backUp(path: string, copy: string): Promise<void> {
  assertReadable(path);
  const original = connect(path, { readonly: true });
  try {
    versionOf(original);
    await original.backup(copy, { progress: () => 1 << 30 });
  } finally {
    original.close();
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

/** Leaves WAL mode, so that a reader without write rights can open the file, and closes it. Throws a Failure. */
export function closeDirectory(db: Db): void {
  if (!db.open) return;
  try {
    closeWal(db);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    throw new Failure(
      'directory',
      `What was written to the directory ${db.name} is safe in ${db.name}-wal, but could not be brought home from there ` +
        `(${why}): look for a full disk. Leave that file where it is; the next run tries again.`,
      { cause: error },
    );
  }
}

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

function connect(path: string, options: { readonly?: boolean }): Db {
  const readonly = options.readonly ?? false;
  try {
    // Whoever only looks waits for the moment in which rosterd has the file to itself; a writer waits in `patiently`.
    return new Database(path, { readonly, fileMustExist: readonly, timeout: readonly ? 5000 : 0 });
  } catch (error) {
    throw explained(error, path);
  }
}
