import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import { change } from '../change.ts';
import { resolve } from '../resolve.ts';
import { storedOf } from '../stored.ts';
import { nameHolders } from './holders.ts';
import { planMemberships } from './memberships.ts';
import { planNesting } from './nesting.ts';
import { loadPeople, type People } from './people.ts';
import { loadPlaces, type Places } from './places.ts';
import { addSteps } from './steps.ts';
import type { PlannedSource, PlanTable } from './table.ts';

type Account = AccountRow & { id: number; node: number };

interface Group {
  id: number;
  node: number;
  name: string;
  removed: number;
  holdsName: number;
}

const PAGE = 1000;
const ACCOUNTS = `SELECT a.id, a.primary_node AS node, a.active, a.reason, ${ATTRIBUTE_LIST} FROM accounts a
  WHERE a.id > ? AND a.source_id = ? AND a.deleted_at IS NULL ORDER BY a.id LIMIT ${PAGE}`;
const GROUPS = `SELECT g.id, s.node, g.name, g.removed_at IS NOT NULL AS removed, g.name_key IS NOT NULL AS holdsName
  FROM groups g JOIN group_sources s ON s.group_id = g.id AND s.is_primary WHERE g.source_id = ? ORDER BY g.id`;
const NO_GRAPH = resolve([], new Int32Array(0), 'direct');

/**
 * Plans the end of a source: nothing is wanted of it, whatever its mirror says. Its accounts become inactive or, with
 * `onMissing: delete`, are deleted and let go of their names; its groups are removed, and let go of theirs likewise.
 */
export function planRemoval(db: Db, source: PlannedSource, plan: PlanTable): void {
  const people = loadPeople(db, source);
  const places = loadPlaces(db, source.id);
  planAccounts(db, source, plan, people);
  planGroups(db, source, plan, places);
  planMemberships(db, plan, NO_GRAPH, people, places);
  planNesting(db, source.id, plan, NO_GRAPH, places, 'source-removed');
}

function planAccounts(db: Db, source: PlannedSource, plan: PlanTable, people: People): void {
  const holders = nameHolders(db, 'accounts', source.name);
  const page = db.prepare<[number, number], Account>(ACCOUNTS);
  for (let rows = page.all(0, source.id); rows.length > 0; rows = page.all(rows.at(-1)?.id ?? 0, source.id)) {
    for (const row of rows) {
      const steps = change(storedOf(row), { is: 'removed' }, source.onMissing);
      addSteps(plan, people, holders, { node: row.node, id: row.id, name: row.userName }, steps);
    }
  }
}

function planGroups(db: Db, source: PlannedSource, plan: PlanTable, places: Places): void {
  for (const { id, node, name, removed, holdsName } of db.prepare<[number], Group>(GROUPS).all(source.id)) {
    const leaves = removed === 0;
    const letsGo = source.onMissing === 'delete' && holdsName === 1;
    if (!leaves && !letsGo) continue;
    plan.add({
      object: 'group',
      id,
      name,
      related: null,
      node: null,
      action: leaves ? 'remove' : 'update',
      reason: 'source-removed',
      before: { ...(leaves && { removed: false }), ...(letsGo && { holdsName: true }) },
      after: { ...(leaves && { removed: true }), ...(letsGo && { holdsName: false }) },
    });
    if (leaves) places.leaves(node, id, 'source-removed');
  }
}
