import { request } from 'node:http';
import { Failure } from '../model/failure.ts';

/** Where the daemon of a directory listens, beside it; whoever may open it may ask for a pass. */
export const socketOf = (directory: string): string => `${directory}.sock`;

/** The daemon's answer. */
export interface Told {
  status: number;
  body: unknown;
}

export interface Question {
  method: 'GET' | 'POST';
  path: string;
  signal?: AbortSignal;
  /** Milliseconds until the whole answer must be here; absent where it may take hours. */
  timeout?: number;
}

/** How long a daemon that is well takes for an answer at most, in ms. */
export const SOON = 5000;

/**
 * Asks the daemon of a directory over its socket.
 * @throws Failure `no-daemon` (exit status 1) where none answers
 */
export function askDaemon(directory: string, { method, path, signal, timeout }: Question): Promise<Told> {
  const socketPath = socketOf(directory);
  return new Promise((resolve, reject) => {
    let connected = false;
    // A connection of its own: of one that was there already nobody tells that it is.
    const asking = request({ socketPath, method, path, agent: false, ...(signal ? { signal } : {}) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', refuse);
      response.on('end', () => {
        clearTimeout(late);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: parsed(text) });
      });
    });
    const late =
      timeout === undefined ? undefined : setTimeout(() => asking.destroy(hangs(socketPath, timeout)), timeout);
    function refuse(error: NodeJS.ErrnoException) {
      clearTimeout(late);
      if (signal?.aborted) reject(signal.reason);
      else if (error instanceof Failure) reject(error);
      else reject(connected ? endedEarly(socketPath, error) : isNotThere(socketPath, error));
    }
    asking.on('socket', (socket) =>
      socket.once('connect', () => {
        connected = true;
      }),
    );
    asking.on('error', refuse);
    asking.end();
  });
}

const hangs = (socket: string, timeout: number) =>
  new Failure(
    'no-daemon',
    `The daemon at ${socket} did not answer within ${timeout / 1000} seconds: it hangs, or its machine does. Restart it: nothing is lost.`,
  );
const endedEarly = (socket: string, cause: Error) =>
  new Failure(
    'no-daemon',
    `The connection to the daemon at ${socket} ended before it answered: "rosterd health" tells whether it is there, "rosterd runs" what became of a pass.`,
    { cause },
  );
const isNotThere = (socket: string, cause: NodeJS.ErrnoException) =>
  new Failure(
    'no-daemon',
    `No daemon answers at ${socket} (${cause.code ?? cause.message}). Start one with "rosterd", or sync without one: "rosterd --once".`,
    { cause },
  );

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A sentence.
    return text.trim();
  }
}
