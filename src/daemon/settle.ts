import type { Config } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import type { Trigger } from '../model/words.ts';
import { notePaused } from '../sync/paused.ts';
import type { LogOptions } from './log.ts';
import { localRequest } from './request.ts';
import { inWorker, type Listening } from './run-in-worker.ts';

export interface SettleOptions {
  /** Who is journalled as having asked. */
  actor: string;
  /** Milliseconds to wait for whoever is at work in the directory. */
  wait: number;
  signal: AbortSignal;
  jobLog: { log: LogOptions; isTerminal: boolean };
  listening: Listening;
  log: { error(fields: object, message: string): void };
}

/**
 * What a configuration that is in use asks of the directory, before any pass: paused sources are noted, and the rules of
 * local groups run where they were edited. It never throws: a failure is told, and stops nothing.
 */
export async function settle(config: Config, trigger: Trigger, options: SettleOptions): Promise<void> {
  await notePausedSources(config, options);
  if (!options.signal.aborted) await runLocalRules(config, trigger, options);
}

async function notePausedSources({ directory, sources }: Config, { wait, signal, log }: SettleOptions): Promise<void> {
  const names = sources.map(({ name }) => name);
  for (const { name, type, paused } of sources) {
    if (!paused) continue;
    try {
      await notePaused(directory, { name, type }, names, { clock: systemClock, wait, signal });
    } catch (error) {
      if (signal.aborted) return;
      const fields = { source: name, ...codeOf(error) };
      log.error(fields, `source ${name} is paused, which could not be noted in the directory: ${messageOf(error)}`);
      // The others would wait as long, and in vain.
      return;
    }
  }
}

async function runLocalRules(config: Config, trigger: Trigger, options: SettleOptions): Promise<void> {
  const { actor, wait, signal, jobLog, listening, log } = options;
  try {
    const local = localRequest(config, { actor, wait, trigger }, { commit: true, directory: config.directory });
    await inWorker({ local, ...jobLog, figures: true }, listening, signal);
  } catch (error) {
    if (signal.aborted) return;
    const fields = { source: 'local', ...codeOf(error) };
    log.error(fields, `the rules of local groups could not be run: ${messageOf(error)}`);
  }
}

const codeOf = (error: unknown) => (error instanceof Failure ? { code: error.code } : {});
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
