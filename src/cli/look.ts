import { directoryIn } from '../config/directory.ts';
import { fold } from '../directory/names.ts';
import { type Db, explained, openToLook, patiently } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import type { Io } from './io.ts';

/** What every command that looks something up takes. */
export interface LookOptions {
  config?: string;
  json?: boolean;
  /** Milliseconds to wait where rosterd has the file to itself for a moment (default: a minute). */
  wait?: number;
}

/** How much is read before the first of it is written, in bytes. */
const AHEAD = 32 * 1024 * 1024;

/**
 * Opens the directory that the configuration names, lets `find` read it and prints what that gives: one state of the
 * directory, whatever a pass does meanwhile. Whoever reads the output may take hours (a pager), and rosterd cannot start
 * while a reader is in the middle of the file: so all is read before anything is written, unless it is very much.
 * SQL has the function `fold` (names.ts). Gives the exit status, 0. Throws a Failure: of the configuration, the directory, `find`, or when nobody can write.
 */
export async function look(options: LookOptions, io: Io, find: (db: Db) => Iterable<string>): Promise<number> {
  const directory = await directoryOf(options, io);
  const waiting = { clock: systemClock, wait: options.wait ?? 60_000 };
  const db = await patiently(waiting, `Another rosterd has ${directory} to itself`, () => openSnapshot(directory));
  const print = printer(io);
  let ahead: Buffer[] = [];
  let size = 0;
  try {
    for (const text of find(db)) {
      const bytes = Buffer.from(text);
      ahead.push(bytes);
      size += bytes.length;
      if (size < AHEAD) continue;
      for (const part of ahead) if (!(await print(part))) return 0;
      ahead = [];
    }
  } catch (error) {
    throw explained(error, directory);
  } finally {
    db.close();
  }
  for (const part of ahead) if (!(await print(part))) return 0;
  return 0;
}

/** Where the directory is, by the one key that says so where that is enough. Throws a Failure. */
export const directoryOf = async (options: Pick<LookOptions, 'config'>, io: Io): Promise<string> =>
  (await directoryIn(options.config, io)) ?? (await fromWholeFile(options, io));

/** Tells every fault of a file whose one key does not tell where the directory is. */
async function fromWholeFile({ config }: Pick<LookOptions, 'config'>, io: Io): Promise<string> {
  const [{ loadConfig }, { connectorTypes }] = await Promise.all([
    import('../config/load.ts'),
    import('../../connectors/registry.ts'),
  ]);
  return (await loadConfig(config, { types: connectorTypes, io, secrets: 'leave' })).directory;
}

/** From its first read on, a transaction sees one state. */
function openSnapshot(path: string): Db {
  const db = openToLook(path);
  try {
    db.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? fold(text) : null));
    db.exec('BEGIN; SELECT 1 FROM meta');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Writes, and waits until it is written; false once nobody reads any more, as after `| head`. */
function printer({ out }: Io): (part: Buffer) => Promise<boolean> {
  // The callback of a write has the error as well; without a listener the event would end the process.
  out.on('error', () => {});
  return (part) =>
    new Promise((resolve, reject) => {
      out.write(part, (error) => {
        if (!error) resolve(true);
        else if ('code' in error && error.code === 'EPIPE') resolve(false);
        else reject(new Failure('output', `The output could not be written: ${error.message}.`, { cause: error }));
      });
    });
}
