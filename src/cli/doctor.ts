import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyPages } from '../directory/backup.ts';
import { FULL } from '../directory/explained.ts';
import { migrate } from '../directory/migrate.ts';
import { openPrivate, openToLook, patiently } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { count, duration, printable, printableJson, thousands } from '../report/text.ts';
import { examine, type Finding } from '../sync/doctor/doctor.ts';
import type { Io } from './io.ts';
import { directoryOf, type LookOptions } from './look.ts';

/**
 * Looks whether the directory is sound, on a private copy of it, so that nobody waits for it. Gives the exit status: 0, 1
 * where something is wrong, 2 where there is no directory.
 */
export async function doctor(options: LookOptions, io: Io): Promise<number> {
  const began = performance.now();
  const directory = await directoryOf(options, io);
  const findings = await onCopy(directory, options.wait ?? 60_000, (copy) => examineFile(copy));
  const wrong = findings.filter((finding) => finding.count > 0);
  if (options.json) io.out.write(`${printableJson({ directory, sound: wrong.length === 0, findings })}\n`);
  else for (const line of lines(directory, findings, performance.now() - began)) io.out.write(`${line}\n`);
  return wrong.length === 0 ? 0 : 1;
}

function examineFile(copy: string): Finding[] {
  const db = openPrivate(copy);
  try {
    migrate(db, systemClock.now(), { keepCopy: false });
    return examine(db);
  } finally {
    db.close();
  }
}

/** Copies the directory, page by page as it is, to a folder of its own; a file that SQLite cannot open is a finding. */
async function onCopy(directory: string, wait: number, act: (copy: string) => Finding[]): Promise<Finding[]> {
  const folder = privateFolder(directory);
  try {
    const copy = join(folder, 'directory.db');
    const waiting = { clock: systemClock, wait };
    const original = await patiently(waiting, `Another rosterd has ${directory} to itself`, () =>
      openToLook(directory),
    );
    try {
      closeSync(openSync(copy, 'wx', 0o600));
      original.exec('BEGIN; SELECT count(*) FROM sqlite_master');
      await copyPages(original, copy);
    } finally {
      original.close();
    }
    return act(copy);
  } catch (error) {
    const broken = damage(error);
    if (broken === null)
      throw codeOf(error).startsWith('SQLITE_IOERR') || FULL.includes(codeOf(error)) ? noRoom(directory, error) : error;
    return [{ ...FILE, count: 1, examples: [broken], left: 'nothing else could be looked at', took: 0 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function privateFolder(directory: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'rosterd-doctor-'));
  } catch (error) {
    throw noRoom(directory, error);
  }
}

const noRoom = (directory: string, error: unknown) =>
  new Failure(
    'directory',
    `The doctor looks at a private copy of ${directory}, and that could not be written in ${tmpdir()} (${codeOf(error)}): look for a full disk, or name another folder with TMPDIR.`,
    { cause: error },
  );

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const FILE = { name: 'file', holds: 'The file is whole: pages, tables and indexes (SQLite integrity_check).' };

/** What SQLite says of a file that it cannot open, or read; null for everything else. */
function damage(error: unknown): string | null {
  const cause = error instanceof Failure ? error.cause : error;
  return cause instanceof Error && /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(cause))
    ? `${cause.message} (${codeOf(cause)})`
    : null;
}

function* lines(directory: string, findings: readonly Finding[], took: number): Generator<string> {
  for (const { name, holds, count: n, examples, left } of findings) {
    if (n > 0) {
      yield `${name}: ${count(n, 'fault')}. This does not hold: ${holds}`;
      for (const example of examples) yield `  ${printable(example)}`;
      if (n > examples.length) yield `  … and ${thousands(n - examples.length)} more`;
    }
    if (left !== null) yield `${name}: ${printable(left)}.`;
  }
  const wrong = findings.filter((finding) => finding.count > 0).length;
  const looks = `${count(findings.length, 'look')}, ${duration(took)}`;
  yield wrong === 0
    ? `${printable(directory)} is sound (${looks}).`
    : `${printable(directory)} is not sound: ${thousands(wrong)} of ${looks}. "rosterd restore FILE" puts the last backup in its place.`;
}
