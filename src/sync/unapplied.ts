import type { Db } from '../directory/open.ts';
import { GROUP, type Known, USER } from './known.ts';
import type { StageFile } from './stage-file.ts';

const UNAPPLIED = (table: string) => `SELECT m.node FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.state <> 3 AND NOT m.applied`;

/**
 * Believes without a look-up that those are gone whom only blocked passes ever saw: nothing was made of them, so nobody
 * loses anything, and a provider that is whole again is not held up by what it showed while it was not.
 */
export function dropUnapplied(db: Db, sourceId: number, known: Known, file: StageFile): void {
  for (const [kind, objects, table] of [
    [USER, known.users, 'mirror_users'],
    [GROUP, known.groups, 'mirror_groups'],
  ] as const) {
    const unseen = objects.unseen();
    if (unseen.length === 0) continue;
    const unapplied = new Set(db.prepare<[number], number>(UNAPPLIED(table)).pluck().all(sourceId));
    for (const id of unseen) {
      const slot = objects.slotOf(id);
      if (!unapplied.has(objects.nodes[slot] ?? 0)) continue;
      objects.seen[slot] = 1;
      file.putVerdict(kind, slot, 3, null);
    }
  }
}
