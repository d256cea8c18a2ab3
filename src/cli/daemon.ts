import { runDaemon } from '../daemon/daemon.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';

export interface DaemonOptions {
  config?: string;
  by?: string;
  full?: boolean;
  /** Milliseconds. */
  wait: number;
}

/** Runs as a daemon until a signal ends it. Gives the exit status. */
export async function daemon(options: DaemonOptions, io: Io): Promise<number> {
  const { config, full, wait } = options;
  io.toTheEnd?.();
  return await runDaemon(
    { ...(config === undefined ? {} : { config }), ...(full ? { full } : {}), wait, actor: actor(options.by, io) },
    {
      ...{ env: io.env, cwd: io.cwd, in: io.in, isTerminal: io.err.isTTY === true },
      onSignal: (signal, act) => {
        process.on(signal, act);
        return () => process.off(signal, act);
      },
      exit: (status) => process.exit(status),
    },
  );
}
