import type { Config, SourceConfig } from '../config/load.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Trigger } from '../model/words.ts';
import { type Due, type Schedule, schedule } from './schedule.ts';

/** What became of a pass: its result, or why none began. */
export type Ended = PassResult | { failure: Failure };

/** One source as the daemon sees it. */
export interface SourceState {
  readonly name: string;
  readonly config: SourceConfig;
  readonly schedule: Schedule;
  /** `due`: where its schedule began it, the times that it is for. */
  running: { since: number; trigger: Trigger; due?: Due } | null;
  /** Passes that failed in a row. */
  failures: number;
  last: { ended: Ended; at: number; trigger: Trigger } | null;
}

export interface SourcesOptions {
  /** Runs one pass to its end; it may reject. */
  run(source: SourceConfig, trigger: Trigger, full: boolean, signal: AbortSignal): Promise<PassResult>;
  now(): number;
  began(state: SourceState): void;
  ended(state: SourceState, ended: Ended): void;
  /** A time came while the pass before was still running, or while its turn among the first imports has not come: it is left out. */
  skipped(state: SourceState, due: Due): void;
}

/** The sources of a daemon: each on its own schedule, none of them over itself, all of them side by side. */
export interface Sources {
  /** Brings schedules to a configuration. What is under way goes on, but a pass of a source that is left out is cancelled. */
  configure(config: Config): void;
  states(): readonly SourceState[];
  /**
   * A pass now, or as soon as the one that runs, and `before`, have ended; no other pass of the source begins until then.
   * Throws a Failure where there is no such source, or it is paused, now or when its turn comes.
   */
  request(name: string, trigger: Trigger, full?: boolean, before?: Promise<unknown>): Promise<Ended>;
  /** No pass begins any more; those that read are cancelled, those that apply go on to their end. */
  stop(): Promise<void>;
}

interface Held extends SourceState {
  config: SourceConfig;
  schedule: Schedule;
  /** The pass that runs; absent between passes. */
  pass?: Promise<Ended>;
  /** The one that comes next: whoever asks meanwhile gets it. */
  queued?: { ended: Promise<Ended>; full: boolean };
  cancelling: AbortController;
}

const CANCELLED = () => new Failure('cancelled', 'The run was cancelled; nothing was changed.');

export function createSources(options: SourcesOptions): Sources {
  const held = new Map<string, Held>();
  const leaving = new Set<Promise<unknown>>();
  let stopping = false;
  let tellStop = () => {};
  const stopped = new Promise<void>((resolve) => {
    tellStop = resolve;
  });

  function begin(one: Held, trigger: Trigger, full: boolean, due?: Due): Promise<Ended> {
    one.cancelling = new AbortController();
    one.running = { since: options.now(), trigger, ...(due && { due }) };
    options.began(one);
    const pass = options
      .run(one.config, trigger, full, one.cancelling.signal)
      .catch((error: unknown): Ended => ({ failure: asFailure(error, one.name) }))
      .then((ended) => {
        one.running = null;
        one.last = { ended, at: options.now(), trigger };
        one.failures = isFailed(ended) ? one.failures + 1 : succeeded(ended) ? 0 : one.failures;
        if (one.pass === pass) delete one.pass;
        options.ended(one, ended);
        return ended;
      });
    one.pass = pass;
    return pass;
  }

  function due(name: string, what: Due): void {
    const one = held.get(name);
    if (!one || stopping || one.config.paused) return;
    if (one.pass || one.queued) options.skipped(one, what);
    else void begin(one, 'schedule', false, what);
  }

  async function request(name: string, trigger: Trigger, full = false, before?: Promise<unknown>): Promise<Ended> {
    const one = held.get(name);
    if (!one) throw new Failure('usage', `There is no source \`${name}\` in the configuration in use.`, { exit: 2 });
    if (stopping) throw new Failure('busy', 'The daemon is ending; nothing was done.', { exit: 5 });
    if (one.config.paused)
      throw new Failure('usage', `Source \`${name}\` is paused in the configuration; nothing was done.`, { exit: 2 });
    if (!one.pass && !one.queued && !before) return await begin(one, trigger, full);
    // Whoever asks while a pass runs wants what is true now: one more, for all who asked.
    one.queued ??= queue(one, trigger, Promise.all([one.pass, before]));
    one.queued.full ||= full;
    return await one.queued.ended;
  }

  function queue(one: Held, trigger: Trigger, before: Promise<unknown>): NonNullable<Held['queued']> {
    const ended = Promise.race([before, stopped]).then(async () => {
      const full = one.queued?.full;
      delete one.queued;
      if (stopping) return { failure: CANCELLED() };
      // Asked anew: another configuration may have come meanwhile, which pauses the source or knows it no more.
      return await request(one.name, trigger, full);
    });
    return { ended, full: false };
  }

  return {
    configure: (config) => {
      if (stopping) return;
      const { timezone } = config.service;
      const names = new Set(config.sources.map(({ name }) => name));
      for (const [name, one] of held) {
        if (names.has(name)) continue;
        one.schedule.stop();
        one.cancelling.abort(CANCELLED());
        if (one.pass) keep(one.pass);
        held.delete(name);
      }
      for (const source of config.sources) {
        const known = held.get(source.name);
        if (known) {
          known.config = source;
          known.schedule.change(source.schedule, timezone);
          continue;
        }
        held.set(source.name, {
          ...{ name: source.name, config: source, running: null, failures: 0, last: null },
          schedule: schedule(source.schedule, timezone, (what) => due(source.name, what)),
          cancelling: new AbortController(),
        });
      }
    },
    states: () => [...held.values()],
    request,
    stop: async () => {
      stopping = true;
      tellStop();
      for (const one of held.values()) {
        one.schedule.stop();
        one.cancelling.abort(CANCELLED());
      }
      await Promise.all([...leaving, ...[...held.values()].map(({ pass }) => pass)]);
    },
  };

  function keep(pass: Promise<unknown>): void {
    leaving.add(pass);
    void pass.finally(() => leaving.delete(pass));
  }
}

/** Whether it counts as a failure of the source: not that somebody else was at work, or that it was cancelled. */
export const isFailed = (ended: Ended): boolean =>
  'failure' in ended ? !['busy', 'cancelled'].includes(ended.failure.code) : ended.outcome === 'failed';
const succeeded = (ended: Ended): boolean =>
  !('failure' in ended) && ['ok', 'unchanged', 'blocked'].includes(ended.outcome);

function asFailure(error: unknown, source: string): Failure {
  if (error instanceof Failure) return error;
  const what = error instanceof Error ? error.message : String(error);
  const message = `Source \`${source}\`: something unforeseen ended its pass: ${what}. The directory is as it was.`;
  return new Failure('unexpected', message, { cause: error });
}
