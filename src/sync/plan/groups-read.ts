import type { Db } from '../../directory/open.ts';
import type { Belonging } from '../belonging.ts';
import type { Graph } from '../resolve.ts';
import type { RuleSet } from '../rules.ts';

const CHANGED = `SELECT m.node FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE m.run > ? AND n.source_id = ?`;

/**
 * Whether rules for users may say something else because groups changed since a run: one that they name, or one in it.
 * A name that no group bears any more, or several do, is a problem, and with one everything is planned.
 */
export function groupsReadChanged(
  db: Db,
  sourceId: number,
  since: number,
  { groupsRead }: RuleSet,
  graph: Graph,
  belonging: () => Belonging,
): boolean {
  if (!groupsRead.all && groupsRead.memberOf.size === 0) return false;
  const changed = db.prepare<[number, number], number>(CHANGED).pluck().all(since, sourceId);
  if (changed.length === 0) return false;
  if (groupsRead.all) return true;
  const read = new Set<number>();
  for (const name of groupsRead.memberOf) {
    const found = belonging().find(name);
    if (found.length !== 1) return true;
    for (const position of found) {
      read.add(position);
      for (const inner of graph.descendants(position)) read.add(inner);
    }
  }
  return changed.some((node) => {
    const position = graph.positionOf(node);
    // One that is gone may have been inside of one that is read.
    return position === undefined || read.has(position);
  });
}
