import { COLUMN_OF } from '../directory/accounts.ts';
import { fold } from '../directory/names.ts';
import type { Db } from '../directory/open.ts';
import type { RunCounts } from '../directory/runs.ts';
import { MEMBERSHIPS_OF_ACCOUNT } from '../directory/schema.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { Action, ObjectKind } from '../model/words.ts';
import type { Values } from './change.ts';

interface Row {
  seq: number;
  object: ObjectKind;
  id: number;
  related: number | null;
  action: Action;
  after: string | null;
  node: number | null;
}

/** Which pass applies the plan, and when; `at` is ISO 8601 in UTC. */
export interface Applying {
  runId: number;
  sourceId: number;
  source: string;
  at: string;
}

const FREE_USER_NAMES = `UPDATE accounts SET name_key = NULL WHERE id IN
  (SELECT object_id FROM temp.plan WHERE object = 'user' AND action IN ('rename', 'delete'))`;
const FREE_GROUP_NAMES = `UPDATE groups SET name_key = NULL WHERE id IN
  (SELECT object_id FROM temp.plan WHERE object = 'group' AND (action = 'rename' OR json_type(after, '$.holdsName') IS NOT NULL))`;
const PAGE = `SELECT seq, object, object_id AS id, related_id AS related, action, after, node FROM temp.plan
  WHERE seq > ? ORDER BY seq LIMIT 1000`;

const CLOSE = `INSERT INTO past_memberships SELECT m.group_id, m.account_id, m.how, m.since_run, m.why, ?, p.why
  FROM temp.plan_members p, json_each(p.list) j JOIN memberships m ON m.group_id = p.group_id AND m.account_id = j.value / 16
  WHERE p.change <> 'add'`;
const DROP = `DELETE FROM memberships WHERE (group_id, account_id) IN
  (SELECT p.group_id, j.value / 16 FROM temp.plan_members p, json_each(p.list) j WHERE p.change <> 'add')`;
const ADD = `INSERT INTO memberships SELECT p.group_id, j.value / 16, j.value % 16, ?, p.why
  FROM temp.plan_members p CROSS JOIN json_each(p.list) j WHERE p.change <> 'drop'`;

const JOURNAL = `INSERT INTO journal
  (run_id, at, source, object, object_id, object_name, related_id, action, reason, rule, before, after)
  SELECT @runId, @at, @source, object, object_id,
    coalesce(object_name, CASE WHEN object <> 'user' THEN (SELECT name FROM groups WHERE id = object_id) END),
    related_id, action, reason, rule, before, after FROM temp.plan ORDER BY seq`;

const FORGET_PROBLEMS = `DELETE FROM problems WHERE source_id = ? AND NOT EXISTS
  (SELECT 1 FROM temp.raised r WHERE r.kind = problems.kind AND r.object = problems.object AND r.ref = problems.ref)`;
const RAISE_PROBLEMS = `INSERT INTO problems (source_id, kind, object, ref, detail, since_run)
  SELECT ?, kind, object, ref, detail, ? FROM temp.raised WHERE true
  ON CONFLICT (source_id, kind, object, ref) DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail`;

const COUNT_PLAN = `SELECT
  count(DISTINCT CASE WHEN object = 'user' AND action = 'create' THEN object_id END) AS created,
  count(DISTINCT CASE WHEN object = 'user' AND action IN ('update', 'rename') THEN object_id END) AS updated,
  count(DISTINCT CASE WHEN object = 'user' AND action = 'deactivate' THEN object_id END) AS deactivated,
  count(DISTINCT CASE WHEN object = 'user' AND action = 'reactivate' THEN object_id END) AS reactivated,
  count(DISTINCT CASE WHEN object = 'user' AND action = 'delete' THEN object_id END) AS deleted,
  count(DISTINCT CASE WHEN object = 'group' THEN object_id END) AS groupsChanged
  FROM temp.plan`;
const COUNT_MEMBERS = `SELECT coalesce(sum(CASE change WHEN 'add' THEN n END), 0) AS membersAdded,
  coalesce(sum(CASE change WHEN 'drop' THEN n END), 0) AS membersRemoved FROM temp.plan_members`;

/** Brings the directory to the plan, and journals it; part of the one transaction of a pass. */
export function apply(db: Db, applying: Applying): void {
  // Names move in two steps, as SQLite checks a UNIQUE constraint row by row: first everybody lets go.
  db.exec(FREE_USER_NAMES);
  db.exec(FREE_GROUP_NAMES);
  const writer = objectWriter(db, applying);
  const page = db.prepare<[number], Row>(PAGE);
  for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)?.seq ?? 0)) {
    for (const row of rows) writer(row);
  }
  db.prepare(CLOSE).run(applying.runId);
  db.exec(DROP);
  const first = db.prepare('SELECT NOT EXISTS (SELECT 1 FROM memberships)').pluck().get() === 1;
  if (first) db.exec('DROP INDEX memberships_of_account');
  db.prepare(ADD).run(applying.runId);
  if (first) db.exec(MEMBERSHIPS_OF_ACCOUNT);
  db.prepare(JOURNAL).run({ runId: applying.runId, at: applying.at, source: applying.source });
}

/** Brings the source's problems to what the plan raised. @returns how many there are now */
export function applyProblems(db: Db, sourceId: number, runId: number): number {
  db.prepare(FORGET_PROBLEMS).run(sourceId);
  db.prepare(RAISE_PROBLEMS).run(sourceId, runId);
  return Number(db.prepare('SELECT count(*) FROM temp.raised').pluck().get());
}

