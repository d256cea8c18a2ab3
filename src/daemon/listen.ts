import { rmSync } from 'node:fs';
import type { Server } from 'node:http';

/** How long to wait for an address that is taken, in ms. */
const AGAIN = 5000;

/** Serves at the address that the configuration names, if it names one. */
export interface Listener {
  /** Begins, moves or ends, as the address says; nothing where it is the one from before. */
  follow(listen: string | undefined): void;
  close(): Promise<void>;
}

type Log = { info(fields: object, message: string): void; error(fields: object, message: string): void };

/** @param make a server that does not listen yet */
export function createListener(make: () => Server, log: Log): Listener {
  let current: { server: Server; listen: string } | undefined;

  async function close(): Promise<void> {
    const before = current;
    current = undefined;
    if (before) await endServer(before.server);
  }

  return {
    follow: (wanted) => {
      if (current?.listen === wanted) return;
      void close();
      if (wanted === undefined) return;
      const server = make();
      current = { server, listen: wanted };
      const at = wanted.lastIndexOf(':');
      const host = wanted.slice(0, at).replace(/^\[|\]$/g, '');
      const begin = () => server.listen({ port: Number(wanted.slice(at + 1)), ...(host ? { host } : {}) });
      server.on('listening', () => log.info({ listen: wanted }, 'health and metrics are served'));
      server.on('error', (error: NodeJS.ErrnoException) => {
        log.error(
          { listen: wanted, code: error.code },
          'health and metrics cannot be served there; it is tried again every five seconds',
        );
        setTimeout(() => current?.server === server && begin(), AGAIN).unref();
      });
      begin();
    },
    close,
  };
}

/** A socket that only this user may open. What an earlier daemon left there is taken away: it holds no lock any more. */
export function openSocket(server: Server, path: string, failed: (code: string | undefined) => void): void {
  server.on('error', (error: NodeJS.ErrnoException) => failed(error.code));
  rmSync(path, { force: true });
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
}

/** How long whoever still waits for an answer may take to read it, in ms. */
const LAST = 1000;

/** Takes no more questions, lets the answers under way out, and ends what is connected then. */
export async function endServer(server: Server): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  const enough = new Promise<void>((resolve) => {
    late = setTimeout(resolve, LAST);
  });
  server.closeIdleConnections();
  await Promise.race([ended, enough]);
  clearTimeout(late);
  server.closeAllConnections();
}
