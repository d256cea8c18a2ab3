import { lockSource } from '../../directory/lock.ts';
import {
  closeDirectory,
  explained,
  openDirectory,
  openPrivate,
  openToLook,
  patiently,
  type Waiting,
} from '../../directory/open.ts';
import { isThere } from '../../directory/place.ts';
import type { Clock } from '../../model/clock.ts';
import { LOCAL, type LocalRequest } from '../../model/local.ts';
import type { PassResult } from '../../model/pass.ts';
import { isStopped, pendingLocal } from './pending.ts';
import { settleLocal } from './settle.ts';

/**
 * Runs the rules of local groups where the file's are not those that were applied last, or where people were edited by
 * hand since: over the accounts of all sources, in one transaction, under the lock `local`. Gives null, and leaves no run,
 * where there is nothing to do. Throws a Failure where no run could begin: the directory cannot be opened, somebody else
 * holds the lock (code `busy`), or an approval does not fit (code `approval`).
 */
export async function runLocal(
  request: LocalRequest,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<PassResult | null> {
  const { directory, commit, wait } = request;
  const began = clock.now();
  if (!request.approval && !hasWork(request)) return null;
  const waiting: Waiting = { clock, wait, signal };
  const db = commit ? await openDirectory(directory, waiting) : openPrivate(directory);
  try {
    const lock = commit ? await lockSource(directory, LOCAL, 'a run of the rules of local groups', waiting) : null;
    try {
      const { compile } = await import('../../expressions/compile.ts');
      const at = () => new Date(clock.now()).toISOString();
      const settled = await patiently(waiting, `Another rosterd is writing to ${directory}`, () =>
        settleLocal(db, request, at(), compile),
      );
      if (!settled) return null;
      const { runId, outcome, message, counts, blocked, people } = settled;
      const seen = { users: people, groups: 0, members: 0 };
      const rest = { seen, requests: 0, problems: counts.problems, blocked, took: clock.now() - began };
      return { source: LOCAL, runId, directory, outcome, message, code: null, ...rest };
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw explained(error, directory);
  } finally {
    closeDirectory(db);
  }
}

/** Looks whether there is anything to do, and waits for nobody. */
function hasWork(request: LocalRequest): boolean {
  const { directory, groups } = request;
  if (!isThere(directory)) return groups.length > 0;
  try {
    const db = openToLook(directory);
    try {
      return isStopped(db) || pendingLocal(db, request) !== null;
    } finally {
      db.close();
    }
  } catch {
    // Whoever opens it to write says what is wrong with it: this run where it has groups to make, else the passes.
    return groups.length > 0;
  }
}
