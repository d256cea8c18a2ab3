import { Worker } from 'node:worker_threads';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Watching } from './run-pass.ts';
import type { WorkerJob, WorkerMessage } from './worker.ts';

/** Runs one pass in a thread of its own, so that its apply stalls nobody else's timers. */
export function runInWorker(
  job: WorkerJob,
  watching: Pick<Watching, 'progress'>,
  signal: AbortSignal,
): Promise<PassResult> {
  return new Promise((resolve, reject) => {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: job });
    const cancel = () => worker.postMessage('cancel');
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    worker.on('message', (message: WorkerMessage) => {
      if ('progress' in message) watching.progress(message.progress);
      else if ('result' in message) resolve(message.result);
      else reject(new Failure(message.failure.code, message.failure.message, { exit: message.failure.exit }));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', cancel);
      reject(
        new Error(`the thread of source ${job.request.source.name} ended with status ${code} before its pass did`),
      );
    });
  });
}
