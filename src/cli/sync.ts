import { askDaemon, SOON } from '../daemon/client.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import type { Io } from './io.ts';
import { directoryOf } from './look.ts';
import { exitStatus, printerFor } from './once.ts';
import { cancellable } from './signals.ts';

export interface SyncOptions {
  config?: string;
  full?: boolean;
  all?: boolean;
  json?: boolean;
}

/** Asks the running daemon for a pass of one source, waits for it and prints what it did. Gives the exit status. */
export async function sync(name: string, options: SyncOptions, io: Io): Promise<number> {
  const directory = await directoryOf(options, io);
  const path = `/sync/${encodeURIComponent(name)}${options.full ? '?full=true' : ''}`;
  // A pass may take hours: one that hangs is seen by another question.
  await askDaemon(directory, { method: 'GET', path: '/livez', timeout: SOON });
  const { body } = await cancellable((signal) => askDaemon(directory, { method: 'POST', path, signal }), goesOn(name));
  const ended = readEnded(body);
  const printer = printerFor(options, io, false);
  printer.pass('failure' in ended ? { source: name, ...ended } : ended);
  printer.end();
  if ('failure' in ended) io.err.write(`${ended.failure.message}\n`);
  return exitStatus(['failure' in ended ? { source: name, ...ended } : ended], false);
}

const goesOn = (name: string) =>
  new Failure(
    'cancelled',
    `No longer waiting: the daemon goes on with the pass, and "rosterd runs --source ${name}" shows how it ends.`,
  );

/** What the daemon of this same version wrote. */
function readEnded(body: unknown): PassResult | { failure: Failure } {
  if (typeof body === 'object' && body !== null && 'failure' in body) {
    const { code, message, exit } = body.failure as { code: string; message: string; exit: 1 | 2 | 5 };
    return { failure: new Failure(code, message, { exit }) };
  }
  if (typeof body === 'object' && body !== null && 'runId' in body) return body as PassResult;
  return {
    failure: new Failure('no-daemon', `The daemon gave an answer that this version does not know: ${String(body)}`),
  };
}
