import { Worker } from 'node:worker_threads';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Figures } from './figures.ts';
import type { Spent, Watching } from './run-pass.ts';
import type { PassJob, WorkerJob, WorkerMessage } from './worker.ts';

/** What is told of a job while it runs; what is left out is not listened to. */
export interface Listening extends Partial<Pick<Watching, 'progress'>> {
  spent?(spent: Spent): void;
  figures?(figures: Figures): void;
  /** What became of the rules of local groups. */
  local?(result: PassResult): void;
}

/** Runs one pass in a thread of its own, so that its apply stalls nobody else's timers. */
export async function runInWorker(job: PassJob, listening: Listening, signal: AbortSignal): Promise<PassResult> {
  const result = await inWorker(job, listening, signal);
  if (result === null) throw new Error('a pass always has a result');
  return result;
}

/** Runs any job in a thread of its own; null where there was nothing to do. */
export function inWorker(job: WorkerJob, listening: Listening, signal: AbortSignal): Promise<PassResult | null> {
  return new Promise((resolve, reject) => {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: job });
    const cancel = () => worker.postMessage('cancel');
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    let ended: (() => void) | undefined;
    worker.on('message', (message: WorkerMessage) => {
      if ('progress' in message) listening.progress?.(message.progress);
      else if ('spent' in message) listening.spent?.(message.spent);
      else if ('figures' in message) listening.figures?.(message.figures);
      else if ('local' in message) listening.local?.(message.local);
      else if ('result' in message) ended = () => resolve(message.result);
      else {
        const { code, message: sentence, exit } = message.failure;
        ended = () => reject(new Failure(code, sentence, { exit }));
      }
    });
    worker.on('error', reject);
    // Not before the thread is gone: what it held is free then.
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', cancel);
      if (ended) ended();
      else reject(new Error(`a thread ended with status ${code} before its work did`));
    });
  });
}
