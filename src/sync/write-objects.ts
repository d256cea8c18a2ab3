import { COLUMN_OF } from '../directory/accounts.ts';
import { fold } from '../directory/names.ts';
import type { Db } from '../directory/open.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import { type Action, DIRECT, NESTED, type ObjectKind, REASONS, type Reason } from '../model/words.ts';
import type { Applying } from './apply.ts';
import type { Values } from './change.ts';
import { GROUP } from './known.ts';

/** A row of the plan. */
export interface PlannedObject {
  seq: number;
  object: ObjectKind;
  id: number;
  related: number | null;
  action: Action;
  reason: Reason;
  after: string | null;
  node: number | null;
}

const BIND_PART = `INSERT OR REPLACE INTO group_sources (node, group_id, is_primary)
  SELECT id, @group, @first FROM nodes WHERE source_id = @sourceId AND kind = ${GROUP} AND ext = @ext`;

/** Memberships of local groups. */
const LOCAL = `how & ${DIRECT | NESTED} = 0`;
const CLOSE_LOCAL = `INSERT INTO past_memberships SELECT group_id, account_id, how, since_run, why, @runId, @why
  FROM memberships WHERE account_id = @id AND ${LOCAL}`;

/** Writes single planned objects: every change of an account but its creation, every change of a group, nesting. */
export function objectWriter(db: Db, applying: Applying): (row: PlannedObject) => void {
  const { at, sourceId, runId } = applying;
  const deleteUser = db.prepare('UPDATE accounts SET active = 0, deleted_at = ?, updated_at = ? WHERE id = ?');
  const dropIdentities = db.prepare('DELETE FROM identities WHERE account_id = ?');
  const closeLocal = db.prepare(CLOSE_LOCAL);
  const dropLocal = db.prepare(`DELETE FROM memberships WHERE account_id = ? AND ${LOCAL}`);
  const createGroup =
    db.prepare(`INSERT INTO groups (id, source_id, name_key, name, description, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const bindGroup = db.prepare('INSERT OR REPLACE INTO group_sources (node, group_id, is_primary) VALUES (?, ?, 1)');
  const nest = db.prepare('INSERT INTO group_nesting VALUES (?, ?)');
  const unnest = db.prepare('DELETE FROM group_nesting WHERE parent_id = ? AND child_id = ?');
  const setIdentity = db.prepare('UPDATE identities SET active = ?, reason = ? WHERE account_id = ? AND source_id = ?');
  const custom = db.prepare<[number], string>('SELECT custom FROM accounts WHERE id = ?').pluck();
  const userName = db.prepare<[number], string | null>('SELECT user_name FROM accounts WHERE id = ?').pluck();
  const patch = patcher(db);
  const unbind = db.prepare('DELETE FROM group_sources WHERE group_id = ?');
  const bindPart = db.prepare(BIND_PART);
  const rebind = (group: number, sources: Values[string]) => {
    unbind.run(group);
    // Written by plan/groups.ts: ids at the source, the first first.
    (sources as string[]).forEach((ext, at) => {
      bindPart.run({ group, ext, sourceId, first: Number(at === 0) });
    });
  };

  const writeUser = (row: PlannedObject, after: Values) => {
    if (row.action === 'delete') {
      deleteUser.run(at, at, row.id);
      dropIdentities.run(row.id);
      // Those of its source's groups are in the plan.
      closeLocal.run({ id: row.id, runId, why: REASONS.indexOf(row.reason) });
      dropLocal.run(row.id);
      return;
    }
    const name = () => userName.get(row.id) ?? '';
    const columns = userColumns(row.action, after, at, name);
    if (after.attributes !== undefined) columns.custom = mergeCustom(custom.get(row.id) ?? '{}', after.attributes);
    patch('accounts', row.id, columns);
    if (after.inactiveReason !== undefined)
      setIdentity.run(Number(after.active), after.inactiveReason, row.id, sourceId);
  };
  const writeGroup = (row: PlannedObject, after: Values) => {
    if (row.action === 'create') {
      createGroup.run(row.id, sourceId, fold(String(after.name)), after.name, after.description ?? null, at, at);
      if (after.sources === undefined) bindGroup.run(row.node, row.id);
      else rebind(row.id, after.sources);
      return;
    }
    if (after.sources !== undefined) rebind(row.id, after.sources);
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

function userColumns(
  action: Action,
  after: Values,
  at: string,
  name: () => string,
): Record<string, string | number | null> {
  const columns: Record<string, string | number | null> = { updated_at: at };
  for (const name of STANDARD_ATTRIBUTES) {
    const value = after[name];
    if (value !== undefined) columns[COLUMN_OF[name]] = value === null ? null : String(value);
  }
  if (after.userName !== undefined) columns.name_key = fold(String(after.userName));
  else if (after.holdsName !== undefined) columns.name_key = after.holdsName ? fold(name()) : null;
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

/** Custom attributes after a change, as JSON in the order of their names; null takes one away. */
function mergeCustom(before: string, changes: Values[string]): string {
  // Both written by change.ts.
  const merged = { ...(JSON.parse(before) as object), ...(changes as object) };
  const set = Object.entries(merged).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1))));
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
