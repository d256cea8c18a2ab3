import Database from 'better-sqlite3';
import { effective, type Reading } from './reading.ts';

/** The directory as an application reads it, each row as one line of text, people and groups by their Keycloak ids. */
export interface Seen {
  active: string[];
  inactive: string[];
  groups: string[];
  memberships: string[];
  nesting: string[];
}

const ROWS = {
  active: `SELECT u.external_id, u.user_name, u.email, u.display_name, u.given_name, u.family_name, u.title,
                  u.department, u.employee_number, u.locale, m.external_id
           FROM v1_users u LEFT JOIN v1_users m ON m.id = u.manager_id WHERE u.active = 1`,
  inactive: 'SELECT external_id, inactive_reason FROM v1_users WHERE active = 0',
  groups: 'SELECT external_id, name, description FROM v1_groups',
  memberships: `SELECT g.external_id, u.external_id, m.direct, m.origin FROM v1_memberships m
                JOIN v1_groups g ON g.id = m.group_id JOIN v1_users u ON u.id = m.user_id`,
  nesting: `SELECT p.external_id, c.external_id FROM v1_group_nesting n
            JOIN v1_groups p ON p.id = n.parent_id JOIN v1_groups c ON c.id = n.child_id`,
} satisfies Record<keyof Seen, string>;

export function seen(file: string): Seen {
  return reading(file, (db) => {
    const lines = (sql: string) =>
      db
        .prepare(sql)
        .raw()
        .all()
        .map((row) => JSON.stringify(row));
    return {
      active: lines(ROWS.active),
      inactive: lines(ROWS.inactive),
      groups: lines(ROWS.groups),
      memberships: lines(ROWS.memberships),
      nesting: lines(ROWS.nesting),
    };
  });
}

/**
 * What the directory must hold of a realm. `before` is the realm as the last pass saw it: whoever had an account then
 * keeps it, inactive.
 */
export function expected(now: Reading, before?: Reading): Seen {
  const { users, groups } = now;
  const byMail = new Map([...users.values()].map((user) => [user.email, user.id]));
  const is = (id: string) => users.get(id)?.enabled === true;
  const formerly = [...(before?.users.values() ?? [])].filter(({ id, enabled }) => enabled && !is(id));
  return {
    active: [...users.values()]
      .filter(({ enabled }) => enabled)
      .map(({ id, username, email, firstName, lastName, attributes }) => {
        const first = (name: string) => attributes?.[name]?.[0] ?? null;
        const manager = byMail.get(attributes?.['manager']?.[0] ?? '');
        return JSON.stringify([
          id,
          username,
          email ?? null,
          firstName ? `${firstName} ${lastName}` : null,
          firstName ?? null,
          lastName ?? null,
          first('title'),
          first('department'),
          first('employeeNumber'),
          first('locale'),
          manager !== undefined && is(manager) ? manager : null,
        ]);
      }),
    inactive: formerly.map(({ id }) => JSON.stringify([id, users.has(id) ? 'disabled' : 'missing'])),
    groups: [...groups.values()].map(({ id, path, description }) =>
      JSON.stringify([id, path.slice(1), description ?? null]),
    ),
    memberships: [...groups.values()].flatMap(({ id, direct }) =>
      [...effective(now, id)].filter(is).map((user) => JSON.stringify([id, user, direct.has(user) ? 1 : 0, 'source'])),
    ),
    nesting: [...groups.values()].flatMap(({ id, parentId }) => (parentId ? [JSON.stringify([parentId, id])] : [])),
  };
}

/** What a pass that changes nothing may write: its run's row and its source's. */
const BOOKKEEPING = new Set(['runs', 'sources']);

/** Every row of every other table, sorted: two dumps are alike where the mirror and the directory are. */
export function dump(file: string): string[] {
  return reading(file, (db) => {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all();
    return tables
      .map(String)
      .filter((table) => !BOOKKEEPING.has(table))
      .flatMap((table) => {
        const rows = db.prepare(`SELECT * FROM "${table}"`).raw().all();
        return rows.map((row) => `${table} ${JSON.stringify(row, hex)}`).filter((row) => !isCounter(row));
      })
      .sort();
  });
}

/** SQLite's own note of the last number that the bookkeeping gave out. */
const isCounter = (row: string) => /^sqlite_sequence \["(runs|sources)"/.test(row);

const hex = (_: string, value: unknown) =>
  value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer' && 'data' in value
    ? Buffer.from(Array.isArray(value.data) ? value.data : []).toString('hex')
    : value;

/** A run, as far as it is checked; the names are the view's columns. */
interface Run {
  id: number;
  mode: string;
  actor: string | null;
  plan_id: string | null;
  outcome: string;
  deactivated: number;
  message: string | null;
}

/** The newest run, as the journal's readers see it. */
export function lastRun(file: string): Run {
  return reading(file, (db) => {
    const sql = 'SELECT id, mode, actor, plan_id, outcome, deactivated, message FROM v1_runs ORDER BY id DESC LIMIT 1';
    // `as`: the view's columns are the contract (docs).
    return db.prepare(sql).get() as Run;
  });
}

/** How the only source is. */
export function sourceNow(file: string): unknown {
  return reading(file, (db) => db.prepare('SELECT state, blocked_plan FROM v1_sources').get());
}

const CHANGES = `SELECT c.object, coalesce(u.user_name, g.name, c.object_name), c.action, c.reason FROM v1_changes c
  LEFT JOIN v1_users u ON c.object = 'user' AND u.id = c.object_id
  LEFT JOIN v1_groups g ON c.object = 'group' AND g.id = c.object_id
  WHERE c.run_id = ? AND c.object IN ('user', 'group')`;

/** What a run changed in accounts and groups, one line each: object, the name it has now, action and reason. */
export function changes(file: string, run: number): string[] {
  return reading(file, (db) =>
    db
      .prepare(CHANGES)
      .raw()
      .all(run)
      .map((row) => JSON.stringify(row)),
  );
}

const PROBLEMS = `SELECT p.kind || ' ' || coalesce(g.name, u.user_name, p.external_id) FROM v1_problems p
  LEFT JOIN v1_users u ON p.object = 'user' AND u.id = p.object_id
  LEFT JOIN v1_groups g ON p.object = 'group' AND g.id = p.object_id`;

/** What the last pass left alone: the kind of the problem and whose it is. */
export function problems(file: string): string[] {
  return reading(file, (db) => db.prepare(PROBLEMS).pluck().all().map(String));
}

function reading<T>(file: string, read: (db: Database.Database) => T): T {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
