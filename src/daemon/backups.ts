import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { backupName, newestBackup, pruneBackups } from '../directory/backup-names.ts';
import { systemClock } from '../model/clock.ts';
import { type Schedule, schedule } from './schedule.ts';

/** Copies of the directory, on schedule. */
export interface Backups {
  configure(config: Config): void;
  /** None begins any more; resolves when the one that is being made is there. */
  stop(): Promise<void>;
  /** Takes away what was written of the one that is being made: the process ends at once. */
  cutOff(): void;
}

export interface BackupsOptions {
  directory: string;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
  /** When the newest backup in the folder was made, and how many failed since, as far as this process knows. */
  seen(newest: number | null, failures: number): void;
}

export function scheduleBackups({ directory, log, seen }: BackupsOptions): Backups {
  let times: Schedule | undefined;
  const started = systemClock.now();
  let stopping = false;
  let making: { folder: string; made: Promise<void> } | undefined;
  let failures = 0;

  function due(folder: string, keep: number): void {
    if (making || stopping) return;
    const made = make(folder, keep).finally(() => {
      making = undefined;
    });
    making = { folder, made };
  }

  async function make(folder: string, keep: number): Promise<void> {
    try {
      const { backUpInThread } = await import('../directory/backup-thread.ts');
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      const now = systemClock.now();
      removeHalves(folder, (file) => now - statSync(file).mtimeMs > LEFT);
      const file = join(folder, backupName(now));
      await backUpInThread(directory, file, now);
      failures = 0;
      seen(now, failures);
      log.info({ file }, 'a backup was made');
      prune(file, keep);
    } catch (error) {
      failures += 1;
      seen(newestBackup(folder, systemClock.now()), failures);
      log.error({ folder }, `no backup could be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The backup is there, whatever becomes of older ones. */
  function prune(made: string, keep: number): void {
    try {
      pruneBackups(made, keep);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error({ file: made }, `old backups could not be deleted: ${why}`);
    }
  }

  let wanted: { where: string; keep: number } | undefined;

  return {
    configure: ({ service, folder }) => {
      const { backups, timezone } = service;
      if (!backups) {
        times?.stop();
        times = undefined;
        failures = 0;
        seen(null, failures);
        return;
      }
      wanted = { where: resolve(folder, backups.dir), keep: backups.keep };
      const newest = newestBackup(wanted.where, systemClock.now());
      seen(newest, failures);
      // What was due and waits for its random delay outlives a reload.
      if (times) times.change(backups.schedule, timezone);
      else {
        const act = () => wanted && due(wanted.where, wanted.keep);
        // What was missed since the newest is made up for, once.
        times = schedule(backups.schedule, timezone, act, newest ?? started);
      }
    },
    stop: async () => {
      stopping = true;
      times?.stop();
      await making?.made;
    },
    cutOff: () => {
      if (making) removeHalves(making.folder, (file) => file.includes(`.${process.pid}.`));
    },
  };
}

/** How old half a backup is, in ms since it was written to, when nobody is writing it any more. */
const LEFT = 3_600_000;
/** What is written before a scheduled backup gets its name (backup.ts), and what SQLite keeps beside it. */
const HALF = /^directory-\d{8}T\d{6}Z\.db\.\d+\.partial(?:-journal|-wal|-shm)?$/;

/** Removes halves of backups, as a process leaves them that was killed. That one stays is no reason to make no backup. */
function removeHalves(folder: string, which: (file: string) => boolean): void {
  try {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (HALF.test(name) && which(file)) rmSync(file, { force: true });
    }
  } catch {
    // Not ours, or gone meanwhile: the next backup tries again.
  }
}
