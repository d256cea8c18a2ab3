import type { Readable, Writable } from 'node:stream';

/** What a command may touch of the process that runs it, so that a test can run a command and read what it printed. */
export interface Io {
  /** Results go here. */
  out: Writable & { isTTY?: boolean; columns?: number };
  /** Logs, progress and errors go here. */
  err: Writable & { isTTY?: boolean; columns?: number };
  in: Readable;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Called by what changes the directory: from then on the command goes on to its end though nobody reads its output. */
  toTheEnd?: () => void;
}

export const processIo = (): Io => ({
  out: process.stdout,
  err: process.stderr,
  in: process.stdin,
  env: process.env,
  cwd: process.cwd(),
});
