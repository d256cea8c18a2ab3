import type { Db } from '../directory/open.ts';
import type { Excess } from './limits.ts';

/** A source that the directory has and the configuration no longer names. */
export interface LeftSource {
  id: number;
  name: string;
}

/** One that has nothing to show, or that was removed, is nothing to worry about. */
const LEFT = `SELECT s.id, s.name FROM sources s
  WHERE s.name NOT IN (SELECT value FROM json_each(?)) AND s.state <> 'removed'
    AND (EXISTS (SELECT 1 FROM accounts a WHERE a.source_id = s.id AND a.deleted_at IS NULL)
      OR EXISTS (SELECT 1 FROM groups g WHERE g.source_id = s.id AND g.removed_at IS NULL))
  ORDER BY s.name`;
const CLEAR = "DELETE FROM problems WHERE kind = 'source-left' AND source_id NOT IN (SELECT value FROM json_each(?))";
const RAISE = `INSERT INTO problems (source_id, kind, object, ref, detail, since_run) VALUES (?, 'source-left', 'source', 0, ?, ?)
  ON CONFLICT DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail`;
const SHARED = `SELECT count(*) FROM nodes n JOIN mirror_users m ON m.node = n.id AND m.state NOT IN (1, 3)
  JOIN nodes o ON o.source_id = ? AND o.kind = n.kind AND o.ext = n.ext JOIN identities i ON i.node = o.id
  WHERE n.source_id = ?`;

/** @param named the name of every source in the configuration */
export function leftSources(db: Db, named: readonly string[]): LeftSource[] {
  return db.prepare<[string], LeftSource>(LEFT).all(JSON.stringify(named));
}

/** Makes a problem of each source that left the configuration, and clears those of sources that are back or removed. */
export function noteLeft(db: Db, named: readonly string[], runId: number): void {
  const left = leftSources(db, named);
  db.prepare(CLEAR).run(JSON.stringify(left.map(({ id }) => id)));
  const raise = db.prepare(RAISE);
  for (const { id, name } of left) raise.run(id, leftSentence(name), runId);
}

/** The source that left the configuration whose users this source shows, under whatever name: it was renamed. */
export function formerName(
  db: Db,
  sourceId: number,
  named: readonly string[],
): { name: string; users: number } | undefined {
  const shared = db.prepare<[number, number], number>(SHARED).pluck();
  return leftSources(db, named)
    .map(({ id, name }) => ({ name, users: shared.get(id, sourceId) ?? 0 }))
    .filter(({ users }) => users > 0)
    .sort((a, b) => b.users - a.users)[0];
}

/** What stops the first pass of a source that is probably another one under a new name. */
export function renamedExcess(source: string, former: { name: string; users: number }, all: number): Excess {
  const { name, users } = former;
  return {
    ...{ key: 'create', what: 'users', planned: users, recent: 0, base: all, left: null, allowed: 0, emptied: false },
    sentence: `${users} of its ${all} users have accounts already, those of source \`${name}\`, which the configuration no longer names: they would all be made a second time. If it is the same source under a new name, type "rosterd source rename ${name} ${source}"; if not, "rosterd source remove ${name}".`,
  };
}

const leftSentence = (name: string) =>
  `The configuration no longer names this source; its accounts and groups stay as they are. Put it back, or type "rosterd source remove ${name}" if it is to go, or "rosterd source rename ${name} NEW" if it is called NEW now.`;
