import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failure } from '../model/failure.ts';

/**
 * Whether there is a file at the directory's path. Looking is all that may be done to it outside SQLite: opening and
 * closing it would drop the locks that this process holds on it. Throws a Failure where something else is there, or
 * where nobody can tell.
 */
export function isThere(path: string): boolean {
  try {
    if (statSync(path).isFile()) return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return false;
    if (code === 'ENOTDIR') throw wrong(`${path} cannot be made: a part of its path is a file.`, error);
    throw refused(`${path} cannot be looked at by ${whoRuns()}: ${reason(error)}`, error);
  }
  throw wrong(`${path} is a folder, or something else that is no file.`);
}

/** Makes the file, mode 0640, where there is none. Throws a Failure. */
export function make(path: string): void {
  if (isThere(path)) return;
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'wx', 0o640));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw refused(`The directory ${path} could not be made by ${whoRuns()}: ${reason(error)}`, error);
  }
}

/**
 * Makes a folder and those above it. Not with `recursive`: where a folder is there and nothing can be made in it, as in
 * /proc, which answers ENOENT, Node.js tries for ever, and no signal ends it.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Throws a Failure where this process may not write the directory, its folder, or what SQLite keeps beside it. Asked
 * first, as SQLite would find out in the middle of changing the file.
 */
export function assertWritable(path: string): void {
  const folder = dirname(path);
  const { R_OK, W_OK, X_OK } = constants;
  const denied = denial(folder, W_OK | X_OK);
  if (denied) {
    throw refused(
      `${whoRuns(true)} may not write the folder ${folder} (${denied}), where rosterd keeps files beside ${basename(path)}. ` +
        'Give the folder to that user; whoever only reads the directory needs no more than to enter it.',
    );
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assertAccess(file, R_OK | W_OK, 'read and write');
}

/** Throws a Failure where this process may not read the directory. */
export function assertReadable(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assertAccess(file, constants.R_OK, 'read');
}

function assertAccess(file: string, mode: number, what: string): void {
  const denied = denial(file, mode);
  if (!denied || denied === 'ENOENT') return;
  const { uid, mode: now } = statSync(file);
  const advice = /-(wal|shm)$/.test(file)
    ? 'Whoever opens the directory and may write its folder makes such files: give readers read rights only. While ' +
      'nothing has the directory open, give the file to that user; do not delete it, as it may hold the last changes.'
    : 'Change its owner or its mode, or run rosterd as its owner.';
  const owner = `It belongs to user ${uid}, with mode ${(now & 0o777).toString(8).padStart(4, '0')}.`;
  throw refused(`${whoRuns(true)} may not ${what} ${file} (${denied}). ${owner} ${advice}`);
}

/** The system's code for the refusal, such as EACCES; null where there is none. */
function denial(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

const whoRuns = (first = false) =>
  `${first ? 'The' : 'the'} user that runs rosterd (${process.geteuid?.() ?? 'of unknown number'})`;
const wrong = (what: string, cause?: unknown) =>
  new Failure('directory', `${what} Check the key \`directory\`.`, { exit: 2, cause });
const refused = (sentence: string, cause?: unknown) => new Failure('directory', sentence, { cause });
const reason = (error: unknown) => {
  const code = codeOf(error);
  return `${REASONS[code ?? ''] ?? String(error)}.`;
};
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'its folder may not be entered or written (EACCES)',
  EPERM: 'its folder may not be entered or written (EPERM)',
  EROFS: 'its volume is read-only (EROFS)',
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
};
const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : undefined);
