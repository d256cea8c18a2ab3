import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { Failure } from '../model/failure.ts';
import { APPLICATION_ID, FOLD_VERSION, TABLES } from './schema.ts';
import { VIEWS } from './views.ts';

/** Brings a directory from one version of the tables to the next. */
export type Step = (db: Database, now: string) => void;

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
export function versionOf(db: Database, path: string, newest = STEPS.length): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  if (application === 0 && version === 0 && isEmpty(db)) return 0;
  if (application !== APPLICATION_ID) {
    throw new Failure(
      'directory',
      `${path} is an SQLite file of another program; it was left as it is. Check the key \`directory\`.`,
      { exit: 2 },
    );
  }
  if (version > newest) {
    throw new Failure(
      'directory',
      `The directory ${path} was made by a newer rosterd (its tables are version ${version}, this one knows ${newest}); ` +
        'it was left as it is. Start the newer rosterd again, or put back the copy that it made before it changed the tables.',
      { exit: 2 },
    );
  }
  return version;
}

/**
 * Brings the tables to today's version in one transaction. A copy of an older directory is written beside it first,
 * `<path>.before-v<version>-<time>`. Throws SQLITE_BUSY while another process writes.
 */
export function migrate(db: Database, path: string, now: number, steps: readonly Step[] = STEPS): void {
  const from = versionOf(db, path, steps.length);
  if (from === steps.length) return;
  const at = new Date(now).toISOString();
  if (from > 0) keepCopy(db, `${path}.before-v${steps.length}-${at.replaceAll(/[-:]|\.\d+/g, '')}`);
  db.exec('BEGIN IMMEDIATE');
  try {
    // Looked at again: another process may have done it while this one waited for its turn.
    for (const step of steps.slice(versionOf(db, path, steps.length))) step(db, at);
    db.prepare("UPDATE meta SET value = ? WHERE key = 'schema_version'").run(steps.length);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const isEmpty = (db: Database) => db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;

function keepCopy(db: Database, copy: string): void {
  // Made first, for its mode: SQLite would give it the umask's.
  closeSync(openSync(copy, 'a', 0o640));
  db.prepare('VACUUM INTO ?').run(copy);
}
