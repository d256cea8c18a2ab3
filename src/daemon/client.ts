import { request } from 'node:http';
import { Failure } from '../model/failure.ts';

/** Where the daemon of a directory listens, beside it; whoever may open it may ask for a pass. */
export const socketOf = (directory: string): string => `${directory}.sock`;

/** The daemon's answer. */
export interface Told {
  status: number;
  body: unknown;
}

/**
 * Asks the daemon of a directory over its socket.
 * @throws Failure `no-daemon` (exit status 1) where none answers
 */
export function askDaemon(
  directory: string,
  method: 'GET' | 'POST',
  path: string,
  signal?: AbortSignal,
): Promise<Told> {
  const socketPath = socketOf(directory);
  return new Promise((resolve, reject) => {
    let connected = false;
    const asking = request({ socketPath, method, path, ...(signal ? { signal } : {}) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', refuse);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: parsed(text) });
      });
    });
    const refuse = (error: NodeJS.ErrnoException) =>
      reject(
        signal?.aborted
          ? signal.reason
          : connected
            ? new Failure(
                'no-daemon',
                `The daemon at ${socketPath} ended before it answered. "rosterd runs" tells what became of it.`,
                {
                  cause: error,
                },
              )
            : new Failure(
                'no-daemon',
                `No daemon answers at ${socketPath} (${error.code ?? error.message}). Start one with "rosterd", or sync without one: "rosterd --once".`,
                { cause: error },
              ),
      );
    asking.on('socket', (socket) =>
      socket.once('connect', () => {
        connected = true;
      }),
    );
    asking.on('error', refuse);
    asking.end();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A sentence.
    return text.trim();
  }
}
