import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig, type Surroundings } from '../config/load.ts';
import type { Lock } from '../directory/lock.ts';
import { closeDirectory, openDirectory } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Trigger } from '../model/words.ts';
import { notePaused } from '../sync/paused.ts';
import { scheduleBackups } from './backups.ts';
import { socketOf } from './client.ts';
import type { Figures } from './figures.ts';
import { hold, isWritable } from './hold.ts';
import { createHttp } from './http.ts';
import { createListener, endServer, openSocket } from './listen.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createNotifier, type Notifier } from './notify.ts';
import { createRecount } from './recount.ts';
import { localRequest, passRequest } from './request.ts';
import { inWorker, runInWorker } from './run-in-worker.ts';
import type { Spent } from './run-pass.ts';
import { createSources, type Ended, isFailed } from './sources.ts';
import { startPasses } from './start-passes.ts';
import { statusOf } from './status.ts';
import { createTelling } from './telling.ts';
import { version } from './version.ts';
import { type FileWatch, watchFile } from './watch-file.ts';

export interface DaemonOptions {
  config?: string;
  /** Who is journalled as having asked. */
  actor: string;
  /** Milliseconds that a pass waits for whoever holds its source. */
  wait: number;
  /** Whether the first pass of each source lists everything. */
  full?: boolean;
}

/** What the process lends: files, signals, whether a person looks. */
export interface Around extends Surroundings {
  isTerminal: boolean;
  /** Calls back for each signal until it is called off. */
  onSignal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', act: () => void): () => void;
  /** Ends the process at once. */
  exit(status: number): never;
}

/** How often it is looked whether the directory can be written, in ms. */
const LOOK = 5000;

