import type { Db } from '../../directory/open.ts';
import type { Reason } from '../../model/words.ts';
import type { Graph } from '../resolve.ts';
import type { Places } from './places.ts';
import type { PlanTable } from './table.ts';

const CURRENT = `SELECT n.parent_id, n.child_id FROM group_nesting n JOIN groups g ON g.id = n.parent_id
  WHERE g.source_id = ? ORDER BY n.parent_id, n.child_id`;

/** Plans which group lists which other group as a member, among the groups that the directory shows. */
export function planNesting(
  db: Db,
  sourceId: number,
  plan: PlanTable,
  graph: Graph,
  places: Places,
  reason: Reason = 'source',
): void {
  const gone = new Map<string, [number, number]>();
  for (const pair of db.prepare<[number], [number, number]>(CURRENT).raw().all(sourceId))
    gone.set(pair.join(' '), pair);
  const wanted = new Map<string, [number, number]>();
  graph.groups.forEach((group, position) => {
    const parent = places.groupOf(group.node);
    for (const below of parent === 0 ? [] : graph.children(position)) {
      const child = places.groupOf(graph.groups[below]?.node ?? 0);
      // Several groups of the source may be one here.
      if (child !== 0 && child !== parent) wanted.set(`${parent} ${child}`, [parent, child]);
    }
  });
  const add = ([parent, child]: [number, number], action: 'add' | 'drop') => {
    const values = action === 'add' ? { before: null, after: {} } : { before: {}, after: null };
    plan.add({
      object: 'nesting',
      id: parent,
      name: null,
      related: child,
      node: null,
      action,
      reason,
      ...values,
    });
  };
  for (const key of [...wanted.keys()]) if (gone.delete(key)) wanted.delete(key);
  for (const pair of gone.values()) add(pair, 'drop');
  for (const pair of [...wanted.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1])) add(pair, 'add');
}