/** What the plan would change, in figures; `problems` is left at 0. */
export function countPlan(db: Db): RunCounts {
  const objects = db.prepare<[], Omit<RunCounts, 'membersAdded' | 'membersRemoved' | 'problems'>>(COUNT_PLAN).get();
  const members = db.prepare<[], Pick<RunCounts, 'membersAdded' | 'membersRemoved'>>(COUNT_MEMBERS).get();
  if (!objects || !members) throw new Error('an aggregate without GROUP BY always gives a row');
  return { ...objects, ...members, problems: 0 };
}

function objectWriter(db: Db, applying: Applying): (row: Row) => void {
  const { at, sourceId } = applying;
  const columns = STANDARD_ATTRIBUTES.map((name) => COLUMN_OF[name]).join(', ');
  const createUser =
    db.prepare(`INSERT INTO accounts (id, source_id, primary_node, name_key, active, created_at, updated_at, manager_id, ${columns})
    VALUES (?, ?, ?, ?, 1, ?, ?, ?, ${STANDARD_ATTRIBUTES.map(() => '?').join(', ')})`);
  const deleteUser = db.prepare('UPDATE accounts SET active = 0, deleted_at = ?, updated_at = ? WHERE id = ?');
  const dropIdentities = db.prepare('DELETE FROM identities WHERE account_id = ?');
  const createIdentity = db.prepare('INSERT INTO identities (node, source_id, account_id, active) VALUES (?, ?, ?, 1)');
  const createGroup =
    db.prepare(`INSERT INTO groups (id, source_id, name_key, name, description, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const bindGroup = db.prepare('INSERT INTO group_sources (node, group_id, is_primary) VALUES (?, ?, 1)');
  const nest = db.prepare('INSERT INTO group_nesting VALUES (?, ?)');
  const unnest = db.prepare('DELETE FROM group_nesting WHERE parent_id = ? AND child_id = ?');
  const setIdentity = db.prepare('UPDATE identities SET active = ?, reason = ? WHERE account_id = ? AND source_id = ?');
  const patch = patcher(db);

  const writeUser = (row: Row, after: Values) => {
    if (row.action === 'create') {
      createUser.run(
        row.id,
        sourceId,
        row.node,
        fold(String(after.userName)),
        at,
        at,
        after.managerId ?? null,
        ...STANDARD_ATTRIBUTES.map((name) => after[name] ?? null),
      );
      createIdentity.run(row.node, sourceId, row.id);
      return;
    }
    if (row.action === 'delete') {
      deleteUser.run(at, at, row.id);
      dropIdentities.run(row.id);
      return;
    }
    patch('accounts', row.id, userColumns(row.action, after, at));
    if (after.inactiveReason !== undefined)
      setIdentity.run(Number(after.active), after.inactiveReason, row.id, sourceId);
  };
  const writeGroup = (row: Row, after: Values) => {
    if (row.action === 'create') {
      createGroup.run(row.id, sourceId, fold(String(after.name)), after.name, after.description ?? null, at, at);
      bindGroup.run(row.node, row.id);
      return;
    }
    const name = () => db.prepare<[number], string>('SELECT name FROM groups WHERE id = ?').pluck().get(row.id) ?? '';
    patch('groups', row.id, groupColumns(after, at, name));
  };
  return (row) => {
    // Written by plan/table.ts.
    const after = row.after === null ? {} : (JSON.parse(row.after) as Values);
    if (row.object === 'user') writeUser(row, after);
    else if (row.object === 'group') writeGroup(row, after);
    else if (row.action === 'add') nest.run(row.id, row.related);
    else unnest.run(row.id, row.related);
  };
}

function userColumns(action: Action, after: Values, at: string): Record<string, string | number | null> {
  const columns: Record<string, string | number | null> = { updated_at: at };
  for (const name of STANDARD_ATTRIBUTES) {
    const value = after[name];
    if (value !== undefined) columns[COLUMN_OF[name]] = value === null ? null : String(value);
  }
  if (after.userName !== undefined) columns.name_key = fold(String(after.userName));
  if (after.managerId !== undefined) columns.manager_id = after.managerId === null ? null : Number(after.managerId);
  if (after.active !== undefined) {
    columns.active = Number(after.active);
    columns.reason = after.inactiveReason === null ? null : String(after.inactiveReason);
    columns.reason_at = after.inactiveReason === null ? null : at;
    if (after.active) columns.deactivated_at = null;
    else if (action === 'deactivate') columns.deactivated_at = at;
  }
  return columns;
}

function groupColumns(after: Values, at: string, name: () => string): Record<string, string | number | null> {
  const columns: Record<string, string | number | null> = { updated_at: at };
  if (after.name !== undefined) {
    columns.name = String(after.name);
    columns.name_key = fold(columns.name);
  }
  if (after.description !== undefined)
    columns.description = after.description === null ? null : String(after.description);
  if (after.removed !== undefined) columns.removed_at = after.removed ? at : null;
  if (after.name === undefined && after.holdsName !== undefined)
    columns.name_key = after.holdsName ? fold(name()) : null;
  return columns;
}

/** Updates the given columns of one row; one prepared statement for each set of columns. */
function patcher(db: Db): (table: string, id: number, columns: Record<string, string | number | null>) => void {
  const statements = new Map<string, ReturnType<Db['prepare']>>();
  return (table, id, columns) => {
    const names = Object.keys(columns);
    const key = `${table} ${names.join(' ')}`;
    let statement = statements.get(key);
    if (!statement) {
      const set = names.map((name) => `${name} = ?`).join(', ');
      statements.set(key, (statement = db.prepare(`UPDATE ${table} SET ${set} WHERE id = ?`)));
    }
    statement.run([...Object.values(columns), id]);
  };
}
