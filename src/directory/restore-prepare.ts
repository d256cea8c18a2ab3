import { randomInt, randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Failure } from '../model/failure.ts';
import { BACKED_UP_AT, copyPages, syncFile } from './backup.ts';
import { isBusy } from './explained.ts';
import { migrate, STEPS, versionOf } from './migrate.ts';
import type { Db } from './open.ts';

/** What a backup says of itself. */
export interface Backup {
  file: string;
  directoryId: string;
  accounts: number;
  groups: number;
  memberships: number;
  lastRun: { id: number; at: string } | null;
  /** When it was made, ISO 8601 in UTC; the end of its last run where it does not say. */
  at: string | null;
}

/** What is written into the copy that takes the directory's place. */
interface Preparing {
  actor: string;
  configSha256: string;
  version: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** The last ids of the directory before, by table. */
  ids: ReadonlyMap<string, number>;
  kept: string | null;
  /** Of the directory before: SQLite copies only into pages of one size. Null where the file itself is replaced. */
  pageSize: number | null;
}

interface Ready {
  runId: number;
  directoryId: string;
  waiting: { source: string; plan: string }[];
}

/** Tables whose ids somebody outside may have seen. */
const GIVEN_OUT = ['accounts', 'groups', 'runs', 'journal'];
/** As far as ids go on above all that were given, by the backup's directory or the one before. */
const AHEAD = 1_000_000;

const LAST_RUN = 'SELECT id, finished_at AS at FROM runs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1';
const OF = `SELECT (SELECT value FROM meta WHERE key = 'id') AS directoryId,
  (SELECT value FROM meta WHERE key = '${BACKED_UP_AT}') AS at,
  (SELECT count(*) FROM accounts WHERE deleted_at IS NULL) AS accounts,
  (SELECT count(*) FROM groups WHERE removed_at IS NULL) AS "groups", (SELECT count(*) FROM memberships) AS memberships`;
const SEQUENCE = 'UPDATE sqlite_sequence SET seq = @seq WHERE name = @name';
const NEW_SEQUENCE = `INSERT INTO sqlite_sequence (name, seq) SELECT @name, @seq
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = @name)`;
const RUNNING = `UPDATE runs SET outcome = 'interrupted', finished_at = ?, message = 'It had not ended when the backup was made.'
  WHERE outcome = 'running'`;
/** Where an incremental listing would go on is another time's; without `full_at` a source is planned whole (settle.ts). */
const FORGET_CURSORS = 'UPDATE sources SET cursor = NULL, full_at = NULL';
const BLOCKED =
  'SELECT b.source_id AS id, coalesce(s.name, ?) AS source FROM blocked b LEFT JOIN sources s ON s.id = b.source_id';
const RUN = `INSERT INTO runs (source_id, mode, trigger, actor, started_at, finished_at, outcome, config_sha256, version, message)
  VALUES (NULL, 'restore', 'hand', @actor, @at, @at, 'ok', @configSha256, @version, @message)`;

/** Opens a file that should be a backup. Throws a Failure, exit status 2, where it is none. */
export function openBackup(file: string): Db {
  if (!existsSync(file)) throw refused(`There is no file ${file}; nothing was done.`);
  let db: Db | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    const version = versionOf(db, Number.MAX_SAFE_INTEGER);
    if (version === 0) throw refused(`${file} is empty, and no backup of a directory; nothing was done.`);
    if (version > STEPS.length) {
      throw refused(
        `${file} was made by a newer rosterd (its tables are version ${version}, this one knows ${STEPS.length}): restore it with that one. Nothing was done.`,
      );
    }
    return db;
  } catch (error) {
    db?.close();
    throw noBackup(file, error);
  }
}

/**
 * Copies the backup to `prepared`, brings it to today's tables, and looks it through. Throws a Failure, exit status 2,
 * where it is damaged.
 */
