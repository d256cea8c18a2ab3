import type { Db } from '../../directory/open.ts';
import { belonging } from '../belonging.ts';
import { loadGraph } from '../resolve.ts';
import type { RuleSet } from '../rules.ts';
import { shaper } from '../shaper.ts';
import { planGroups } from './groups.ts';
import { groupsReadChanged } from './groups-read.ts';
import { planManagers } from './managers.ts';
import { planMemberships } from './memberships.ts';
import { planNesting } from './nesting.ts';
import { loadPeople } from './people.ts';
import { loadPlaces } from './places.ts';
import { planRemoval } from './removal.ts';
import { type PlannedSource, type PlanTable, planTable } from './table.ts';
import { addEveryGroup, addEveryUser, listTodo, type Scope } from './todo.ts';
import { raiseUnresolved } from './unresolved.ts';
import { planUsers } from './users.ts';

/**
 * Plans everything that makes the directory what the mirror of one source asks for: rows of the temporary tables
 * `plan`, `plan_members` and `raised` (table.ts). Writes nothing else.
 */
export function plan(db: Db, source: PlannedSource, scope: Scope, rules: RuleSet): PlanTable {
  const table = planTable(db);
  if (source.nothing) {
    planRemoval(db, source, table);
    return table;
  }
  listTodo(db, source.id, scope);
  const people = loadPeople(db, source);
  const places = loadPlaces(db, source.id);
  const graph = loadGraph(db, source.id, source.nestedGroups);
  const groups = lazy(() =>
    belonging(db, source.id, source.nestedGroups === 'flatten' ? graph : loadGraph(db, source.id, 'flatten')),
  );
  const shape = shaper(source, rules, groups);
  if (scope !== 'everything' && groupsReadChanged(db, source.id, scope.since, rules, graph, groups))
    addEveryUser(db, source.id);
  if (rules.unite) addEveryGroup(db, source.id);
  planUsers(db, source, table, people, shape);
  planManagers(db, source.id, table, people);
  planGroups(db, source, table, places, shape);
  planMemberships(db, table, graph, people, places);
  planNesting(db, source.id, table, graph, places);
  raiseUnresolved(db, source.id, table, graph);
  return table;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
