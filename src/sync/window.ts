import type { Db } from '../directory/open.ts';

/** The hours that limits look back, in milliseconds. */
const HOURS_24 = 24 * 3_600_000;

/**
 * The runs that limits look back on: those of the last 24 hours, the first import left out, since before it there was
 * nothing to lose.
 */
const RUNS = `INSERT INTO window_runs SELECT r.id, r.mode = 'approve' FROM runs r
  WHERE r.source_id = @source AND r.started_at >= @start AND r.outcome IN ('ok', 'blocked')
    AND r.id > (SELECT coalesce(min(id), 0) FROM runs WHERE source_id = @source AND outcome = 'ok')`;

const TABLES = `
CREATE TEMP TABLE IF NOT EXISTS window_runs (id INTEGER PRIMARY KEY, approved INTEGER NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS window_objects (object TEXT, id INTEGER, was INTEGER NOT NULL, key TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS window_names (object TEXT, id INTEGER, name TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;
DELETE FROM window_runs; DELETE FROM window_objects; DELETE FROM window_names;`;

const COMING = `('create', 'reactivate', 'return')`;
const LEAVING = `('deactivate', 'delete', 'remove')`;

/**
 * Accounts and groups that came or left in the window: whether they were there when it began, which their first change
 * tells, and the limit that their last leaving counts for: null where it was approved.
 */
const OBJECTS = `INSERT INTO window_objects
  SELECT j.object, j.object_id, CASE WHEN j.action = 'delete' THEN coalesce(json_extract(j.before, '$.active'), 0) ELSE j.action NOT IN ${COMING} END,
    (SELECT CASE WHEN w.approved THEN NULL WHEN k.action = 'remove' THEN 'removeGroups' WHEN k.reason = 'disabled' THEN 'disable' ELSE 'deactivate' END
     FROM journal k JOIN window_runs w ON w.id = k.run_id
     WHERE k.object = j.object AND k.object_id = j.object_id AND k.action IN ${LEAVING} ORDER BY k.id DESC LIMIT 1)
  FROM journal j WHERE j.id IN (SELECT min(id) FROM journal WHERE run_id IN (SELECT id FROM window_runs)
    AND (action IN ${COMING} OR action IN ${LEAVING}) AND object IN ('user', 'group') GROUP BY object, object_id)`;

/** What those who were renamed in the window, unapproved, were called when it began. */
const NAMES = `INSERT INTO window_names
  SELECT j.object, j.object_id, coalesce(json_extract(j.before, '$.userName'), json_extract(j.before, '$.name'))
  FROM journal j WHERE j.id IN (SELECT min(k.id) FROM journal k JOIN window_runs w ON w.id = k.run_id
    WHERE k.action = 'rename' AND NOT w.approved GROUP BY k.object, k.object_id)`;

/**
 * Fills the temporary tables `window_runs`, `window_objects` and `window_names` with what happened in the 24 hours
 * before `at` (ISO 8601 in UTC). While a plan is blocked the window stands still at the time it was first stopped.
 */
export function lookBack(db: Db, sourceId: number, at: string): void {
  const since = db.prepare<[number], string>('SELECT since FROM blocked WHERE source_id = ?').pluck().get(sourceId);
  const start = new Date(Date.parse(since ?? at) - HOURS_24).toISOString();
  db.exec(TABLES);
  db.prepare(RUNS).run({ source: sourceId, start });
  db.exec(OBJECTS);
  db.exec(NAMES);
}
