import { parentPort, workerData } from 'node:worker_threads';
import { connectorTypes } from '../../connectors/registry.ts';
import { type ConfigText, parseConfig } from '../config/load.ts';
import { Failure } from '../model/failure.ts';
import type { PassRequest, PassResult } from '../model/pass.ts';
import type { Progress } from '../sync/stage.ts';
import { createLog, type LogOptions } from './log.ts';
import { runHere } from './run-pass.ts';

/** What a worker is started with. A secret cannot be sent to it: it is given the file's text and reads it itself. */
export interface WorkerJob {
  text: ConfigText;
  request: PassRequest;
  log: LogOptions;
  isTerminal: boolean;
}

export type WorkerMessage =
  | { progress: Progress & { requests: number } }
  | { result: PassResult }
  | { failure: { code: string; message: string; exit: 1 | 2 | 5 } };

if (parentPort) {
  const port = parentPort;
  // Set by run-in-worker.ts.
  const job = workerData as WorkerJob;
  const cancelling = new AbortController();
  port.once('message', () => cancelling.abort(new Failure('cancelled', 'The run was cancelled; nothing was changed.')));
  const tell = (message: WorkerMessage) => port.postMessage(message);
  try {
    const config = parseConfig(job.text, { types: connectorTypes, io: { env: process.env }, secrets: 'leave' });
    const watching = {
      progress: (progress: Progress & { requests: number }) => tell({ progress }),
      log: createLog(job.log, job.isTerminal),
    };
    tell({ result: await runHere(config, job.request, watching, cancelling.signal) });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    tell({ failure: { code: error.code, message: error.message, exit: error.exit } });
  } finally {
    port.close();
  }
}
