import type { Directory } from './kit.ts';

type Row = Record<string, unknown>;

/** The whole directory as plain values: what the journal must be able to bring back. */
export interface State {
  users: Record<string, Row>;
  groups: Record<string, Row>;
  members: Record<string, number>;
  nesting: Record<string, true>;
}

const USERS = `SELECT id, user_name AS userName, email, display_name AS displayName, given_name AS givenName, family_name AS familyName,
  title, department, organization, employee_number AS employeeNumber, user_type AS userType, manager, manager_id AS managerId,
  phone_number AS phoneNumber, locale, active, reason AS inactiveReason FROM accounts WHERE deleted_at IS NULL`;
const GROUPS = `SELECT id, name, description, removed_at IS NOT NULL AS removed, name_key IS NOT NULL AS holdsName FROM groups`;

export function stateOf(directory: Directory): State {
  const byId = (rows: Row[]) => Object.fromEntries(rows.map(({ id, ...row }) => [String(id), row]));
  const pairs = (sql: string) => directory.rows<{ pair: string; how: number }>(sql);
  return {
    users: byId(directory.rows(USERS)),
    groups: byId(directory.rows(GROUPS)),
    members: Object.fromEntries(
      pairs("SELECT group_id || ' ' || account_id AS pair, how FROM memberships").map((row) => [row.pair, row.how & 1]),
    ),
    nesting: Object.fromEntries(
      pairs("SELECT parent_id || ' ' || child_id AS pair, 1 AS how FROM group_nesting").map((row) => [row.pair, true]),
    ),
  };
}

/** Takes one run back, by nothing but v1_changes. */
export function invert(after: State, directory: Directory, runId: number): State {
  const state: State = structuredClone(after);
  const changes = directory.rows<{
    object: string;
    object_id: number;
    related_id: number;
    action: string;
    before: string | null;
  }>('SELECT object, object_id, related_id, action, before FROM v1_changes WHERE run_id = ? ORDER BY id DESC', runId);
  for (const { object, object_id, related_id, action, before } of changes) {
    const values: Row = before === null ? {} : (JSON.parse(before) as Row);
    const pair = `${object_id} ${related_id}`;
    if (object === 'membership') {
      if (action === 'add') delete state.members[pair];
      else state.members[pair] = Number(values.direct);
    } else if (object === 'nesting') {
      if (action === 'add') delete state.nesting[pair];
      else state.nesting[pair] = true;
    } else {
      const objects = object === 'user' ? state.users : state.groups;
      if (action === 'create') delete objects[object_id];
      else
        for (const [key, value] of Object.entries(values))
          (objects[object_id] ??= {})[key] = typeof value === 'boolean' ? Number(value) : value;
    }
  }
  return state;
}
