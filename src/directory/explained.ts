import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';

/** Whether SQLite refused because somebody else holds a lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

/**
 * Turns what SQLite, or the disk, says about a directory into a sentence that says what to do; gives everything else
 * back as it is. Exit status 2 where the file is not a directory of ours, 1 where the right file could not be read or
 * written.
 */
export function explained(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const failure = (what: string, exit: 1 | 2 = 1) =>
    new Failure('directory', `The directory ${path} ${what}`, { cause: error, exit });
  if (code === 'SQLITE_NOTADB')
    return failure('is not an SQLite file; it was left as it is. Check the key `directory`.', 2);
  if (code.startsWith('SQLITE_CORRUPT')) {
    return failure(
      'is damaged. "rosterd restore FILE" puts the last backup in its place. Without one, move the file away: the next ' +
        'sync then makes every account anew, with other ids and without history.',
    );
  }
  if (FULL.includes(code)) return failure('could not be written: the disk is full. Nothing was changed.');
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY')) {
    return failure(
      `could not be opened for what was to be done (${code}). It, its folder and the files beside it that end in -wal ` +
        'and -shm must belong to the user that runs rosterd, on a volume that can be written.',
    );
  }
  if (code === 'SQLITE_IOERR_GETTEMPPATH') {
    return failure(
      'could not be worked on: SQLite found no folder for temporary files. Name one with SQLITE_TMPDIR, or give the ' +
        'container a /tmp.',
    );
  }
  if (code.startsWith('SQLITE_IOERR'))
    return failure(
      `could not be read or written: the disk answered with an error (${code}). Look at the system's log.`,
    );
  return error;
}

/** The last is how SQLite says that `-shm` could not grow. */
export const FULL: readonly string[] = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT', 'SQLITE_IOERR_SHMSIZE'];
