import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { backupName, newestBackup, pruneBackups } from '../directory/backup-names.ts';
import { systemClock } from '../model/clock.ts';
import { type Schedule, schedule } from './schedule.ts';

/** Copies of the directory, on schedule. */
export interface Backups {
  configure(config: Config): void;
  stop(): void;
}

export interface BackupsOptions {
  directory: string;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
  /** When the newest backup in the folder was made, and how many failed since, as far as this process knows. */
  seen(newest: number | null, failures: number): void;
}

export function scheduleBackups({ directory, log, seen }: BackupsOptions): Backups {
  let times: Schedule | undefined;
  let making = false;
  let failures = 0;

  async function make(folder: string, keep: number): Promise<void> {
    if (making) return;
    making = true;
    try {
      const { backUpInThread } = await import('../directory/backup-thread.ts');
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      const now = systemClock.now();
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
    } finally {
      making = false;
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

  return {
    configure: ({ service, folder }) => {
      times?.stop();
      times = undefined;
      const { backups } = service;
      if (!backups) {
        failures = 0;
        seen(null, failures);
        return;
      }
      const where = resolve(folder, backups.dir);
      seen(newestBackup(where, systemClock.now()), failures);
      times = schedule(backups.schedule, service.timezone, () => void make(where, backups.keep));
    },
    stop: () => times?.stop(),
  };
}
