import type { Db } from '../../directory/open.ts';
import type { LocalRequest } from '../../model/local.ts';
import { stoppedPlan } from '../removals.ts';
import { anyEdits, type LocalEdits, localEdits } from './edits.ts';
import { NO_SOURCE, sameConflicts } from './problems.ts';

/** What a run of the rules of local groups would do. */
export interface Pending {
  edits: LocalEdits;
  /** Whom the rules are to be asked about: the people whom somebody edited by hand, or everybody. */
  people: readonly number[] | 'everybody';
}

const BY_HAND = `SELECT DISTINCT j.object_id FROM runs r JOIN journal j ON j.run_id = r.id
  WHERE r.id > ? AND r.mode = 'hand' AND j.object = 'user'`;
const RESTORED = "SELECT EXISTS (SELECT 1 FROM runs WHERE id > ? AND mode = 'restore')";

/** What is to be done: null where the file's rules are those that were applied, and nobody was edited by hand since. */
export function pendingLocal(db: Db, request: LocalRequest): Pending | null {
  const edits = localEdits(db, request);
  const { state, kept, conflicts } = edits;
  if (anyEdits(edits) || !sameConflicts(db, conflicts)) return { edits, people: 'everybody' };
  if (kept.length === 0) return null;
  if (db.prepare(RESTORED).pluck().get(state.hand) === 1) return { edits, people: 'everybody' };
  const people = db.prepare<[number], number>(BY_HAND).pluck().all(state.hand);
  return people.length === 0 ? null : { edits, people };
}

/** Whether a plan of edited rules was stopped. */
export const isStopped = (db: Db): boolean => stoppedPlan(db, NO_SOURCE) !== undefined;
