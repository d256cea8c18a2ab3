import { Failure } from '../model/failure.ts';

/** How long after a first signal another one is still the same, in milliseconds. */
const SAME = 250;

const CANCELLED = () => new Failure('cancelled', 'The run was cancelled; nothing was changed.');

/**
 * Runs with an AbortSignal that SIGINT and SIGTERM abort: a pass that still fetches is cancelled, one that applies is
 * finished. A second signal ends the process at once, which is safe: the directory is the old one or the new one.
 *
 * @param why what is said then, where it is another sentence
 */
export async function cancellable<T>(run: (signal: AbortSignal) => Promise<T>, why = CANCELLED()): Promise<T> {
  const cancelling = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stopListening = () => {
    clearTimeout(deaf);
    for (const signal of signals) process.off(signal, cancel);
  };
  let deaf: NodeJS.Timeout | undefined;
  const cancel = () => {
    cancelling.abort(why);
    // Once nobody listens, the system itself ends the process at the next signal, however busy this thread is. Not at
    // once: a terminal sends its Ctrl-C to the launcher as well, which passes it on.
    deaf ??= setTimeout(stopListening, SAME).unref();
  };
  for (const signal of signals) process.on(signal, cancel);
  try {
    return await run(cancelling.signal);
  } finally {
    stopListening();
  }
}
