import type { Db } from '../directory/open.ts';
import type { Cause } from './causes.ts';

/** The last run of the source that went through: what it left is what the directory is. */
const DONE = `SELECT id FROM runs WHERE source_id = ? AND mode IN ('full', 'changes') AND outcome IN ('ok', 'unchanged')
  ORDER BY id DESC LIMIT 1`;
const RESTORED = `SELECT id, started_at AS at FROM runs WHERE mode = 'restore' AND id > ? ORDER BY id DESC LIMIT 1`;

/**
 * Says that the directory was put back from a backup since the source was read last; null where it was not. A directory
 * that was restored has no `full_at`, which every full listing sets.
 */
export function restoredSentence(db: Db, sourceId: number): string | null {
  const done = db.prepare<[number], number>(DONE).pluck().get(sourceId);
  if (done === undefined) return null;
  const restored = db.prepare<[number], { id: number; at: string }>(RESTORED).get(done);
  if (!restored) return null;
  return `The directory was put back from a backup since the last pass of this source (run ${restored.id}, ${restored.at}).`;
}

/** What explains that much changed at once. */
export const restoredCause = (sentence: string): Cause => ({
  word: 'restored',
  text: `${sentence} Whatever happened at the identity provider since the backup happens again now.`,
});