export async function readBackup(file: string, prepared: string, now: number): Promise<Backup> {
  for (const name of [prepared, `${prepared}-journal`, `${prepared}-wal`, `${prepared}-shm`])
    rmSync(name, { force: true });
  closeSync(openSync(prepared, 'wx', 0o640));
  const original = openBackup(file);
  try {
    original.exec('BEGIN; SELECT count(*) FROM sqlite_master');
    await copyPages(original, prepared);
  } catch (error) {
    throw noBackup(file, error);
  } finally {
    original.close();
  }
  const db = new Database(prepared);
  try {
    db.pragma('journal_mode = DELETE');
    const found = db.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(file, String(found).split('\n').at(-1) ?? '');
    if (versionOf(db) === 0) throw new Error('the copy of the backup is empty');
    migrate(db, now, { keepCopy: false });
    const of = db.prepare<[], Omit<Backup, 'file' | 'lastRun'>>(OF).get();
    if (!of) throw new Error('a SELECT without FROM always gives a row');
    const lastRun = db.prepare<[], { id: number; at: string }>(LAST_RUN).get() ?? null;
    return { file, ...of, at: of.at ?? lastRun?.at ?? null, lastRun };
  } catch (error) {
    throw noBackup(file, error);
  } finally {
    db.close();
  }
}

/**
 * Makes the copy the directory that goes on from the backup. What limits look back on stays as the backup has it: the
 * accounts it holds and what was taken of them belong together. A plan that waited waits on, as long as it did, so that
 * nothing it stopped goes through; but under another id, as its own may have been decided on since.
 */
export function prepare(prepared: string, backup: Backup, preparing: Preparing): Ready {
  const db = new Database(prepared);
  try {
    const ready = db.transaction(() => write(db, backup, preparing))();
    if (preparing.pageSize !== null && db.pragma('page_size', { simple: true }) !== preparing.pageSize)
      db.exec(`PRAGMA page_size = ${preparing.pageSize}; VACUUM`);
    db.close();
    syncFile(prepared);
    return ready;
  } finally {
    db.close();
  }
}

function write(db: Db, backup: Backup, { actor, configSha256, version, at, ids, kept }: Preparing): Ready {
  const own = new Map(db.prepare<[], [string, number]>('SELECT name, seq FROM sqlite_sequence').raw().all());
  for (const name of GIVEN_OUT) {
    const seq = Math.max(own.get(name) ?? 0, ids.get(name) ?? 0) + AHEAD;
    db.prepare(SEQUENCE).run({ name, seq });
    db.prepare(NEW_SEQUENCE).run({ name, seq });
  }
  const directoryId = randomUUID();
  db.prepare("UPDATE meta SET value = ? WHERE key = 'id'").run(directoryId);
  db.prepare('DELETE FROM meta WHERE key = ?').run(BACKED_UP_AT);
  db.prepare(RUNNING).run(at);
  db.exec(FORGET_CURSORS);
  const rename = db.prepare('UPDATE blocked SET plan_id = ? WHERE source_id = ?');
  const waiting = db
    .prepare<[string], { id: number; source: string }>(BLOCKED)
    .all('local')
    .map(({ id, source }) => {
      const plan = planId();
      rename.run(plan, id);
      return { source, plan };
    });
  const before = kept === null ? '' : ` The directory before is kept as ${kept}.`;
  const message = `Restored from ${backup.file}, made ${backup.at ?? 'at an unknown time'}.${before}`;
  const run = db.prepare(RUN).run({ actor, at, configSha256, version, message });
  return { runId: Number(run.lastInsertRowid), directoryId, waiting };
}

/** As sync/removals.ts makes them: six letters and digits that are hard to mistake for each other. */
const planId = (): string => Array.from({ length: 6 }, () => 'abcdefghjkmnpqrstuvwxyz23456789'[randomInt(31)]).join('');

function noBackup(file: string, error: unknown): unknown {
  if (error instanceof Failure && error.code === 'backup') return error;
  if (error instanceof Failure) return refused(`${file} is no backup of a directory; nothing was done.`, error);
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (isBusy(error)) return refused(`${file} is in use by another program; nothing was done.`, error);
  if (code === 'SQLITE_NOTADB') return refused(`${file} is no backup of a directory; nothing was done.`, error);
  if (code.startsWith('SQLITE_CORRUPT')) return damaged(file, error instanceof Error ? error.message : code);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR)/.test(code))
    return refused(`${file} could not be read (${code}); nothing was done.`, error);
  return error;
}

const refused = (sentence: string, cause?: unknown) => new Failure('backup', sentence, { exit: 2, cause });
const damaged = (file: string, found: string) =>
  refused(`${file} is damaged (${found}). Take another backup; nothing was done.`);
