import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, type LoadOptions, loadConfig, type Surroundings } from '../config/load.ts';
import type { Lock } from '../directory/lock.ts';
import { closeDirectory, openDirectory } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Trigger } from '../model/words.ts';
import { scheduleBackups } from './backups.ts';
import { socketOf } from './client.ts';
import { outlasting } from './ending.ts';
import type { Figures } from './figures.ts';
import { hold, isWritable } from './hold.ts';
import { createHttp } from './http.ts';
import { createListener, endServer, openSocket } from './listen.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createNotifying } from './notifying.ts';
import { createRecount } from './recount.ts';
import { createReload } from './reload.ts';
import { localRequest, passRequest } from './request.ts';
import { inWorker, runInWorker } from './run-in-worker.ts';
import type { Spent } from './run-pass.ts';
import { dueFields } from './schedule.ts';
import { settle } from './settle.ts';
import { createSources, type Ended, isFailed } from './sources.ts';
import { startPasses } from './start-passes.ts';
import { statusOf } from './status.ts';
import { createTelling } from './telling.ts';
import { version } from './version.ts';

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
  const parse: LoadOptions = { types: connectorTypes, io: around, secrets: 'open' };
  let config = await loadConfig(options.config, parse);
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
  const expires = new Map<string, number>();
  // By what the configuration in use says of logs.
  const late = {
    debug: (fields: object, message: string) => log.debug(fields, message),
    info: (fields: object, message: string) => log.info(fields, message),
    warn: (fields: object, message: string) => log.warn(fields, message),
    error: (fields: object, message: string) => log.error(fields, message),
  };

  const notifying = createNotifying({
    ...{ clock: systemClock, env: around.env, version: version(), told: metrics.notified, log: late },
  });
  notifying.prepare(config)();
  const telling = createTelling({
    tell: notifying.tell,
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
    began: ({ name, running }) => {
      metrics.passBegan(name);
      const due = running?.due;
      if (!due) return;
      const fields = { source: name, ...dueFields(due) };
      if (due.until > due.at) log.info(fields, 'what came due while nobody could look is made up for by one pass');
      else log.debug(fields, 'a pass is due and begins');
    },
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
    skipped: ({ name, running }, due) =>
      log.info(
        { source: name, ...dueFields(due), since: running && new Date(running.since).toISOString() },
        running
          ? 'the pass before is still running: this one is left out'
          : 'another pass of the source waits for its turn: this one is left out',
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
    status: () => {
      const { at: loadedAt, pending, last: lastReload } = reload.loaded();
      return statusOf({
        ...{ config, started, loadedAt, pending, lastReload, figures, expires },
        ...{ ready: served.ready(), states: sources.states(), local: lastLocal },
      });
    },
    metrics: () => metrics.text(),
    sync: (name: string, full: boolean): Promise<Ended> =>
      ready
        ? sources.request(name, 'request', full)
        : Promise.reject(new Failure('busy', `The daemon is not ready: ${why}.`, { exit: 5 })),
  };

  const tcp = createListener(
    () => createHttp(served, () => ({ trusted: false, token: config.service.http?.token?.open() }), late),
    late,
  );

  const reload = createReload({
    ...{ file: options.config, parse, inUse: () => config, signal: stopping.signal },
    ...{ now, metrics, telling, log: late },
    prepare: (next) => {
      if (next.directory !== directory)
        throw new Failure(
          'configuration',
          `${next.file}: \`directory\` is another one now, which needs a restart: ${next.directory}.`,
        );
      const takeNotifier = notifying.prepare(next);
      return (reason) => {
        takeNotifier();
        config = next;
        log = logFor(config, around);
        tcp.follow(config.service.http?.listen);
        metrics.keep(config.sources.map(({ name }) => name));
        // Another daemon works on the directory still.
        if (!ready)
          return log.info({ reason }, 'the configuration was read again, and is what this daemon will begin with');
        backups.configure(config);
        sources.configure(config);
        tellSchedules();
        log.info({ reason, ...introduction() }, 'the configuration was read again and is in use');
      };
    },
    follow: async () => void (ready && (await settleNow('request'))),
  });

  const introduction = () => ({
    sources: Object.fromEntries(
      sources.states().map(({ name, config: { paused }, schedule }) => {
        const next = schedule.next();
        return [name, paused ? 'paused' : next === null ? 'never' : new Date(next).toISOString()];
      }),
    ),
  });

  const settleNow = (trigger: Trigger) =>
    settle(config, trigger, {
      ...{ actor: options.actor, wait: options.wait, signal: stopping.signal, log: late },
      ...{ jobLog: jobLog(config, around), listening: { figures: seenFigures, local: seenLocal } },
    });

  const backups = scheduleBackups({ directory, log: late, seen: metrics.backedUp });

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
        : reload.soon('SIGHUP'),
    ),
  );

  const socket = createHttp(served, () => ({ trusted: true }), late);
  const timer = setInterval(look, LOOK).unref();
  let lock: Lock | undefined;
  let failure: unknown;
  try {
    metrics.keep(config.sources.map(({ name }) => name));
    tcp.follow(config.service.http?.listen);
    reload.watch();
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
    const beginPasses = startPasses({
      ...{ sources, known: knownSources(), runOnStart: config.service.runOnStart, now: now() },
      full: options.full ?? false,
      refused: (source, message) => log.warn({ source }, message),
    });
    backups.configure(config);
    look();
    tellSchedules();
    ready = true;
    log.info({ version: version(), directory, ...introduction() }, `rosterd ${version()} runs`);
    reload.inTurn(async () => {
      await settleNow('start');
      if (!stopping.signal.aborted) void beginPasses();
    });
    await stopped;
  } catch (error) {
    if (!stopping.signal.aborted) failure = error;
  }
  ready = false;
  why = 'it is ending';
  clearInterval(timer);
  if (failure === undefined)
    log.info({}, 'told to stop: passes that read are cancelled, one that is being applied goes on to its end');
  // Where it could not begin nobody told it.
  stopping.abort(new Failure('cancelled', 'The daemon could not begin.'));
  const work = { passes: sources.stop(), backup: backups.stop(), reload: reload.stop() };
  const cutOff = await outlasting(work, config.service.shutdownTimeout);
  await notifying.close(2000);
  await Promise.all([endServer(socket), tcp.close()]);
  if (lock) rmSync(socketOf(directory), { force: true });
  if (cutOff.length > 0) {
    backups.cutOff();
    const what = cutOff.map((name) => CUT_OFF[name as keyof typeof work]).join('; ');
    log.error({}, `this was still going on after "shutdownTimeout" and is cut off: ${what}`);
    around.exit(1);
  }
  lock?.release();
  if (failure === undefined) log.info({}, 'rosterd ended');
  for (const off of callOff) off();
  if (failure !== undefined) throw failure;
  return 0;
}

/** What becomes of work that is cut off. */
const CUT_OFF = {
  passes: 'a pass that was being applied, and the directory is as it was before it',
  backup: 'a backup, of which nothing is left',
  reload: 'what followed from the configuration; the next start makes up for it',
};

const jobLog = (config: Config, { isTerminal }: Around) => ({ log: config.log, isTerminal });
const logFor = (config: Config, { isTerminal }: Around): Logger => createLog(config.log, isTerminal);
