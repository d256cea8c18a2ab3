import type { Db } from '../../directory/open.ts';
import { loadGraph } from '../resolve.ts';
import { planGroups } from './groups.ts';
import { planManagers } from './managers.ts';
import { planMemberships } from './memberships.ts';
import { planNesting } from './nesting.ts';
import { loadPeople } from './people.ts';
import { loadPlaces } from './places.ts';
import { type PlanTable, planTable } from './table.ts';
import { listTodo, type Scope } from './todo.ts';
import { raiseUnresolved } from './unresolved.ts';
import { planUsers } from './users.ts';

/**
 * Plans everything that makes the directory what the mirror of one source asks for: rows of the temporary tables
 * `plan`, `plan_members` and `raised` (table.ts). Writes nothing else.
 */
export function plan(db: Db, sourceId: number, scope: Scope, depth: 'flatten' | 'direct'): PlanTable {
  const table = planTable(db);
  listTodo(db, sourceId, scope);
  const people = loadPeople(db, sourceId);
  const places = loadPlaces(db, sourceId);
  const graph = loadGraph(db, sourceId, depth);
  planUsers(db, table, people);
  planManagers(db, sourceId, table, people);
  planGroups(db, sourceId, table, places);
  planMemberships(db, table, graph, people, places);
  planNesting(db, sourceId, table, graph, places);
  raiseUnresolved(db, sourceId, table, graph);
  return table;
}
