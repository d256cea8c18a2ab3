import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';

/** Whether SQLite refused because somebody else holds a lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

/**
 * Turns what SQLite says about a directory into a sentence that says what to do; gives everything else back as it is.
 * Exit status 2 where the file is not a directory of ours, 1 where the right file could not be read or written.
 */
export function explained(error: unknown, path: string): unknown {
  const code = error instanceof Database.SqliteError ? error.code : '';
  const failure = (what: string, exit: 1 | 2 = 1) =>
    new Failure('directory', `The directory ${path} ${what}`, { cause: error, exit });
  if (code === 'SQLITE_NOTADB')
    return failure('is not an SQLite file; it was left as it is. Check the key `directory`.', 2);
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
