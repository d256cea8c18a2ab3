import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Lock, lockSource } from '../directory/lock.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';

/** The name under which the daemon holds a directory; no source can be called so. */
const HOLDER = '_daemon';
/** Less room than this on its disk, in bytes, and nothing can be written any more. */
const LEAST = 1024 * 1024;

/** Waits, however long it takes, until no other daemon holds the directory. */
export async function hold(directory: string, signal: AbortSignal, tell: (message: string) => void): Promise<Lock> {
  const waiting = { clock: systemClock, signal };
  try {
    return await lockSource(directory, HOLDER, 'the daemon', { ...waiting, wait: 1000 });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'busy') throw error;
    const [, holder = error.message] = /is busy: (.+?)\. Nothing was done/s.exec(error.message) ?? [];
    tell(`another daemon holds this directory (${holder}); this one waits for it to end`);
    return await lockSource(directory, HOLDER, 'the daemon', { ...waiting, wait: Number.MAX_SAFE_INTEGER });
  }
}

/** Whether the directory's file and folder can be written, and their disk has room. */
export function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    accessSync(dirname(directory), constants.W_OK);
    const { bavail, bsize } = statfsSync(dirname(directory));
    return bavail * bsize > LEAST;
  } catch {
    // Gone, or not ours.
    return false;
  }
}
