import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';
import { copyPages, syncFile, syncFolder } from './backup.ts';
import type { Waiting } from './open.ts';
import type { Present } from './restore-present.ts';

/** Keeps the directory as it is under another name: one file, mode 0640. */
export async function keepCopy(db: Database.Database, kept: string): Promise<void> {
  const partial = `${kept}.partial`;
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o640));
    db.exec('BEGIN; SELECT count(*) FROM sqlite_master');
    try {
      await copyPages(db, partial);
    } finally {
      db.exec('ROLLBACK');
    }
    const copy = new Database(partial);
    copy.pragma('journal_mode = DELETE');
    copy.close();
    syncFile(partial);
    renameSync(partial, kept);
    syncFolder(dirname(kept));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Failure(
      'directory',
      `The directory as it is could not be kept as ${kept} (${why}): look for a full disk. A restore needs room for the directory three times over. Nothing was changed.`,
      { cause: error },
    );
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Keeps a file that SQLite cannot open, and what lies beside it, under another name. */
export function keepFile(directory: string, kept: string): void {
  for (const end of ['', '-wal']) {
    if (!existsSync(`${directory}${end}`) || existsSync(`${kept}${end}`)) continue;
    try {
      linkSync(`${directory}${end}`, `${kept}${end}`);
    } catch {
      // Not every file system has hard links. Nobody here has the file open, whose locks this would drop.
      copyFileSync(`${directory}${end}`, `${kept}${end}`);
    }
  }
  syncFolder(dirname(kept));
}

/**
 * Makes the content of the directory that of the prepared file, in one transaction: page by page into `-wal`, whatever
 * the pages there hold now. Readers go on with the old content until it is committed. Gives false, and changes nothing,
 * where somebody has written to the directory since it was `seen`.
 */
export async function putInto(
  prepared: string,
  present: Present,
  seen: number,
  directoryId: string,
  { clock, wait, signal }: Waiting,
): Promise<boolean> {
  const until = clock.now() + Math.max(wait, 1000);
  const from = new Database(prepared, { readonly: true });
  let changed = false;
  try {
    for (;;) {
      try {
        // Nobody else can write from here on.
        await copyPages(from, present.db.name, () => {
          changed = present.seen() !== seen;
          if (changed) throw new Error('somebody has written to the directory');
        });
      } catch (error) {
        if (changed) return false;
        throw error;
      }
      if (idOf(present) === directoryId) return true;
      if (clock.now() >= until)
        throw new Failure('busy', `Another rosterd is writing to ${present.db.name}; nothing was done.`, { exit: 5 });
      await clock.sleep(100, signal);
    }
  } finally {
    from.close();
  }
}

function idOf({ db }: Present): unknown {
  try {
    return db.prepare("SELECT value FROM meta WHERE key = 'id'").pluck().get();
  } catch {
    // Damaged, or empty: not the one that was to be written.
    return null;
  }
}

/** Puts the prepared file in the place of one that SQLite cannot open, and that was kept under another name. */
export function putInPlace(prepared: string, directory: string): void {
  const { uid, gid } = statSync(directory);
  const own = statSync(prepared);
  if (own.uid !== uid || own.gid !== gid) chownSync(prepared, uid, gid);
  // What SQLite has there belongs to the old file, and must never be taken for the new one's.
  for (const end of ['-wal', '-shm', '-journal']) rmSync(`${directory}${end}`, { force: true });
  renameSync(prepared, directory);
  syncFolder(dirname(directory));
}
