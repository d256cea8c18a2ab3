import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { belongs } from './backup.ts';
import { stamp } from './backup-names.ts';
import { explained } from './explained.ts';
import { type Lock, lockSource } from './lock.ts';
import { closeDirectory, type Waiting } from './open.ts';
import { assertWritable, make } from './place.ts';
import { type Backup, openBackup, prepare, readBackup } from './restore-prepare.ts';
import { type LostEdit, lastIds, lostEdits, openPresent, type Present } from './restore-present.ts';
import { keepCopy, keepFile, putInPlace, putInto } from './restore-put.ts';

/** A backup that is to be put in the place of a directory. */
export interface Restoring {
  directory: string;
  /** The backup. */
  file: string;
  /** The name of every source in the configuration. */
  sources: readonly string[];
  actor: string;
  /** Milliseconds to wait for whoever holds a source or is in the middle of the directory. */
  wait: number;
  /** Told at once for whom it waits, a sentence for the operator. */
  tell?: (message: string) => void;
  configSha256: string;
  version: string;
}

export interface Restored {
  runId: number;
  /** The new `id` of v1_directory. */
  directoryId: string;
  backup: Backup;
  /** Where the directory before is kept; null where there was none. */
  kept: string | null;
  /** What was edited and approved by hand since the backup was made, the newest last; null where nobody can tell. */
  lost: LostEdit[] | null;
  /** Blocked plans wait on, under these ids. */
  waiting: { source: string; plan: string }[];
}

/** The lock that a daemon holds for as long as it runs. */
const DAEMON = '_daemon';

/**
 * Puts a backup in the place of the directory: its content with new ids ahead, in one transaction, so that whoever reads
 * sees the old directory or the new one, and so does whoever comes after a kill. Everything is made ready beside the
 * directory first. A file that SQLite cannot open is replaced as a file. The directory before is kept beside.
 *
 * Ids go on 1,000,000 above those of the backup and of the directory before, the directory has another id, every source
 * is listed and planned whole by its next pass, and plans that waited wait under other ids (restore-prepare.ts).
 * Throws a Failure: exit status 2 where the backup is none, is damaged or newer; `busy` where a daemon or a pass runs;
 * then nothing was touched.
 */
export async function restoreFrom(restoring: Restoring, clock: Clock, signal: AbortSignal): Promise<Restored> {
  const { directory, file } = restoring;
  const waiting: Waiting = { clock, wait: restoring.wait, signal };
  if (belongs(directory, file))
    throw refused(`${file} is the directory itself, or what SQLite and rosterd keep beside it; nothing was done.`);
  openBackup(file).close();
  const was = existsSync(directory);
  make(directory);
  assertWritable(directory);
  const prepared = `${directory}.restore.partial`;
  const locks: Lock[] = [];
  let present: Present | null = null;
  let done = false;
  try {
    await lockAll(restoring, waiting, locks);
    present = await openPresent(directory, waiting);
    const kept = was && !(present?.isEmpty ?? false) ? `${directory}.before-restore-${stamp(clock.now())}` : null;
    for (;;) {
      const backup = await readBackup(file, prepared, clock.now());
      const seen = present?.seen() ?? 0;
      if (present && kept) await keepCopy(present.db, kept);
      else if (kept) keepFile(directory, kept);
      const lost = present ? lostEdits(present.db, backup) : null;
      const ids = present ? lastIds(present.db) : new Map<string, number>();
      const at = new Date(clock.now()).toISOString();
      const ready = prepare(prepared, backup, { ...restoring, at, ids, kept, pageSize: present?.pageSize ?? null });
      signal.throwIfAborted();
      if (!present) putInPlace(prepared, directory);
      else if (!(await putInto(prepared, present, seen, ready.directoryId, waiting))) continue;
      done = true;
      return { ...ready, backup, kept, lost: was ? lost : [] };
    }
  } catch (error) {
    throw explained(error, directory);
  } finally {
    if (present) closeDirectory(present.db);
    for (const name of [prepared, `${prepared}-journal`]) rmSync(name, { force: true });
    // Made for the restore, and still empty.
    if (!done && !was && statSync(directory).size === 0) rmSync(directory);
    for (const lock of locks) lock.release();
  }
}

/** Everybody who writes: the daemon, passes, approvals and edits by hand of every source that is or ever was. */
async function lockAll({ directory, sources, tell }: Restoring, waiting: Waiting, locks: Lock[]): Promise<void> {
  const prefix = `${basename(directory)}.`;
  const known = readdirSync(dirname(directory)).flatMap((name) =>
    name.startsWith(prefix) && name.endsWith('.lock') ? [name.slice(prefix.length, -'.lock'.length)] : [],
  );
  // Names that differ only in case may be one file; always in one order, so that two do not wait for each other.
  const names = new Map([...sources, 'local', ...known].map((name) => [name.toLowerCase(), name]));
  names.delete(DAEMON);
  try {
    locks.push(
      await lock(directory, DAEMON, waiting, (holder, time) =>
        tell?.(
          `The restore waits, at most ${time}, for ${holder}, which has ${directory}; nothing was done yet. Stop the daemon, or end this with Ctrl-C.`,
        ),
      ),
    );
  } catch (error) {
    if (!isHeld(error)) throw error;
    throw new Failure('busy', `${holderIn(error)} has ${directory}. Stop it first; nothing was done.`, { exit: 5 });
  }
  for (const name of [...names.values()].sort())
    locks.push(
      await lock(directory, name, waiting, (holder, time) =>
        tell?.(
          `The restore waits, at most ${time}, for ${holder}, which has source \`${name}\`; nothing was done yet.`,
        ),
      ),
    );
}

/** Takes a lock at once, or says who has it and waits. */
async function lock(
  directory: string,
  name: string,
  waiting: Waiting,
  tell: (holder: string, time: string) => void,
): Promise<Lock> {
  const doing = 'a restore';
  try {
    return await lockSource(directory, name, doing, { ...waiting, wait: 0 });
  } catch (error) {
    if (!isHeld(error) || waiting.wait === 0) throw error;
    tell(holderIn(error), waiting.wait < 1000 ? `${waiting.wait} ms` : `${Math.round(waiting.wait / 1000)} seconds`);
    return await lockSource(directory, name, doing, waiting);
  }
}

const isHeld = (error: unknown): error is Failure => error instanceof Failure && error.code === 'busy';
const holderIn = ({ message }: Failure): string => /is busy: (.+?)\. Nothing was done/s.exec(message)?.[1] ?? message;

const refused = (sentence: string) => new Failure('usage', sentence, { exit: 2 });
