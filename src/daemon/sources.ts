import type { Config, SourceConfig } from '../config/load.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Trigger } from '../model/words.ts';
import { type Schedule, schedule } from './schedule.ts';

/** What became of a pass: its result, or why none began. */
export type Ended = PassResult | { failure: Failure };

/** One source as the daemon sees it. */
export interface SourceState {
  readonly name: string;
  readonly config: SourceConfig;
  readonly schedule: Schedule;
  running: { since: number; trigger: Trigger } | null;
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
  /** A time came while the pass before was still running: it is left out. */
  skipped(state: SourceState): void;
}

/** The sources of a daemon: each on its own schedule, none of them over itself, all of them side by side. */
export interface Sources {
  /** Brings schedules to a configuration. What is under way goes on, but a pass of a source that is left out is cancelled. */
  configure(config: Config): void;
  states(): readonly SourceState[];
  /** A pass now, or as soon as the one that runs has ended. Throws a Failure where there is no such source, or it is paused. */
  request(name: string, trigger: Trigger, full?: boolean): Promise<Ended>;
  /** No pass begins any more; those that read are cancelled, those that apply go on to their end. */
  stop(): Promise<void>;
}

interface Held extends SourceState {
  config: SourceConfig;
  schedule: Schedule;
  /** The pass that runs; absent between passes. */
  pass?: Promise<Ended>;
  /** The one that was asked for meanwhile. */
  after?: Promise<Ended>;
  cancelling: AbortController;
}

const CANCELLED = () => new Failure('cancelled', 'The run was cancelled; nothing was changed.');

export function createSources(options: SourcesOptions): Sources {
  const held = new Map<string, Held>();
  const leaving = new Set<Promise<unknown>>();
  let stopping = false;

  function begin(one: Held, trigger: Trigger, full: boolean): Promise<Ended> {
    one.cancelling = new AbortController();
    one.running = { since: options.now(), trigger };
    options.began(one);
    const pass = options
      .run(one.config, trigger, full, one.cancelling.signal)
      .catch((error: unknown): Ended => ({ failure: asFailure(error, one.name) }))
      .then((ended) => {
        one.running = null;
        one.last = { ended, at: options.now(), trigger };
        one.failures = counts(ended) ? one.failures + 1 : succeeded(ended) ? 0 : one.failures;
        if (one.pass === pass) delete one.pass;
        options.ended(one, ended);
        return ended;
      });
    one.pass = pass;
    return pass;
  }

  function due(name: string, missed: boolean): void {
    const one = held.get(name);
    if (!one || stopping || one.config.paused) return;
    if (one.pass) {
      if (!missed) options.skipped(one);
      return;
    }
    void begin(one, 'schedule', false);
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
        const times = () => schedule(source.schedule, timezone, (missed) => due(source.name, missed));
        if (!known) {
          held.set(source.name, {
            ...{ name: source.name, config: source, schedule: times(), running: null, failures: 0, last: null },
            cancelling: new AbortController(),
          });
          continue;
        }
        known.config = source;
        // Every one anew: the time zone may be another, and a timer costs nothing.
        known.schedule.stop();
        known.schedule = times();
      }
    },
    states: () => [...held.values()],
    request: async (name, trigger, full = false) => {
      const one = held.get(name);
      if (!one) throw new Failure('usage', `There is no source \`${name}\` in the configuration in use.`, { exit: 2 });
      if (stopping) throw new Failure('busy', 'The daemon is ending; nothing was done.', { exit: 5 });
      if (one.config.paused)
        throw new Failure('usage', `Source \`${name}\` is paused in the configuration; nothing was done.`, { exit: 2 });
      if (!one.pass) return await begin(one, trigger, full);
      // Whoever asks while a pass runs wants what is true now: one more, for all who asked.
      one.after ??= one.pass.then(async () => {
        delete one.after;
        if (stopping) return { failure: CANCELLED() };
        return await (one.pass ?? begin(one, trigger, full));
      });
      return await one.after;
    },
    stop: async () => {
      stopping = true;
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
const counts = (ended: Ended): boolean =>
  'failure' in ended ? !['busy', 'cancelled'].includes(ended.failure.code) : ended.outcome === 'failed';
const succeeded = (ended: Ended): boolean =>
  !('failure' in ended) && ['ok', 'unchanged', 'blocked'].includes(ended.outcome);

function asFailure(error: unknown, source: string): Failure {
  if (error instanceof Failure) return error;
  const what = error instanceof Error ? error.message : String(error);
  const message = `Source \`${source}\`: something unforeseen ended its pass: ${what}. The directory is as it was.`;
  return new Failure('unexpected', message, { cause: error });
}
