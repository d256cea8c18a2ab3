import type { Db } from '../../directory/open.ts';
import type { Change, Explanation } from './explained.ts';

/** How many changes are told. */
const CHANGES = 10;
const OF = `SELECT c.run_id AS run, c.at, c.action, c.reason, c.rule, c.before, c.after, r.actor, r.message
  FROM v1_changes c JOIN v1_runs r ON r.id = c.run_id WHERE c.object = ? AND c.object_id = ? AND c.id IS NOT NULL
  ORDER BY c.id DESC LIMIT ${CHANGES}`;
const ROWS = { user: 'SELECT * FROM v1_users WHERE id = ?', group: 'SELECT * FROM v1_groups WHERE id = ?' };
const PLAN = 'SELECT plan_id FROM blocked WHERE source_id = ?';
/** What stands in a plan about an account, or a group: as itself; and of a new one as its node, below zero. */
const HELD = `SELECT kind, count(*) AS n FROM blocked_removals WHERE source_id = @sourceId AND (
    (kind IN ('deactivate', 'delete', 'disable', 'create') AND @user AND one IN (@id, -@node))
    OR (kind = 'rename' AND other = NOT @user AND one = @id)
    OR (kind = 'removeGroups' AND NOT @user AND one = @id)
    OR (kind IN ('removeMembers', 'addMembers') AND CASE WHEN @user THEN other ELSE one END IN (@id, -@node)))
  GROUP BY kind ORDER BY kind`;
const PROBLEMS = `SELECT detail FROM problems WHERE source_id = @sourceId AND ((object = @object AND ref = @node) OR object = 'rule')
  ORDER BY object, kind, ref`;
const MEMBERS = 'SELECT count(*) FROM v1_memberships WHERE group_id = ?';

export function directoryRow(db: Db, object: 'user' | 'group', id: number | null): Explanation['directory'] {
  if (id === null) return null;
  const row = db.prepare<[number], Record<string, unknown>>(ROWS[object]).get(id);
  if (!row) return null;
  // Written by write-objects.ts.
  return typeof row.attributes === 'string' ? { ...row, attributes: JSON.parse(row.attributes) as unknown } : row;
}

export const membersOf = (db: Db, id: number): number => Number(db.prepare(MEMBERS).pluck().get(id));

export function problemsOf(db: Db, sourceId: number, object: string, node: number | null): string[] {
  return db.prepare<[object], string>(PROBLEMS).pluck().all({ sourceId, object, node });
}

export function changesOf(db: Db, object: string, id: number): Change[] {
  type Row = Omit<Change, 'before' | 'after'> & { before: string | null; after: string | null };
  const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  const rows = db.prepare<[string, number], Row>(OF).all(object, id);
  return rows.map((row) => ({ ...row, before: parsed(row.before), after: parsed(row.after) }));
}

const WOULD: Readonly<Record<string, string>> = {
  deactivate: 'deactivate it',
  delete: 'delete it for good',
  disable: 'disable it',
  create: 'create it',
  removeGroups: 'remove it',
  rename: 'rename it',
};

/** What a blocked plan of the source would do to it; null where none is blocked or none of it is about this. */
export function blockedFor(
  db: Db,
  sourceId: number,
  object: 'user' | 'group',
  id: number | null,
  node: number | null,
): Explanation['blocked'] {
  const plan = db.prepare<[number], string>(PLAN).pluck().get(sourceId);
  if (plan === undefined) return null;
  const asked = { sourceId, id: id ?? 0, node: node ?? 0, user: Number(object === 'user') };
  const held = db.prepare<[object], { kind: string; n: number }>(HELD).all(asked);
  const would = held.map(({ kind, n }) => {
    const known = WOULD[kind];
    if (known !== undefined) return known;
    const many = `${n.toLocaleString('en')} membership${n === 1 ? '' : 's'}`;
    return kind === 'addMembers' ? `add ${many}` : `take away ${many}`;
  });
  return { plan, would };
}
