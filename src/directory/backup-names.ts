import { readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `directory-20261124T180630Z.db`, for backups that are made on schedule. */
export const backupName = (now: number): string => `directory-${stamp(now)}.db`;

/** A time as part of a file's name. */
export const stamp = (now: number): string => new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');

const SCHEDULED = /^directory-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;

/**
 * When the newest of a folder's backups was made on schedule, in ms since 1970; null where there is none to be seen. One
 * of the future was made while the clock was wrong, and says nothing.
 */
export function newestBackup(dir: string, now: number): number | null {
  const times = backupsIn(dir).map((name) => Date.parse(name.replace(SCHEDULED, '$1-$2-$3T$4:$5:$6Z')));
  return times.findLast((time) => time <= now) ?? null;
}

/** Their names, the oldest first; none where the folder cannot be read. */
function backupsIn(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && SCHEDULED.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/**
 * Deletes all but `keep` backups of a folder: the one that was just made always stays, and of the others those that were
 * written last. Files whose names are exactly those that `backupName` gives, and nothing else. A name may be of the
 * future, from when the clock was wrong. Gives their paths, the oldest first; throws what keeps one from being deleted.
 */
export function pruneBackups(made: string, keep: number): string[] {
  const dir = dirname(made);
  const written = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const others = backupsIn(dir)
    .map((name) => join(dir, name))
    .filter((file) => file !== join(made))
    .map((file) => ({ file, at: written(file) }))
    // Sorted by name before, which decides between equal times.
    .sort((a, b) => a.at - b.at)
    .map(({ file }) => file);
  const old = others.slice(0, Math.max(0, others.length - Math.max(0, Math.trunc(keep) - 1)));
  for (const file of old) rmSync(file, { force: true });
  return old;
}
