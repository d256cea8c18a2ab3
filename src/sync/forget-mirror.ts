import type { Db } from '../directory/open.ts';

const FORGET = [
  'DELETE FROM mirror_users WHERE node IN (SELECT id FROM nodes WHERE source_id = ?)',
  'DELETE FROM mirror_groups WHERE node IN (SELECT id FROM nodes WHERE source_id = ?)',
  'UPDATE nodes SET print = NULL WHERE source_id = ? AND print IS NOT NULL',
  `UPDATE sources SET mirror_run = NULL, mirror_counts = NULL, applied_run = NULL, applied_key = NULL, applied_counts = NULL,
    cursor = NULL, full_at = NULL WHERE id = ?`,
];

/**
 * Forgets what a source said, as if it had never been read; its ids stay, and so do the accounts and groups that hang on
 * them. Part of the one transaction of a pass.
 */
export function forgetMirror(db: Db, sourceId: number): void {
  for (const sql of FORGET) db.prepare(sql).run(sourceId);
}
