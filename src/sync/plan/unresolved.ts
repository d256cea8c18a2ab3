import type { Db } from '../../directory/open.ts';
import { USER } from '../known.ts';
import type { Graph } from '../resolve.ts';
import type { PlanTable } from './table.ts';

const STRANGERS = `SELECT n.id, n.ext FROM nodes n WHERE n.source_id = ? AND n.kind = ${USER} AND n.print IS NULL
  AND NOT EXISTS (SELECT 1 FROM mirror_users m WHERE m.node = n.id)`;

/** Raises a problem for each group that lists members whom no listing of users ever showed. */
export function raiseUnresolved(db: Db, sourceId: number, plan: PlanTable, graph: Graph): void {
  const strangers = new Map(db.prepare<[number], [number, string]>(STRANGERS).raw().all(sourceId));
  if (strangers.size === 0) return;
  for (const { node, members } of graph.groups) {
    const ids: string[] = [];
    for (const member of members) {
      const ext = strangers.get(member);
      if (ext !== undefined) ids.push(ext);
    }
    if (ids.length === 0) continue;
    const shown = ids.sort().slice(0, 3).join(', ');
    const what = ids.length === 1 ? 'One member is' : `${ids.length} members are`;
    plan.problem(
      'members-unresolved',
      'group',
      node,
      `${what} none of the users that were listed (${shown}${ids.length > 3 ? ', …' : ''}), so there is no account to add. Whoever was created during the listing is there in the next pass; for others, check that the permission to read users covers them.`,
    );
  }
}
