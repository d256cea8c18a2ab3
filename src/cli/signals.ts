import { Failure } from '../model/failure.ts';

/**
 * An AbortSignal that SIGINT and SIGTERM abort: a pass that still fetches is cancelled, one that applies is finished. A
 * second signal ends the process at once, which is safe: the directory is the old one or the new one.
 */
export function cancelOnSignals(): Disposable & { signal: AbortSignal } {
  const cancelling = new AbortController();
  const cancel = () => {
    if (cancelling.signal.aborted) process.kill(process.pid, 'SIGKILL');
    cancelling.abort(new Failure('cancelled', 'The run was cancelled; nothing was changed.'));
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, cancel);
  return {
    signal: cancelling.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, cancel);
    },
  };
}
