import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/load.ts';
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
  made(now: number): void;
}

export function scheduleBackups({ directory, log, made }: BackupsOptions): Backups {
  let times: Schedule | undefined;
  let making = false;

  async function make(folder: string, keep: number): Promise<void> {
    if (making) return;
    making = true;
    try {
      const { backupName, pruneBackups } = await import('../directory/backup.ts');
      const { backUpInThread } = await import('../directory/backup-thread.ts');
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      const now = systemClock.now();
      const file = join(folder, backupName(now));
      await backUpInThread(directory, file, now);
      pruneBackups(folder, keep);
      made(now);
      log.info({ file }, 'a backup was made');
    } catch (error) {
      log.error({ folder }, `no backup could be made: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      making = false;
    }
  }

  return {
    configure: ({ service, folder }) => {
      times?.stop();
      times = undefined;
      const { backups } = service;
      if (!backups) return;
      const where = resolve(folder, backups.dir);
      times = schedule(backups.schedule, service.timezone, () => void make(where, backups.keep));
    },
    stop: () => times?.stop(),
  };
}
