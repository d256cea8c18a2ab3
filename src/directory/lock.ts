import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';
import { isBusy, type Waiting } from './open.ts';

/** A lock that this process holds until `release`, or until it dies. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock of one source of one directory: whoever runs a pass of that source holds it. It is an exclusive
 * transaction on a side file, so that the system frees it when the holder dies, however it dies; a process number
 * would mean nothing, as in containers everybody is number 1. Who holds it stands in a text file beside it.
 *
 * @param directory path of the directory file
 * @param doing what the holder does, for whoever has to wait: `a pass ("rosterd --once")`
 * Throws a Failure of code `busy` (exit status 5), naming the holder, when it is still held after `waiting.wait` ms.
 */
export async function lockSource(directory: string, source: string, doing: string, waiting: Waiting): Promise<Lock> {
  const file = `${directory}.${source}.lock`;
  const note = `${directory}.${source}.holder`;
  const db = openSideFile(file);
  const until = waiting.clock.now() + waiting.wait;
  try {
    while (!take(db)) {
      if (waiting.clock.now() >= until) {
        throw new Failure(
          'busy',
          `Source \`${source}\` is busy: ${holder(note)}. Nothing was done; try again, or wait longer with --wait.`,
          {
            exit: 5,
          },
        );
      }
      await waiting.clock.sleep(Math.min(100, Math.max(1, until - waiting.clock.now())), waiting.signal);
    }
  } catch (error) {
    db.close();
    throw error;
  }
  const lock = {
    release: () => {
      if (!db.open) return;
      try {
        rmSync(note, { force: true });
      } finally {
        db.close();
      }
    },
  };
  const since = new Date(waiting.clock.now()).toISOString();
  try {
    writeFileSync(note, `${doing}, process ${process.pid} on ${hostname()}, since ${since}\n`, { mode: 0o640 });
  } catch (error) {
    lock.release();
    throw unusable(note, error);
  }
  return lock;
}

function openSideFile(file: string): Database.Database {
  try {
    // Made first, for its mode: whoever can open the file can keep its lock.
    if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unusable(file, error);
  }
  try {
    // On a file that it may not write, SQLite takes an exclusive transaction for one that reads: no lock at all.
    accessSync(file, constants.R_OK | constants.W_OK);
    return new Database(file, { timeout: 0 });
  } catch (error) {
    throw unusable(file, error);
  }
}

function take(db: Database.Database): boolean {
  try {
    // Nothing is ever written to it; a journal in a file would only lie about after a kill.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw unusable(db.name, error);
  }
}

function unusable(file: string, error: unknown): Failure {
  const why = error instanceof Error && 'code' in error ? error.code : String(error);
  return new Failure(
    'directory',
    `${file} could not be written (${why}), so nothing was done. It and its folder must belong to the user that runs ` +
      'rosterd, and the disk must have room.',
    { cause: error },
  );
}

function holder(note: string): string {
  try {
    return readFileSync(note, 'utf8').trim() || 'its holder left no name';
  } catch {
    // Written just after the lock is taken and removed just before it is given back.
    return 'its holder left no name';
  }
}
