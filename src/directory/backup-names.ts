import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** `directory-20261124T180630Z.db`, for backups that are made on schedule. */
export const backupName = (now: number): string => `directory-${stamp(now)}.db`;

/** A time as part of a file's name. */
export const stamp = (now: number): string => new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');

const SCHEDULED = /^directory-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;

/** When the newest of a folder's backups was made on schedule, in ms since 1970; null where there is none to be seen. */
export function newestBackup(dir: string): number | null {
  const times = backupsIn(dir).map((name) => Date.parse(name.replace(SCHEDULED, '$1-$2-$3T$4:$5:$6Z')));
  return times.findLast((time) => !Number.isNaN(time)) ?? null;
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
 * Deletes all but the newest `keep` backups of a folder, at least one: files whose names are exactly those that
 * `backupName` gives, and nothing else. Gives their paths, the oldest first.
 */
export function pruneBackups(dir: string, keep: number): string[] {
  const old = backupsIn(dir)
    .map((name) => join(dir, name))
    .slice(0, -Math.max(1, Math.trunc(keep)));
  for (const name of old) rmSync(name, { force: true });
  return old;
}
