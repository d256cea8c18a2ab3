import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from 'pino';
import { connectorTypes } from '../../connectors/registry.ts';
import { type ConfigText, parseConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { LOCAL, type LocalRequest } from '../model/local.ts';
import type { PassRequest, PassResult } from '../model/pass.ts';
import { runLocal } from '../sync/local/run.ts';
import type { Progress } from '../sync/stage.ts';
import { type Figures, figuresOf } from './figures.ts';
import { createLog, type LogOptions } from './log.ts';
import { logResult, runHere, type Spent } from './run-pass.ts';

/** What a worker is started with. A secret cannot be sent to it: it is given the file's text and reads it itself. */
export interface PassJob {
  text: ConfigText;
  request: PassRequest;
  /** The rules of local groups, to be run before it where they were edited. */
  local?: LocalRequest;
  log: LogOptions;
  isTerminal: boolean;
  /** Whether the directory's figures are told after it. */
  figures?: boolean;
}

/** A run of the rules of local groups. */
export interface LocalJob {
  local: LocalRequest;
  log: LogOptions;
  isTerminal: boolean;
  /** Whether the directory's figures are told after it. */
  figures?: boolean;
}

/** Only the figures of a directory. */
export interface FiguresJob {
  figuresOf: string;
}

export type WorkerJob = PassJob | LocalJob | FiguresJob;

export type WorkerMessage =
  | { progress: Progress & { requests: number } }
  | { spent: Spent }
  | { figures: Figures }
  /** What became of the rules of local groups, where there was something to do. */
  | { local: PassResult }
  | { result: PassResult | null }
  | { failure: { code: string; message: string; exit: 1 | 2 | 5 } };

if (parentPort) {
  const port = parentPort;
  // Set by run-in-worker.ts.
  const job = workerData as WorkerJob;
  const cancelling = new AbortController();
  port.once('message', () => cancelling.abort(new Failure('cancelled', 'The run was cancelled; nothing was changed.')));
  const tell = (message: WorkerMessage) => port.postMessage(message);
  try {
    tell({ result: await run(job, tell, cancelling.signal) });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    tell({ failure: { code: error.code, message: error.message, exit: error.exit } });
  } finally {
    port.close();
  }
}

async function run(job: WorkerJob, tell: (message: WorkerMessage) => void, signal: AbortSignal) {
  if ('figuresOf' in job) {
    tell({ figures: figuresOf(job.figuresOf) });
    return null;
  }
  const log = createLog(job.log, job.isTerminal);
  const made: PassResult[] = [];
  const local = async (request: LocalRequest) => {
    const result = await runLocal(request, { clock: systemClock, signal });
    if (!result) return null;
    logResult(log.child({ source: result.source }), result);
    tell({ local: result });
    made.push(result);
    return result;
  };
  const pass = async ({ text, request }: PassJob) => {
    const config = parseConfig(text, { types: connectorTypes, io: { env: process.env }, secrets: 'leave' });
    const watching = {
      progress: (progress: Progress & { requests: number }) => tell({ progress }),
      spent: (spent: Spent) => tell({ spent }),
      log,
    };
    const result = await runHere(config, request, watching, signal);
    made.push(result);
    return result;
  };

  try {
    if (!('text' in job)) return await local(job.local);
    if (job.local) {
      await local(job.local).catch((error: unknown) => {
        if (!(error instanceof Failure) || signal.aborted) throw error;
        // The source has nothing to do with it.
        log.error({ source: LOCAL, code: error.code }, `the rules of local groups could not be run: ${error.message}`);
      });
    }
    return await pass(job);
  } finally {
    if (job.figures) tellFigures(made, tell, log);
  }
}

/** What was done is done, and told, even where nobody can count it. */
function tellFigures(made: readonly PassResult[], tell: (message: WorkerMessage) => void, log: Logger): void {
  const [first] = made;
  if (!first) return;
  try {
    tell({ figures: figuresOf(first.directory, ...made) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn({ source: made.at(-1)?.source }, `the figures of the directory could not be counted: ${why}`);
  }
}
