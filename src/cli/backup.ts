import { resolve } from 'node:path';
import { type BackedUp, backUpTo } from '../directory/backup.ts';
import { systemClock } from '../model/clock.ts';
import { count, printable, printableJson, shortTime, thousands } from '../report/text.ts';
import type { Io } from './io.ts';
import { directoryOf, type LookOptions } from './look.ts';

/** Makes a consistent copy of the directory, whoever reads or writes it meanwhile. Gives the exit status. */
export async function backup(file: string, options: LookOptions, io: Io): Promise<number> {
  const directory = await directoryOf(options, io);
  const made = await backUpTo(directory, resolve(io.cwd, file), systemClock.now(), options.wait);
  if (options.json) io.out.write(`${printableJson(made)}\n`);
  else io.out.write(`${sentence(made)}\n`);
  return 0;
}

function sentence({ file, bytes, accounts, groups, memberships, lastRun }: BackedUp): string {
  const run = lastRun ? `last run ${lastRun.id} of ${shortTime(lastRun.at)} UTC` : 'no run yet';
  const holds = [count(accounts, 'account'), count(groups, 'group'), count(memberships, 'membership'), run];
  return `${printable(file)}: ${size(bytes)}, ${holds.join(', ')}; looked through, and whole.`;
}

/** Bytes as `812 kB` or `1.2 MB`. */
export const size = (bytes: number): string =>
  bytes < 1e6
    ? `${thousands(Math.ceil(bytes / 1000))} kB`
    : `${thousands(Math.floor(bytes / 1e6))}.${Math.floor((bytes % 1e6) / 1e5)} MB`;
