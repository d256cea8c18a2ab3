import type { Db } from '../../directory/open.ts';
import type { ObjectKind } from '../../model/words.ts';
import type { OnMissing, Step } from '../change.ts';

/** Whose plan it is. */
export interface PlannedSource extends Policy {
  id: number;
  name: string;
  type: string;
  nestedGroups: 'flatten' | 'direct';
  /** When the pass plans: ISO 8601 in UTC. */
  at: string;
  /** The source is to be removed: nothing is wanted, whatever its mirror says. */
  nothing: boolean;
}

/** What a source's configuration says of accounts whose users are gone. */
export interface Policy {
  onMissing: OnMissing;
  /** Milliseconds after which an account that left is deleted; null: never. */
  deleteAfter: number | null;
}

/** What happens to memberships of one group; `update` where only how somebody is a member changes. */
export type MemberChange = 'add' | 'drop' | 'update';

/** An account and how it is a member, in one number, so that lists of them sort and pack well. */
export const memberOf = (account: number, how: number): number => account * 16 + how;
export const accountIn = (member: number): number => Math.floor(member / 16);
export const howIn = (member: number): number => member % 16;

/** A row of the plan: one step about one object. Ids of new objects are given here, so that all can refer to them. */
export interface PlanRow extends Step {
  object: ObjectKind;
  id: number;
  name: string | null;
  related: number | null;
  /** The node at the source, for what is created. */
  node: number | null;
  /** The folded name, for accounts that are created. */
  key?: string;
}

/**
 * The plan is rows of temporary tables: it may be as long as the directory. `plan` has what the journal will hold;
 * `plan_members` one row for each kind of change to one group's members: `list` is a JSON array of numbers, each of
 * them account * 16 + how, which takes a tenth of the room and the time that a row for each membership takes.
 */
const TABLES = `
CREATE TEMP TABLE IF NOT EXISTS plan (
  seq INTEGER PRIMARY KEY, object TEXT NOT NULL, object_id INTEGER NOT NULL, object_name TEXT, related_id INTEGER,
  action TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT, before TEXT, after TEXT, node INTEGER,
  key TEXT
);
CREATE TEMP TABLE IF NOT EXISTS plan_members (
  seq INTEGER PRIMARY KEY, change TEXT NOT NULL, group_id INTEGER NOT NULL, why INTEGER NOT NULL, counted INTEGER NOT NULL,
  n INTEGER NOT NULL, list TEXT NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS todo (kind INTEGER NOT NULL, ext TEXT NOT NULL, node INTEGER NOT NULL, PRIMARY KEY (kind, ext)) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS raised (
  kind TEXT NOT NULL, object TEXT NOT NULL, ref INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (kind, object, ref)
) WITHOUT ROWID;
DELETE FROM plan; DELETE FROM plan_members; DELETE FROM todo; DELETE FROM raised;
`;

export interface PlanTable {
  add(row: PlanRow): void;
  /**
   * `members` are memberOf()s: of what is added or updated as it will be, of what is dropped as it was. `why` is an
   * index into REASONS. `counted` is false for those who leave with their account: no limit counts them.
   */
  changeMembers(
    change: MemberChange,
    groupId: number,
    members: readonly number[],
    why?: number,
    counted?: boolean,
  ): void;
  /** Leaves an object alone in something, and says why. `ref` is its node, or the number of a rule. */
  problem(kind: string, object: 'user' | 'group' | 'rule', ref: number, detail: string): void;
  isEmpty(): boolean;
}

/** Empty plan tables; part of the one transaction of a pass. */
export function planTable(db: Db): PlanTable {
  db.exec(TABLES);
  const add =
    db.prepare(`INSERT INTO plan (object, object_id, object_name, related_id, action, reason, rule, before, after, node, key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const addMembers = db.prepare(
    'INSERT INTO plan_members (change, group_id, why, counted, n, list) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const raise = db.prepare('INSERT OR REPLACE INTO raised VALUES (?, ?, ?, ?)');
  const json = (values: Step['before']) => (values === null ? null : JSON.stringify(values));
  return {
    add: (row) => {
      const { object, id, name, related, action, reason, before, after, node } = row;
      add.run(
        object,
        id,
        name,
        related,
        action,
        reason,
        row.rule ?? null,
        json(before),
        json(after),
        node,
        row.key ?? null,
      );
    },
    changeMembers: (change, groupId, members, why = 0, counted = true) => {
      if (members.length > 0)
        addMembers.run(change, groupId, why, Number(counted), members.length, `[${members.join(',')}]`);
    },
    problem: (kind, object, ref, detail) => {
      raise.run(kind, object, ref, detail);
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
