import Database from 'better-sqlite3';
import { isBusy } from './explained.ts';
import { versionOf } from './migrate.ts';
import { type Db, patiently, type Waiting } from './open.ts';
import type { Backup } from './restore-prepare.ts';
import { bringHome, enterWal } from './wal.ts';

/** The directory that a backup is to replace, open for writing. */
export interface Present {
  db: Db;
  /** Nothing was ever written to it. */
  isEmpty: boolean;
  pageSize: number;
  /** Another number once another process has written to it. */
  seen(): number;
}

/** What was done by hand, and the backup does not have: an edit, or an approval of a plan. */
export interface LostEdit {
  run: number;
  at: string;
  actor: string;
  reason: string | null;
  /** `plan` of an approval. */
  object: string;
  /** Of an approval the plan's id. */
  name: string | null;
  /** `approve` of an approval. */
  action: string;
  /** Whose plan was approved; null of an edit. */
  source: string | null;
}

const LAST_IDS = 'SELECT name, seq FROM sqlite_sequence';
const BY_HAND = "r.mode = 'hand' AND r.started_at > @at";
const LOST = `SELECT r.id AS run, r.started_at AS at, r.actor, r.message AS reason, c.object, c.object_name AS name, c.action,
    NULL AS source
  FROM runs r JOIN journal c ON c.run_id = r.id WHERE ${BY_HAND}
  UNION ALL SELECT r.id, r.started_at, r.actor, r.message, 'membership', g.name, 'add', NULL
  FROM runs r JOIN memberships m ON m.since_run = r.id JOIN groups g ON g.id = m.group_id WHERE ${BY_HAND}
  UNION ALL SELECT r.id, r.started_at, r.actor, r.message, 'membership', g.name, 'drop', NULL
  FROM runs r JOIN past_memberships m ON m.to_run = r.id JOIN groups g ON g.id = m.group_id WHERE ${BY_HAND}
  UNION ALL SELECT r.id, r.started_at, r.actor, r.message, 'plan', r.plan_id, 'approve', coalesce(s.name, 'local')
  FROM runs r LEFT JOIN sources s ON s.id = r.source_id
  WHERE r.mode = 'approve' AND r.outcome IN ('ok', 'unchanged') AND r.started_at > @at
  ORDER BY 1 LIMIT 1000`;

/**
 * Opens the directory as it is, whatever its version; null where SQLite cannot make sense of the file. Throws a Failure
 * where it is another program's, exit status 2, or somebody is in the middle of it for `waiting.wait` ms (`busy`).
 */
export async function openPresent(path: string, waiting: Waiting): Promise<Present | null> {
  try {
    const moment = { ...waiting, wait: Math.max(waiting.wait, 1000) };
    const db = await patiently(moment, `${path}: another program is in the middle of the directory`, () => enter(path));
    const isEmpty = versionOf(db, NEWEST) === 0;
    const pageSize = Number(db.pragma('page_size', { simple: true }));
    return { db, isEmpty, pageSize, seen: () => Number(db.pragma('data_version', { simple: true })) };
  } catch (error) {
    if (isBroken(error)) return null;
    throw error;
  }
}

/** A restore is also the way back from a newer rosterd. */
const NEWEST = Number.MAX_SAFE_INTEGER;

function enter(path: string): Db {
  const db = new Database(path, { timeout: 0 });
  try {
    versionOf(db, NEWEST);
    enterWal(db);
    return db;
  } catch (error) {
    db.close();
    if (!isBusy(error) && !isBroken(error)) bringHome(path);
    throw error;
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);

/** The last id that each table gave; nothing where the file is too damaged to tell. */
export const lastIds = (db: Db): ReadonlyMap<string, number> =>
  new Map(readable(() => db.prepare<[], [string, number]>(LAST_IDS).raw().all()) ?? []);

/** What was edited and approved by hand since the backup, a thousand at most; null where the file is too damaged to tell. */
export function lostEdits(db: Db, { at }: Backup): LostEdit[] | null {
  return at === null ? null : readable(() => db.prepare<object, LostEdit>(LOST).all({ at }));
}

/** What a damaged file still tells, or a newer one whose tables are others; null where it does not. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Database.SqliteError && !isBusy(error)) return null;
    throw error;
  }
}
