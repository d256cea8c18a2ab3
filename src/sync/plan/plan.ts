import type { Db } from '../../directory/open.ts';
import { loadGraph } from '../resolve.ts';
import { planGroups } from './groups.ts';
import { planManagers } from './managers.ts';
import { planMemberships } from './memberships.ts';
import { planNesting } from './nesting.ts';
import { loadPeople } from './people.ts';
import { loadPlaces } from './places.ts';
import { planRemoval } from './removal.ts';
import { type PlannedSource, type PlanTable, planTable } from './table.ts';
import { listTodo, type Scope } from './todo.ts';
import { raiseUnresolved } from './unresolved.ts';
import { planUsers } from './users.ts';

/**
 * Plans everything that makes the directory what the mirror of one source asks for: rows of the temporary tables
 * `plan`, `plan_members` and `raised` (table.ts). Writes nothing else.
 */
export function plan(db: Db, source: PlannedSource, scope: Scope): PlanTable {
  const table = planTable(db);
  if (source.nothing) {
    planRemoval(db, source, table);
    return table;
  }
  listTodo(db, source.id, scope);
  const people = loadPeople(db, source);
  const places = loadPlaces(db, source.id);
  const graph = loadGraph(db, source.id, source.nestedGroups);
  planUsers(db, source, table, people);
  planManagers(db, source.id, table, people);
  planGroups(db, source, table, places);
  planMemberships(db, table, graph, people, places);
  planNesting(db, source.id, table, graph, places);
  raiseUnresolved(db, source.id, table, graph);
  return table;
}
