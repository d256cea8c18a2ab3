import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';
import { explained, isBusy } from './explained.ts';
import { APPLICATION_ID, FOLD_VERSION, TABLES } from './schema.ts';
import { VIEWS } from './views.ts';

/** Brings a directory from one version of the tables to the next. */
export type Step = (db: Db, now: string) => void;
type Db = Database.Database;

/** Numbered steps: step n brings version n to version n + 1. A step is never changed once released. */
export const STEPS: readonly Step[] = [
  (db, now) => {
    db.exec(TABLES);
    db.exec(VIEWS);
    const put = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    put.run('id', randomUUID());
    put.run('created_at', now);
    put.run('fold_version', FOLD_VERSION);
    put.run('schema_version', 1);
    // What fingerprints are salted with (sync/print.ts), so that nobody outside can make two records look alike.
    put.run('print_seed', randomBytes(8).toString('hex'));
  },
];

/**
 * The version of the tables in the file, 0 for an empty file. Throws a Failure when the file is another program's, or
 * was made by a newer rosterd; both are left untouched.
 */
export function versionOf(db: Db, newest = STEPS.length): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  if (application === 0 && version === 0 && isEmpty(db)) return 0;
  if (application !== APPLICATION_ID) {
    throw new Failure(
      'directory',
      `${db.name} is an SQLite file of another program; it was left as it is. Check the key \`directory\`.`,
      { exit: 2 },
    );
  }
  if (version > newest) {
    throw new Failure(
      'directory',
      `The directory ${db.name} was made by a newer rosterd (its tables are version ${version}, this one knows ${newest}); ` +
        'it was left as it is. Start the newer rosterd again, or put back the copy that it made before it changed the tables.',
      { exit: 2 },
    );
  }
  return version;
}

/**
 * Brings the tables to today's version in one transaction. Before an older directory is changed, a copy of it is written
 * beside it, mode 0640: `<path>.before-v<version>-<time>`; it goes again when a step fails, as then nothing was changed.
 * Throws SQLITE_BUSY while another process writes; a Failure of code `directory` when a step fails.
 */
export function migrate(db: Db, now: number, { keepCopy = true, steps = STEPS }: Migrating = {}): void {
  if (versionOf(db, steps.length) === steps.length) return;
  const at = new Date(now).toISOString();
  db.exec('BEGIN IMMEDIATE');
  let copy: string | undefined;
  try {
    // Looked at anew: another process may have done it while this one waited for its turn.
    const from = versionOf(db, steps.length);
    if (keepCopy && from > 0 && from < steps.length) copy = copyOf(db, steps.length, at);
    for (const step of steps.slice(from)) step(db, at);
    db.prepare("UPDATE meta SET value = ? WHERE key = 'schema_version'").run(steps.length);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (copy !== undefined) rmSync(copy, { force: true });
    throw broken(error, db.name, steps.length);
  }
}

interface Migrating {
  /** False for a private copy, which nobody misses. */
  keepCopy?: boolean;
  steps?: readonly Step[];
}

const isEmpty = (db: Db) => db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;

/** What was committed last, read over a connection of its own while this one keeps others from writing. */
function copyOf(db: Db, version: number, at: string): string {
  const copy = `${db.name}.before-v${version}-${at.replaceAll(/[-:]|\.\d+/g, '')}`;
  // Under another name until it is whole: half a copy must not look like one. What a kill left there is written over.
  const partial = `${db.name}.before.partial`;
  const reader = new Database(db.name, { readonly: true });
  try {
    // Made first, for its mode: SQLite would give it the umask's.
    closeSync(openSync(partial, 'w', 0o640));
    reader.prepare('VACUUM INTO ?').run(partial);
    sync(partial);
    renameSync(partial, copy);
    return copy;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    reader.close();
  }
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function broken(error: unknown, path: string, version: number): unknown {
  if (isBusy(error)) return error;
  const known = explained(error, path);
  if (known !== error || error instanceof Failure) return known;
  const what = error instanceof Error ? error.message : String(error);
  return new Failure(
    'directory',
    `The tables of ${path} could not be brought to version ${version}: ${what}. The directory was left as it was; start the rosterd that made it again, and report this.`,
    { cause: error },
  );
}
