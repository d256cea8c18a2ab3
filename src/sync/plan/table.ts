import type { Db } from '../../directory/open.ts';
import type { ObjectKind } from '../../model/words.ts';
import type { Step } from '../change.ts';

/** Whose plan it is. */
export interface PlannedSource {
  id: number;
  name: string;
  nestedGroups: 'flatten' | 'direct';
}

/** A row of the plan: one step about one object. Ids of new objects are given here, so that all can refer to them. */
export interface PlanRow extends Step {
  object: ObjectKind;
  id: number;
  name: string | null;
  related: number | null;
  /** The node at the source, for what is created. */
  node: number | null;
}

/**
 * The plan is rows of temporary tables: it may be as long as the directory. `plan` has what the journal will hold;
 * `plan_members` one row for each membership that changes, null where there is none before or after.
 */
const TABLES = `
CREATE TEMP TABLE IF NOT EXISTS plan (
  seq INTEGER PRIMARY KEY, object TEXT NOT NULL, object_id INTEGER NOT NULL, object_name TEXT, related_id INTEGER,
  action TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT, before TEXT, after TEXT, node INTEGER
);
CREATE TEMP TABLE IF NOT EXISTS plan_members (
  group_id INTEGER NOT NULL, account_id INTEGER NOT NULL, was INTEGER, how INTEGER, why INTEGER NOT NULL,
  PRIMARY KEY (group_id, account_id)
) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS todo (kind INTEGER NOT NULL, ext TEXT NOT NULL, node INTEGER NOT NULL, PRIMARY KEY (kind, ext)) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS raised (
  kind TEXT NOT NULL, object TEXT NOT NULL, ref INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (kind, object, ref)
) WITHOUT ROWID;
DELETE FROM plan; DELETE FROM plan_members; DELETE FROM todo; DELETE FROM raised;
`;

export interface PlanTable {
  add(row: PlanRow): void;
  addMember(groupId: number, accountId: number, was: number | null, how: number | null, why: number): void;
  /** Leaves an object alone in something, and says why. */
  problem(kind: string, object: 'user' | 'group', node: number, detail: string): void;
  isEmpty(): boolean;
}

/** Empty plan tables; part of the one transaction of a pass. */
export function planTable(db: Db): PlanTable {
  db.exec(TABLES);
  const add =
    db.prepare(`INSERT INTO plan (object, object_id, object_name, related_id, action, reason, before, after, node)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const addMember = db.prepare('INSERT INTO plan_members VALUES (?, ?, ?, ?, ?)');
  const raise = db.prepare('INSERT OR REPLACE INTO raised VALUES (?, ?, ?, ?)');
  const json = (values: Step['before']) => (values === null ? null : JSON.stringify(values));
  return {
    add: (row) => {
      const { object, id, name, related, action, reason, before, after, node } = row;
      add.run(object, id, name, related, action, reason, json(before), json(after), node);
    },
    addMember: (groupId, accountId, was, how, why) => {
      addMember.run(groupId, accountId, was, how, why);
    },
    problem: (kind, object, node, detail) => {
      raise.run(kind, object, node, detail);
    },
    isEmpty: () =>
      db.prepare('SELECT NOT EXISTS (SELECT 1 FROM plan) AND NOT EXISTS (SELECT 1 FROM plan_members)').pluck().get() ===
      1,
  };
}

/** The id that the next new row of a table gets; AUTOINCREMENT never gives one twice. */
export function nextId(db: Db, table: 'accounts' | 'groups'): number {
  const last = db.prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table);
  return (last ?? 0) + 1;
}
