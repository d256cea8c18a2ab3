import { COLUMN_OF } from '../directory/accounts.ts';
import type { Db } from '../directory/open.ts';
import type { RunCounts } from '../directory/runs.ts';
import { MEMBERSHIPS_OF_ACCOUNT } from '../directory/schema.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import { objectWriter, type PlannedObject } from './write-objects.ts';

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
const PAGE = `SELECT seq, object, object_id AS id, related_id AS related, action, reason, after, node FROM temp.plan
  WHERE seq > ? AND NOT (object = 'user' AND action = 'create') ORDER BY seq LIMIT 1000`;

/** A first import makes an account for everyone: in one statement, where row by row would take three times as long. */
const CREATE_ACCOUNTS = `INSERT INTO accounts
  (id, source_id, primary_node, name_key, active, created_at, updated_at, manager_id, custom, ${STANDARD_ATTRIBUTES.map((name) => COLUMN_OF[name]).join(', ')})
  SELECT object_id, @sourceId, node, key, 1, @at, @at, json_extract(after, '$.managerId'), coalesce(json_extract(after, '$.attributes'), '{}'),
    ${STANDARD_ATTRIBUTES.map((name) => `json_extract(after, '$.${name}')`).join(', ')}
  FROM temp.plan WHERE object = 'user' AND action = 'create' ORDER BY seq`;
const CREATE_IDENTITIES = `INSERT INTO identities (node, source_id, account_id, active)
  SELECT node, @sourceId, object_id, 1 FROM temp.plan WHERE object = 'user' AND action = 'create' ORDER BY seq`;

// The order of the tables is given (CROSS JOIN): the other way round a large group is walked once for each of its members.
const CLOSE = `INSERT INTO past_memberships SELECT m.group_id, m.account_id, m.how, m.since_run, m.why, ?, p.why
  FROM temp.plan_members p CROSS JOIN json_each(p.list) j CROSS JOIN memberships m ON m.group_id = p.group_id AND m.account_id = j.value / 16
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
  db.prepare(CREATE_ACCOUNTS).run({ sourceId: applying.sourceId, at: applying.at });
  db.prepare(CREATE_IDENTITIES).run({ sourceId: applying.sourceId });
  const writer = objectWriter(db, applying);
  const page = db.prepare<[number], PlannedObject>(PAGE);
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
