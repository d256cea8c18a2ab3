import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { USER } from '../known.ts';
import type { People } from './people.ts';
import type { PlanTable } from './table.ts';

const ACCOUNTS = `SELECT id, user_name AS name, manager, manager_id AS managerId FROM accounts
  WHERE source_id = ? AND manager IS NOT NULL AND deleted_at IS NULL
    AND id NOT IN (SELECT object_id FROM temp.plan WHERE object = 'user' AND action = 'delete')`;
const WITHOUT = 'SELECT id, user_name AS name, manager, manager_id AS managerId FROM accounts WHERE id = ?';
const CREATED = `UPDATE temp.plan SET after = json_set(after, '$.managerId', ?)
  WHERE object = 'user' AND object_id = ? AND action = 'create'`;
const BY_ID = `SELECT n.id FROM nodes n JOIN mirror_users m ON m.node = n.id
  WHERE n.source_id = ? AND n.kind = ${USER} AND n.ext = ? AND m.state NOT IN (1, 3)`;
const NAMES = `SELECT m.node, json_extract(m.record, '$.attributes.email'), json_extract(m.record, '$.attributes.userName')
  FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE n.source_id = ? AND m.state NOT IN (1, 3)`;

/**
 * Plans the managers of accounts. A source names a manager by its id, else by a mail address or user name that one of
 * its users bears; one that nobody, or more than one, bears is no manager. Who left the source manages nobody.
 */
export function planManagers(db: Db, sourceId: number, plan: PlanTable, people: People): void {
  type Row = { id: number; name: string | null; manager: string | null; managerId: number | null };
  const find = finder(db, sourceId, people);
  const add = (row: Row, wanted: number | null) => {
    if (wanted === row.managerId || people.isFrozen(row.id)) return;
    const { id, name } = row;
    const values = { before: { managerId: row.managerId }, after: { managerId: wanted } };
    plan.add({ object: 'user', id, name, related: null, node: null, action: 'update', reason: 'source', ...values });
  };
  const pending = new Map(people.managers);
  for (const row of db.prepare<[number], Row>(ACCOUNTS).all(sourceId)) {
    const manager = pending.get(row.id);
    pending.delete(row.id);
    add(row, find(manager === undefined ? row.manager : manager));
  }
  if (pending.size === 0) return;
  db.exec('CREATE INDEX IF NOT EXISTS temp.plan_of_object ON plan (object, object_id)');
  const one = db.prepare<[number], Row>(WITHOUT);
  const created = db.prepare(CREATED);
  for (const [id, manager] of pending) {
    const account = find(manager);
    const row = one.get(id);
    if (row) add(row, account);
    else if (account !== null) created.run(account, id);
  }
}

function finder(db: Db, sourceId: number, people: People): (manager: string | null) => number | null {
  const byId = db.prepare<[number, string], number>(BY_ID).pluck();
  const found = new Map<string, number | null>();
  let byName: Map<string, number> | undefined;
  return (manager) => {
    if (manager === null) return null;
    let account = found.get(manager);
    if (account === undefined) {
      const node = byId.get(sourceId, manager) ?? (byName ??= names(db, sourceId)).get(fold(manager)) ?? 0;
      account = people.anyAccountOf(node) || null;
      found.set(manager, account);
    }
    return account;
  };
}

/** Folded mail addresses and user names to their node; 0 for what several users bear. */
function names(db: Db, sourceId: number): Map<string, number> {
  const byName = new Map<string, number>();
  for (const [node, ...texts] of db
    .prepare<[number], [number, string | null, string | null]>(NAMES)
    .raw()
    .iterate(sourceId)) {
    for (const text of texts) {
      if (text === null) continue;
      const key = fold(text);
      const before = byName.get(key);
      byName.set(key, before === undefined || before === node ? node : 0);
    }
  }
  return byName;
}
