import { createHash } from 'node:crypto';
import type { Db } from '../directory/open.ts';
import type { Limits } from '../model/limits.ts';
import { isRemoval } from './causes.ts';

/**
 * Every change of the plan that a configured limit counts. What is not in the directory yet is its node, below zero. An
 * account that is deleted stands there twice, the second time as `delete`: to deactivate it would be less.
 */
const REMOVALS = `
CREATE TEMP TABLE IF NOT EXISTS removals (kind TEXT NOT NULL, one INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (kind, one, other)) WITHOUT ROWID;
DELETE FROM removals;
INSERT OR IGNORE INTO removals SELECT CASE WHEN action = 'deactivate' AND reason = 'disabled' THEN 'disable' ELSE 'deactivate' END, object_id, 0
  FROM plan WHERE object = 'user' AND action IN ('deactivate', 'delete');
INSERT OR IGNORE INTO removals SELECT 'delete', object_id, 0 FROM plan WHERE object = 'user' AND action = 'delete';
INSERT OR IGNORE INTO removals SELECT 'removeGroups', object_id, 0 FROM plan WHERE object = 'group' AND action = 'remove';
INSERT OR IGNORE INTO removals SELECT 'rename', object_id, object = 'group' FROM plan WHERE action = 'rename';
INSERT OR IGNORE INTO removals SELECT 'removeMembers', p.group_id, j.value / 16 FROM plan_members p, json_each(p.list) j
  WHERE p.change = 'drop' AND p.counted;`;
const CREATIONS = `INSERT OR IGNORE INTO removals SELECT 'create', -node, 0 FROM plan WHERE object = 'user' AND action = 'create';`;
const ADDITIONS = `INSERT OR IGNORE INTO removals
  SELECT 'addMembers', coalesce((SELECT -node FROM plan WHERE object = 'group' AND action = 'create' AND object_id = p.group_id), p.group_id),
    coalesce((SELECT -node FROM plan WHERE object = 'user' AND action = 'create' AND object_id = j.value / 16), j.value / 16)
  FROM plan_members p, json_each(p.list) j WHERE p.change = 'add';`;

/** Whoever was to go as missing may as well go as disabled: the account is lost either way. */
const ADDED = `SELECT r.kind, count(*) AS count FROM temp.removals r WHERE NOT EXISTS (SELECT 1 FROM blocked_removals b
  WHERE b.source_id = ? AND b.kind IN (r.kind, CASE r.kind WHEN 'disable' THEN 'deactivate' END) AND b.one = r.one AND b.other = r.other)
  GROUP BY r.kind`;
const BLOCKED = 'SELECT plan_id AS id, since, cause FROM blocked WHERE source_id = ?';

/** A plan that an earlier pass was stopped with. */
export interface Stopped {
  id: string;
  /** When it was first stopped, ISO 8601 in UTC. */
  since: string;
  cause: string;
}

/** Lists the removals of the plan in the temporary table `removals`. */
export function listRemovals(db: Db, limits: Limits): void {
  db.exec(REMOVALS);
  if (limits.create) db.exec(CREATIONS);
  if (limits.addMembers) db.exec(ADDITIONS);
}

/** The removals of today's plan that were not in the blocked one, by kind. */
export function addedRemovals(db: Db, sourceId: number): { kind: string; count: number }[] {
  return db.prepare<[number], { kind: string; count: number }>(ADDED).all(sourceId);
}

export function stoppedPlan(db: Db, sourceId: number): Stopped | undefined {
  return db.prepare<[number], Stopped>(BLOCKED).get(sourceId);
}

/**
 * Notes that the plan was stopped. Its id stays while it takes away no more than the plan stopped before: whoever was
 * about to approve that one still can.
 */
export function noteStopped(
  db: Db,
  run: { sourceId: number; runId: number; at: string; cause: string; limitKey: string },
): { id: string; again: boolean; since: string } {
  const { sourceId, runId, at, cause, limitKey } = run;
  const before = stoppedPlan(db, sourceId);
  // Whoever approves the removal of a source approves just that.
  const same = before?.cause === cause || !(isRemoval(before?.cause ?? '') || isRemoval(cause));
  if (before && same && addedRemovals(db, sourceId).length === 0)
    return { id: before.id, since: before.since, again: true };
  const id = shortId(db, sourceId, runId);
  forgetStopped(db, sourceId);
  db.prepare('INSERT INTO blocked (source_id, plan_id, run_id, cause, limit_key, since) VALUES (?, ?, ?, ?, ?, ?)').run(
    ...[sourceId, id, runId, cause, limitKey, before?.since ?? at],
  );
  db.prepare('INSERT INTO blocked_removals SELECT ?, kind, one, other FROM temp.removals').run(sourceId);
  return { id, again: false, since: before?.since ?? at };
}

export function forgetStopped(db: Db, sourceId: number): void {
  db.prepare('DELETE FROM blocked WHERE source_id = ?').run(sourceId);
  db.prepare('DELETE FROM blocked_removals WHERE source_id = ?').run(sourceId);
}

/** Six letters and digits that are hard to mistake for each other, another one for each directory and run. */
function shortId(db: Db, sourceId: number, runId: number): string {
  const directory = db.prepare("SELECT value FROM meta WHERE key = 'id'").pluck().get();
  const digest = createHash('sha256').update(`${directory} ${sourceId} ${runId}`).digest();
  return Array.from(digest.subarray(0, 6), (byte) => 'abcdefghjkmnpqrstuvwxyz23456789'[byte % 31]).join('');
}
