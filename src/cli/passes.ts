import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/load.ts';
import { createLog, type LogOptions } from '../daemon/log.ts';
import { type Asking, localRequest, passRequest, type Removal, removalRequest } from '../daemon/request.ts';
import { runInWorker } from '../daemon/run-in-worker.ts';
import { logResult, runHere, type Watching } from '../daemon/run-pass.ts';
import { copyDirectory, openToLook } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { LOCAL, type LocalRequest } from '../model/local.ts';
import type { PassRequest, PassResult } from '../model/pass.ts';
import { runLocal } from '../sync/local/run.ts';
import { notePaused } from '../sync/paused.ts';
import type { Io } from './io.ts';
import { showProgress } from './progress.ts';

/** What a one-shot sync was asked for. */
export interface Asked extends Asking {
  /** In the order of the file. */
  names: readonly string[];
}

/** What became of a source: its pass, or why none began. */
export type Ended = PassResult | { source: string; failure: Failure } | { source: string; paused: true };

/**
 * Runs the rules of local groups where they were edited, then one pass for each source, the results in the order of the
 * file. Several sources run side by side, each in a thread of its own; but while one of them was never applied they run
 * one after the other, since the first imports of one run apply in the order of the file: that decides who gets a name
 * that two sources hold. A source that fails stops no other one; one that is paused is left alone.
 */
export async function* syncAll(config: Config, asked: Asked, io: Io, signal: AbortSignal): AsyncGenerator<Ended> {
  const log = logFor(config, io);
  const here = { commit: true, directory: config.directory };
  yield* localRun(config, asked, here, log.logger, signal);
  const paused = pausedIn(config);
  const pausing = (name: string) => ended(name, signal, () => pause(config, name, asked, signal));
  const request = (name: string) => passRequest(config, name, asked, here);
  if (asked.names.filter((name) => !paused.has(name)).length < 2 || anyFirstImport(config)) {
    for (const name of asked.names) {
      if (paused.has(name)) yield await pausing(name);
      else yield await ended(name, signal, () => runOne(config, request(name), io, log.logger, signal));
    }
    return;
  }
  const show = showProgress(io);
  const text = {
    file: config.file,
    path: config.path,
    folder: folderOf(config, io),
    text: config.text.open(),
    sha256: config.sha256,
  };
  const watching = (one: PassRequest) => ({ progress: (seen: Seen) => show.progress(one.source.name, seen) });
  const job = (one: PassRequest) => ({ text, request: one, log: log.options, isTerminal: log.isTerminal });
  const running = asked.names.map((name) => {
    if (paused.has(name)) return pausing(name);
    const one = request(name);
    return ended(name, signal, () => runInWorker(job(one), watching(one), signal));
  });
  try {
    for (const one of running) yield await one;
  } finally {
    show.end();
  }
}

/**
 * Runs the rules of local groups where the file's are not those that the directory has; gives nothing where they are.
 * A directory that cannot be opened is left for the sources to tell, where the file has no local groups.
 */
async function* localRun(
  config: Config,
  asked: Asked,
  where: Pick<LocalRequest, 'commit' | 'directory'>,
  log: Logger,
  signal: AbortSignal,
): AsyncGenerator<Ended> {
  const request = localRequest(config, asked, where);
  const run = await ended(LOCAL, signal, () => runLocal(request, { clock: systemClock, signal }));
  if (run === null) return;
  if ('outcome' in run) logResult(log.child({ source: LOCAL }), run);
  if ('outcome' in run || config.localGroups.length > 0 || asked.names.length === 0) yield run;
}

type Seen = Parameters<Watching['progress']>[0];

