import type { Db } from '../../directory/open.ts';
import { fromBlob } from '../packed.ts';

const USER = 'UPDATE mirror_users SET run = ? WHERE node = ?';
const GROUPS = `SELECT m.node, m.everyone, m.members, m.kept FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE n.source_id = ?`;
const GROUP = 'UPDATE mirror_groups SET run = ? WHERE node = ?';
const SOURCE = 'UPDATE sources SET mirror_run = ? WHERE id = ? AND mirror_run IS NOT NULL';

/**
 * Makes the next pass of the source look at these users, and at the groups that hold them, as if the provider had
 * changed them in this run.
 */
export function lookAgain(db: Db, sourceId: number, nodes: readonly number[], runId: number): void {
  const user = db.prepare(USER);
  const group = db.prepare(GROUP);
  for (const node of nodes) user.run(runId, node);
  type Row = { node: number; everyone: number; members: Buffer; kept: Buffer | null };
  const holds = (blob: Buffer | null) => fromBlob(blob).some((member) => nodes.includes(member));
  for (const row of db.prepare<[number], Row>(GROUPS).all(sourceId)) {
    if (row.everyone || holds(row.members) || holds(row.kept)) group.run(runId, row.node);
  }
  db.prepare(SOURCE).run(runId, sourceId);
}