/** Runs until it is told to stop; gives the exit status. Throws a Failure where it cannot begin. */
export async function runDaemon(options: DaemonOptions, around: Around): Promise<number> {
  const load = () => loadConfig(options.config, { types: connectorTypes, io: around, secrets: 'open' });
  let config = await load();
  let log = logFor(config, around);
  const { directory } = config;
  const started = systemClock.now();
  const now = () => systemClock.now();
  const metrics = createMetrics(version());
  const stopping = new AbortController();
  let figures: Figures | null = null;
  let ready = false;
  let why = 'it is starting';
  let writable = true;
  let loadedAt = started;
  let pending: string | null = null;
  let lastReload: { ok: boolean; at: number; message: string } | null = null;
  let notifier: Notifier | undefined = notifierFor(config);
  const expires = new Map<string, number>();

  function notifierFor({ service, ca }: Config): Notifier | undefined {
    if (!service.notify) return undefined;
    return createNotifier(service.notify, {
      ...{ clock: systemClock, env: around.env, version: version(), told: metrics.notified },
      ...(ca === undefined ? {} : { ca }),
      log: {
        debug: (fields, message) => log.debug(fields, message),
        warn: (fields, message) => log.warn(fields, message),
      },
    });
  }
  const telling = createTelling({
    tell: (notice) => notifier?.tell(notice) ?? Promise.resolve(false),
    failuresBefore: () => config.service.notify?.failures ?? 3,
    now,
  });

  const seenFigures = (seen: Figures) => {
    figures = seen;
    metrics.figures(seen);
  };
  let lastLocal: { result: PassResult; at: number } | null = null;
  const seenLocal = (result: PassResult) => {
    lastLocal = { result, at: now() };
    metrics.localEnded(result);
    telling.ended({ name: result.source, failures: 0 }, result);
  };
  const countAgain = () => inWorker({ figuresOf: directory }, { figures: seenFigures }, stopping.signal);
  const recount = createRecount({
    ...{ directory, now, figures: () => figures, count: async () => void (await countAgain()) },
    failed: (error) => log.debug({}, `the directory could not be counted: ${String(error)}`),
  });
  const knownSources = () => figures?.sources ?? [];
  const seenSpent = (source: string, spent: Spent) => {
    metrics.spent(source, spent);
    if (spent.credentialExpires === null) return void expires.delete(source);
    expires.set(source, spent.credentialExpires);
    telling.credential(source, spent.credentialExpires);
  };

  const sources = createSources({
    now,
    run: async (source, trigger, full, signal) => {
      const { path, file, folder, sha256 } = config;
      const asking = {
        read: 'full',
        actor: options.actor,
        wait: options.wait,
        trigger,
        ...(full && { full }),
      } as const;
      const here = { commit: true, directory };
      return await runInWorker(
        {
          text: { file, path, folder, sha256, text: config.text.open() },
          request: passRequest(config, source.name, asking, here),
          local: localRequest(config, { ...asking, trigger }, here),
          ...jobLog(config, around),
          figures: true,
        },
        { figures: seenFigures, local: seenLocal, spent: (spent) => seenSpent(source.name, spent) },
        signal,
      );
    },
    began: ({ name }) => metrics.passBegan(name),
    ended: (state, ended) => {
      tellSchedules();
      if ('failure' in ended) {
        const { code, message } = ended.failure;
        metrics.passRefused(state.name, code, state.failures, now());
        log[isFailed(ended) ? 'error' : 'warn']({ source: state.name, code }, `no pass: ${message}`);
      } else metrics.passEnded(state.name, ended, state.failures, now());
      telling.ended(state, ended);
      look();
    },
    skipped: ({ name, running }) =>
      log.info(
        { source: name, since: running && new Date(running.since).toISOString() },
        'the pass before is still running: this one is left out',
      ),
  });

  function tellSchedules(): void {
    for (const { name, config: source, schedule } of sources.states()) {
      const next = source.paused ? null : schedule.next();
      metrics.scheduled(name, next === null ? null : { next, interval: schedule.interval() });
    }
  }

  /** Whether the directory can be written, and its disk has room. */
  function look(): void {
    const before = writable;
    writable = isWritable(directory);
    metrics.writable(writable);
    if (before && !writable) log.error({ directory }, 'the directory cannot be written: passes will fail');
    if (!before && writable) log.info({ directory }, 'the directory can be written again');
    if (ready) void recount();
  }

  const served = {
    ready: () => {
      if (!ready) return { ok: false, why };
      return writable ? { ok: true, why: null } : { ok: false, why: `${directory} cannot be written` };
    },
    status: () =>
      statusOf({
        config,
        started,
        loadedAt,
        pending,
        lastReload,
        ready: served.ready(),
        figures,
        expires,
        states: sources.states(),
        local: lastLocal,
      }),
    metrics: () => metrics.text(),
    sync: (name: string, full: boolean): Promise<Ended> =>
      ready
        ? sources.request(name, 'request', full)
        : Promise.reject(new Failure('busy', `The daemon is not ready: ${why}.`, { exit: 5 })),
  };

  const httpLog = {
    info: (fields: object, message: string) => log.info(fields, message),
    error: (fields: object, message: string) => log.error(fields, message),
  };
  const tcp = createListener(
    () => createHttp(served, () => ({ trusted: false, token: config.service.http?.token?.open() }), httpLog),
    httpLog,
  );

  async function reload(reason: string): Promise<void> {
    try {
      const next = await load();
      // Told to stop meanwhile: nothing may begin that nobody would end.
      if (stopping.signal.aborted) return;
      if (next.directory !== directory)
        throw new Failure(
          'configuration',
          `${next.file}: \`directory\` is another one now, which needs a restart: ${next.directory}.`,
        );
      const nextNotifier = sameNotify(config, next) ? notifier : notifierFor(next);
      if (nextNotifier !== notifier) void notifier?.close(10_000);
      notifier = nextNotifier;
      config = next;
      log = logFor(config, around);
      loadedAt = now();
      pending = null;
      watch?.inUse(config.sha256);
      metrics.pending(false);
      metrics.reloaded(true, loadedAt);
      lastReload = { ok: true, at: loadedAt, message: 'The configuration was read and is in use.' };
      telling.reloaded();
      tcp.follow(config.service.http?.listen);
      backups.configure(config);
      sources.configure(config);
      metrics.keep(config.sources.map(({ name }) => name));
      tellSchedules();
      log.info({ reason, ...introduction() }, 'the configuration was read again and is in use');
      await notePausedSources();
      await runLocalRules('request');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      lastReload = { ok: false, at: now(), message };
      metrics.reloaded(false, now());
      log.error({ reason }, `the configuration was not taken, and the one before stays in use: ${message}`);
      telling.reloadRefused(message);
    }
  }
  // One after the other: two signals in a row are two reloads, never half of each.
  let reloading: Promise<void> = Promise.resolve();
  const reloadSoon = (reason: string) => {
    reloading = reloading.then(() => (stopping.signal.aborted ? undefined : reload(reason)));
  };

  const introduction = () => ({
    sources: Object.fromEntries(
      sources.states().map(({ name, config: { paused }, schedule }) => {
        const next = schedule.next();
        return [name, paused ? 'paused' : next === null ? 'never' : new Date(next).toISOString()];
      }),
    ),
  });

  async function notePausedSources(): Promise<void> {
    const names = config.sources.map(({ name }) => name);
    for (const { name, type, paused } of config.sources)
      if (paused) await notePaused(directory, { name, type }, names, { clock: systemClock, wait: options.wait });
  }

  /** The rules of local groups, where they were edited; a failure is told and stops nothing. */
  async function runLocalRules(trigger: Trigger): Promise<void> {
    try {
      const local = localRequest(
        config,
        { actor: options.actor, wait: options.wait, trigger },
        { commit: true, directory },
      );
      await inWorker(
        { local, ...jobLog(config, around), figures: true },
        { figures: seenFigures, local: seenLocal },
        stopping.signal,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      log.error({ source: 'local', code: error.code }, `the rules of local groups could not be run: ${error.message}`);
    }
  }

  const backups = scheduleBackups({
    directory,
    log: {
      info: (fields, message) => log.info(fields, message),
      error: (fields, message) => log.error(fields, message),
    },
    seen: metrics.backedUp,
  });

  let watch: FileWatch | undefined;
  function watchConfig(): void {
    if (config.path === '-') return;
    watch = watchFile(config.path, config.sha256, {
      changed: (sha256) => {
        if (config.service.reload === 'onChange') return reloadSoon('the file changed');
        pending = sha256;
        metrics.pending(true);
        log.warn(
          { file: config.path },
          `the configuration file has changed and is not in use yet: preview it with "rosterd --config ${config.file} plan --offline", then send SIGHUP`,
        );
      },
      back: () => {
        pending = null;
        metrics.pending(false);
      },
    });
  }

  const callOff: (() => void)[] = [];
  const stopped = new Promise<string>((resolve) => {
    let told = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      callOff.push(
        around.onSignal(signal, () => {
          // One Ctrl-C of a terminal comes twice, by way of the launcher.
          if (told > 0 && now() - told > 250) around.exit(1);
          told ||= now();
          stopping.abort(new Failure('cancelled', 'The daemon was told to stop.'));
          resolve(signal);
        }),
      );
  });
  callOff.push(
    around.onSignal('SIGHUP', () =>
      config.path === '-'
        ? log.warn({}, 'a configuration from standard input cannot be read again; restart the daemon')
        : reloadSoon('SIGHUP'),
    ),
  );

  metrics.keep(config.sources.map(({ name }) => name));
  metrics.reloaded(true, started);
  metrics.pending(false);
  tcp.follow(config.service.http?.listen);
  const socket = createHttp(served, () => ({ trusted: true }), httpLog);
  const timer = setInterval(look, LOOK).unref();
  let lock: Lock | undefined;
  try {
    // Made or brought to today's tables before anything is served as ready.
    const waiting = { clock: systemClock, wait: options.wait, signal: stopping.signal };
    closeDirectory(await openDirectory(directory, waiting));
    lock = await hold(directory, stopping.signal, (message) => {
      why = message;
      log.warn({}, message);
    });
    openSocket(socket, socketOf(directory), (code) =>
      log.error(
        { socket: socketOf(directory), code },
        'no socket could be made beside the directory: "rosterd health" and "rosterd sync" do not work. Its path may be too long (about 100 characters).',
      ),
    );
    await countAgain();
    for (const { name, failures } of knownSources()) telling.failedBefore(name, failures);
    sources.configure(config);
    backups.configure(config);
    watchConfig();
    look();
    tellSchedules();
    ready = true;
    log.info({ version: version(), directory, ...introduction() }, `rosterd ${version()} runs`);
    await notePausedSources();
    await runLocalRules('start');
    void startPasses({
      ...{ sources, known: knownSources(), runOnStart: config.service.runOnStart, now: now() },
      full: options.full ?? false,
      refused: (source, message) => log.warn({ source }, message),
    });
    await stopped;
    await reloading;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    ready = false;
    why = 'it is ending';
    for (const off of callOff.slice(2)) off();
    clearInterval(timer);
    watch?.stop();
    backups.stop();
  }
  log.info({}, 'told to stop: passes that read are cancelled, one that is being applied goes on to its end');
  const patience = new AbortController();
  const ended = await Promise.race([
    sources.stop().then(() => true),
    systemClock.sleep(config.service.shutdownTimeout, patience.signal).then(
      () => false,
      () => true,
    ),
  ]);
  // Else its timer would keep the process alive.
  patience.abort();
  await notifier?.close(2000);
  await Promise.all([endServer(socket), tcp.close()]);
  if (lock) rmSync(socketOf(directory), { force: true });
  lock?.release();
  for (const off of callOff) off();
  if (ended) log.info({}, 'rosterd ended');
  else {
    log.error(
      {},
      'a pass was still being applied after "shutdownTimeout"; it is cut off, and the directory is as it was before it',
    );
    around.exit(1);
  }
  return 0;
}

const sameNotify = (a: Config, b: Config): boolean =>
  a.sha256 === b.sha256 || (a.service.notify === undefined && b.service.notify === undefined);

const jobLog = (config: Config, { isTerminal }: Around) => ({ log: config.log, isTerminal });
const logFor = (config: Config, { isTerminal }: Around): Logger => createLog(config.log, isTerminal);