/** Never throws. */
async function ended<T>(
  source: string,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T | { source: string; failure: Failure }> {
  try {
    signal.throwIfAborted();
    return await run();
  } catch (error) {
    if (error instanceof Failure) return { source, failure: error };
    const what = error instanceof Error ? error.message : String(error);
    const message = `Source \`${source}\`: something unforeseen ended its pass: ${what}. The directory is as it was.`;
    return { source, failure: new Failure('unexpected', message, { cause: error }) };
  }
}

/**
 * Plans the rules of local groups, then each source in the order of the file, all on one private copy of the directory:
 * the same road as a real pass, and no trace beside the directory. A result's `directory` is gone when the generator
 * ends.
 */
export async function* planAll(config: Config, asked: Asked, io: Io, signal: AbortSignal): AsyncGenerator<Ended> {
  const log = logFor(config, io);
  const folder = temporaryFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // The process may be told to end in mid-output, as when its reader goes away.
  process.once('exit', remove);
  try {
    const copy = join(folder, 'directory.db');
    await copyDirectory(config.directory, copy, Date.now());
    let where = { commit: false, directory: copy };
    for await (const run of localRun(config, asked, where, log.logger, signal)) {
      yield run;
      if (!('blocked' in run) || run.blocked === null) continue;
      // A run that is stopped leaves the rules as they were, and this copy has the edited ones.
      where = { commit: false, directory: join(folder, 'unedited.db') };
      await copyDirectory(config.directory, where.directory, Date.now());
    }
    const paused = pausedIn(config);
    for (const name of asked.names) {
      const one = passRequest(config, name, asked, where);
      if (paused.has(name)) yield { source: name, paused: true };
      else yield await ended(name, signal, () => runOne(config, one, io, log.logger, signal));
    }
  } finally {
    process.off('exit', remove);
    remove();
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'rosterd-plan-'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    throw new Failure(
      'directory',
      `A plan is made on a private copy of the directory, and no folder for it could be made in ${tmpdir()} (${why}): name another one with TMPDIR.`,
      { cause: error },
    );
  }
}

/** Lets a blocked plan happen: reads only the missing, by id. */
export async function approveOne(
  config: Config,
  source: string,
  asked: Pick<Asked, 'actor' | 'wait'> & { approval: NonNullable<PassRequest['approval']> },
  io: Io,
  signal: AbortSignal,
): Promise<Ended> {
  const { approval, ...who } = asked;
  const where = { commit: true, directory: config.directory };
  const plain = passRequest(config, source, { read: 'missing', ...who }, where);
  const one: PassRequest = { ...plain, mode: 'approve', trigger: 'hand', approval };
  return await ended(source, signal, () => runOne(config, one, io, logFor(config, io).logger, signal));
}

/** Lets a blocked plan of the rules of local groups happen. */
export async function approveLocal(
  config: Config,
  asked: Pick<Asked, 'actor' | 'wait'> & { approval: NonNullable<LocalRequest['approval']> },
  io: Io,
  signal: AbortSignal,
): Promise<Ended> {
  const plain = localRequest(config, asked, { commit: true, directory: config.directory });
  const one: LocalRequest = { ...plain, mode: 'approve', trigger: 'hand', approval: asked.approval };
  return await ended(LOCAL, signal, async () => {
    const result = await runLocal(one, { clock: systemClock, signal });
    if (result === null) throw new Error('an approval is always a run');
    logResult(logFor(config, io).logger.child({ source: LOCAL }), result);
    return result;
  });
}

/** Removes a source that left the configuration, or lets the blocked plan to remove it happen. */
export async function removeOne(
  config: Config,
  removal: Removal,
  asked: Omit<Asking, 'read'> & { approval?: NonNullable<PassRequest['approval']> },
  io: Io,
  signal: AbortSignal,
): Promise<Ended> {
  const { approval, ...who } = asked;
  const plain = removalRequest(config, removal, who);
  const one: PassRequest = approval ? { ...plain, mode: 'approve', approval } : plain;
  return await ended(removal.name, signal, () => runOne(config, one, io, logFor(config, io).logger, signal));
}

/** The names of the sources that are to be left alone. */
export const pausedIn = (config: Config): ReadonlySet<string> =>
  new Set(config.sources.filter(({ paused }) => paused).map(({ name }) => name));

async function pause(config: Config, source: string, { wait }: Asking, signal: AbortSignal): Promise<Ended> {
  const type = config.sources.find(({ name }) => name === source)?.type ?? '';
  const names = config.sources.map(({ name }) => name);
  await notePaused(config.directory, { name: source, type }, names, { clock: systemClock, wait, signal });
  return { source, paused: true };
}

async function runOne(config: Config, one: PassRequest, io: Io, log: Logger, signal: AbortSignal): Promise<PassResult> {
  const show = showProgress(io);
  try {
    return await runHere(config, one, { progress: (seen) => show.progress(one.source.name, seen), log }, signal);
  } finally {
    show.end();
  }
}

function anyFirstImport(config: Config): boolean {
  let db: ReturnType<typeof openToLook>;
  try {
    db = openToLook(config.directory);
  } catch {
    // No directory yet, or one that the first pass will say more about.
    return true;
  }
  try {
    const known = new Set(
      db.prepare<[], string>('SELECT name FROM sources WHERE applied_run IS NOT NULL').pluck().all(),
    );
    return config.sources.some(({ name, paused }) => !paused && !known.has(name));
  } finally {
    db.close();
  }
}

function logFor(config: Config, io: Io): { logger: Logger; options: LogOptions; isTerminal: boolean } {
  const isTerminal = io.err.isTTY === true;
  // Whoever watches a terminal sees the progress and the result; the lines in between would only part them.
  const level = isTerminal && config.log.level === 'info' ? 'warn' : config.log.level;
  const options = { level, format: config.log.format };
  return { logger: createLog(options, isTerminal), options, isTerminal };
}

const folderOf = (config: Config, io: Io) => (config.path === '-' ? io.cwd : dirname(config.path));
