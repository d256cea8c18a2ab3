import type { Connector } from '../../connectors/connector.ts';
import type { Db } from '../directory/open.ts';
import type { PassRequest } from '../model/pass.ts';
import type { Cursor, Want } from '../model/snapshot.ts';

const SOURCE = `SELECT cursor, full_at AS fullAt, select_key AS selectKey, applied_run IS NOT NULL AS applied,
    EXISTS (SELECT 1 FROM blocked b WHERE b.source_id = s.id) AS blocked,
    EXISTS (SELECT 1 FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state = 1 AND n.source_id = s.id)
      OR EXISTS (SELECT 1 FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE m.state = 1 AND n.source_id = s.id) AS missing
  FROM sources s WHERE id = ?`;

interface Source {
  cursor: string | null;
  fullAt: string | null;
  selectKey: string | null;
  applied: number;
  blocked: number;
  missing: number;
}

/** Where the last listing of a source left off, however old it is; null where it left nothing. */
export const lastCursor = (db: Db, sourceId: number): Cursor | null =>
  db.prepare<[number], string | null>('SELECT cursor FROM sources WHERE id = ?').pluck().get(sourceId) ?? null;

/**
 * Where an incremental listing may start; null where the pass has to be a full one: the provider has none, nobody asked
 * for less, `fullEvery` is over, the attributes that rules read are others than before, a plan waits for an approval, or
 * somebody is missing.
 * @param now the time, in milliseconds since 1970
 */
export function changesFrom(
  db: Db,
  sourceId: number,
  { read, full, source }: Pick<PassRequest, 'read' | 'full' | 'source'>,
  connector: Connector,
  want: Want,
  now: () => number,
): Cursor | null {
  if (read !== 'full' || full || !connector.changes || source.fullEvery === undefined) return null;
  const found = db.prepare<[number], Source>(SOURCE).get(sourceId);
  if (!found || found.cursor === null || found.fullAt === null) return null;
  if (found.applied === 0 || found.blocked === 1 || found.missing === 1) return null;
  if (found.selectKey !== JSON.stringify(want)) return null;
  const age = now() - Date.parse(found.fullAt);
  // A clock that was set back must not put the next full pass off for years.
  return age >= 0 && age < source.fullEvery ? found.cursor : null;
}
