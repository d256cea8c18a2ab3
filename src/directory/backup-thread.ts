import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Failure } from '../model/failure.ts';
import { type BackedUp, backUpTo } from './backup.ts';

interface Job {
  backUp: { directory: string; file: string; now: number };
}

type Answer = { made: BackedUp } | { failure: { code: string; message: string; exit: 1 | 2 | 5 } };

/** As backUpTo, in a thread of its own: looking a large backup through would hold up this one for seconds. */
export function backUpInThread(directory: string, file: string, now: number): Promise<BackedUp> {
  const job: Job = { backUp: { directory, file, now } };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    let answer: Answer | undefined;
    worker.on('message', (message: Answer) => {
      answer = message;
    });
    worker.on('error', reject);
    // Not before the thread is gone: what it held is free then.
    worker.on('exit', (code) => {
      if (!answer) reject(new Error(`a thread ended with status ${code} before its backup was made`));
      else if ('made' in answer) resolve(answer.made);
      else reject(new Failure(answer.failure.code, answer.failure.message, { exit: answer.failure.exit }));
    });
  });
}

/** Set above; other threads that load this file have other work. */
const job: unknown = workerData;
if (!isMainThread && parentPort && typeof job === 'object' && job !== null && 'backUp' in job) {
  const port = parentPort;
  const { directory, file, now } = (job as Job).backUp;
  try {
    port.postMessage({ made: await backUpTo(directory, file, now) } satisfies Answer);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, exit } = error;
    port.postMessage({ failure: { code, message, exit } } satisfies Answer);
  } finally {
    port.close();
  }
}
