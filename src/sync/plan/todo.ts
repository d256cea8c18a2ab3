import type { Db } from '../../directory/open.ts';
import { GROUP, USER } from '../known.ts';

/** What a pass has to look at: everything, or what changed since a run and whatever is in trouble. */
export type Scope = { since: number } | 'everything';

const ALL = (table: string) => `INSERT INTO todo SELECT ?, n.ext, m.node FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ?`;
const SINCE = (
  table: string,
  open: string,
) => `INSERT INTO todo SELECT ?, n.ext, m.node FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE (m.run > ? OR m.state IN (1, 2) OR ${open}) AND n.source_id = ?`;
const TROUBLED = `INSERT OR IGNORE INTO todo SELECT ?, n.ext, n.id FROM problems p JOIN nodes n ON n.id = p.ref
  WHERE p.source_id = ? AND p.object = ?`;

/** Adds every user of the source. */
export function addEveryUser(db: Db, sourceId: number): void {
  db.prepare(ALL('mirror_users').replace('INSERT', 'INSERT OR IGNORE')).run(USER, sourceId);
}

/** Adds every group of the source, where one of them is to be looked at. */
export function addEveryGroup(db: Db, sourceId: number): void {
  if (db.prepare('SELECT EXISTS (SELECT 1 FROM temp.todo WHERE kind = ?)').pluck().get(GROUP) === 1)
    db.prepare(ALL('mirror_groups').replace('INSERT', 'INSERT OR IGNORE')).run(GROUP, sourceId);
}

/** Fills the temporary table `todo`, which is read in the order of the ids at the source. */
export function listTodo(db: Db, sourceId: number, scope: Scope): void {
  for (const [kind, table, object, open] of [
    [USER, 'mirror_users', 'user', 'false'],
    [GROUP, 'mirror_groups', 'group', 'm.unread IS NOT NULL'],
  ] as const) {
    if (scope === 'everything') db.prepare(ALL(table)).run(kind, sourceId);
    else {
      db.prepare(SINCE(table, open)).run(kind, scope.since, sourceId);
      db.prepare(TROUBLED).run(kind, sourceId, object);
    }
  }
}
