import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ConfigurationError, type FaultCode } from './fault.ts';

/** What loading a file touches of the process: a part of the command line's `Io`. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  in: Readable;
}

/** A configuration file as read, before anything is made of it. */
export interface ConfigText {
  /** As the operator named it, for messages. */
  file: string;
  /** Absolute; `-` for standard input. */
  path: string;
  /** Where relative paths start. */
  folder: string;
  /** Without a byte order mark. */
  text: string;
  /** Of the bytes, as `sha256sum` prints it. */
  sha256: string;
}

const LIMIT = 16 * 1024 * 1024;

/** Reads the file of `--config`, else of ROSTERD_CONFIG, else ./config.yaml; `-` is standard input. */
export async function readConfigText(given: string | undefined, around: Surroundings): Promise<ConfigText> {
  const named = given ?? (around.env.ROSTERD_CONFIG || undefined);
  if (named === '-') return decode('<stdin>', '-', around.cwd, await readAll(around.in));
  const file = named ?? 'config.yaml';
  const path = resolve(around.cwd, file);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw wholeFile(file, 'file', unreadable(error, named === undefined ? around.cwd : undefined), error);
  });
  return decode(file, path, dirname(path), bytes);
}

function unreadable(error: NodeJS.ErrnoException, lookedIn: string | undefined): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return lookedIn === undefined
        ? 'there is no such file'
        : `there is no such file in ${lookedIn}; name one with --config FILE or in ROSTERD_CONFIG`;
    case 'EISDIR':
      return 'this is a folder; name the file in it';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read this file; give the user that runs rosterd the right to read it';
    default:
      return `cannot be read (${error.code ?? error.message})`;
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    chunks.push(bytes);
    if (size > LIMIT) break;
  }
  return Buffer.concat(chunks);
}

function decode(file: string, path: string, folder: string, bytes: Buffer): ConfigText {
  if (bytes.length > LIMIT) throw wholeFile(file, 'file', `larger than ${LIMIT / 1024 / 1024} MiB; is this the file?`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  try {
    return { file, path, folder, sha256, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    throw wholeFile(file, 'encoding', 'not UTF-8 text; save it as UTF-8', error, firstBadLine(bytes));
  }
}

function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}

/** A fault of the file as a whole, or of a line that cannot be shown. */
export function wholeFile(
  file: string,
  code: FaultCode,
  message: string,
  cause?: unknown,
  line: number | null = null,
): ConfigurationError {
  return new ConfigurationError([{ file, line, column: null, path: '', code, message, excerpt: null }], { cause });
}
