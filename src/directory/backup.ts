import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { explained } from './explained.ts';
import { type Db, openToLook, patiently } from './open.ts';

/** A backup that was made, and what it holds. */
export interface BackedUp {
  file: string;
  bytes: number;
  /** The `id` of v1_directory. */
  directoryId: string;
  accounts: number;
  groups: number;
  memberships: number;
  runs: number;
  /** The last run in it that ended, with the time in ISO 8601; null where none did. */
  lastRun: { id: number; at: string } | null;
}

type Counts = Omit<BackedUp, 'file' | 'bytes'>;

/** The key of `meta` that says when a backup was made; only backups have it. */
export const BACKED_UP_AT = 'backed_up_at';

const COUNTS = `SELECT (SELECT value FROM meta WHERE key = 'id') AS directoryId,
  (SELECT count(*) FROM accounts WHERE deleted_at IS NULL) AS accounts,
  (SELECT count(*) FROM groups WHERE removed_at IS NULL) AS "groups",
  (SELECT count(*) FROM memberships) AS memberships, (SELECT count(*) FROM runs) AS runs`;
const LAST_RUN = 'SELECT id, finished_at AS at FROM runs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1';
const MARK = `INSERT INTO meta (key, value) VALUES ('${BACKED_UP_AT}', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

/** Pages that are copied in one go, 8 MB: others of this thread have their turn in between. */
const STEP = 2048;

/**
 * Writes a consistent copy of the directory to `file`, which must not exist: one file of mode 0640, as of one moment,
 * while others read and write. Nobody is kept waiting. It is looked through before it gets its name, so that a file of
 * that name is whole; the looking through takes this thread about a second for 300 MB.
 * Throws a Failure: exit status 2 where there is no directory, or `file` cannot be made there; 1 where the directory is
 * damaged or the disk is full, and `busy` where rosterd has the directory to itself for `wait` ms.
 */
export async function backUpTo(directory: string, file: string, now: number, wait = 60_000): Promise<BackedUp> {
  assertFree(directory, file);
  const waiting = { clock: systemClock, wait };
  const original = await patiently(waiting, `Another rosterd has ${directory} to itself`, () => openMoment(directory));
  // Under another name until it is whole: half a backup must not look like one.
  const partial = `${file}.${process.pid}.partial`;
  try {
    const counts = countsOf(original, directory);
    create(partial);
    await writing(file, () => copyPages(original, partial));
    mark(partial, now, directory);
    verify(partial, counts, directory);
    const { size } = statSync(partial);
    syncFile(partial);
    assertFree(directory, file);
    renameSync(partial, file);
    syncFolder(dirname(file));
    return { file, bytes: size, ...counts };
  } finally {
    original.close();
    rmSync(partial, { force: true });
  }
}

/**
 * Copies a database into another file in one transaction, over a connection of its own; others of this thread have their
 * turn in between. `from` should be in a transaction, else what others write meanwhile makes it begin anew. What became
 * of it is for the caller to look at: SQLite's library ends without an error where the other file is busy.
 * @param begun called once the other file is locked, before anything is written to it; what it throws ends the copying
 */
export async function copyPages(from: Db, to: string, begun?: () => void): Promise<void> {
  let first = true;
  await from.backup(to, {
    progress: () => {
      if (first) begun?.();
      first = false;
      return STEP;
    },
  });
  await turn();
}

/** Opens the directory as it is at this moment. */
function openMoment(directory: string): Db {
  const db = openToLook(directory);
  try {
    db.exec('BEGIN; SELECT 1 FROM meta');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function countsOf(db: Db, directory: string): Counts {
  try {
    const counts = db.prepare<[], Omit<Counts, 'lastRun'>>(COUNTS).get();
    if (!counts) throw new Error('a SELECT without FROM always gives a row');
    return { ...counts, lastRun: db.prepare<[], { id: number; at: string }>(LAST_RUN).get() ?? null };
  } catch (error) {
    throw explained(error, directory);
  }
}

/** Makes the copy one file, and writes into it when it was made. */
function mark(partial: string, now: number, directory: string): void {
  const db = new Database(partial);
  try {
    // The copy of a directory that is in use says WAL in its header.
    db.pragma('journal_mode = DELETE');
    db.prepare(MARK).run(new Date(now).toISOString());
  } catch (error) {
    throw damaged(directory, error instanceof Error ? error.message : String(error), error);
  } finally {
    db.close();
  }
}

function verify(partial: string, counts: Counts, directory: string): void {
  const db = new Database(partial, { readonly: true });
  try {
    const found = db.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(directory, String(found));
    const copied = countsOf(db, partial);
    if (JSON.stringify(copied) !== JSON.stringify(counts))
      throw new Failure(
        'directory',
        `The backup does not hold what ${directory} holds, and was thrown away. Try again.`,
      );
  } catch (error) {
    throw error instanceof Failure ? error : damaged(directory, String(error), error);
  } finally {
    db.close();
  }
}

const damaged = (directory: string, found: string, cause?: unknown) =>
  new Failure(
    'directory',
    `The directory ${directory} is damaged, and no backup was made of it: ${found.split('\n').at(-1)}. ` +
      '"rosterd doctor" tells more; "rosterd restore FILE" puts the last backup back.',
    { cause },
  );

/** Throws a Failure where a backup may not be written there. */
function assertFree(directory: string, file: string): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw refused(`There is no folder ${folder}; no backup was made.`);
  if (belongs(directory, file))
    throw refused(`${file} is the directory itself, or what SQLite and rosterd keep beside it; no backup was made.`);
  if (existsSync(file))
    throw refused(`${file} is there already, and was left as it is. Name a file that does not exist.`);
}

/** Whether a path is that of the directory, or of a file that SQLite or rosterd keeps beside it. */
export function belongs(directory: string, file: string): boolean {
  const real = (path: string) => {
    const [folder, name] = [dirname(resolve(path)), basename(path)];
    try {
      return realpathSync(path);
    } catch {
      // Not there yet, or not to be looked at: then its folder tells.
      return existsSync(folder) ? join(realpathSync(folder), name) : resolve(path);
    }
  };
  const own = real(directory);
  const other = real(file);
  if (other === own) return true;
  if (dirname(other) !== dirname(own) || !other.startsWith(own)) return false;
  return /^-(wal|shm|journal)$|\.(lock|holder|stage|sock|partial)$/.test(other.slice(own.length));
}

/** Made first, for its mode: SQLite would give it the umask's. */
function create(partial: string): void {
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o640));
  } catch (error) {
    throw unwritten(partial, error);
  }
}

async function writing(file: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw unwritten(file, error);
  }
}

function unwritten(file: string, error: unknown): Failure {
  const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new Failure(
    'backup',
    `The backup could not be written in ${dirname(resolve(file))} (${why}), and nothing was left there. Look for a full disk, or name another folder.`,
    { cause: error },
  );
}

/** Waits until the disk has what was written to a file. */
export const syncFile = (path: string): void => flush(path, 'r+');

/** Waits until the disk has the names in a folder; Windows does that by itself. */
export const syncFolder = (path: string): void => {
  if (process.platform !== 'win32') flush(path, 'r');
};

function flush(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const refused = (sentence: string) => new Failure('usage', sentence, { exit: 2 });
