import { Failure } from '../../src/model/failure.ts';
import type { Person } from '../../src/sync/hand/account.ts';
import type { ByHand, Turn } from '../../src/sync/hand/edit.ts';
import type { Directory } from './kit.ts';

/** Who edits a directory by hand in tests. */
export const by = (directory: Directory, reason: string | null = 'INC-7'): ByHand => ({
  ...{ directory: directory.path, actor: 'ada', reason, wait: 0, configSha256: 'none', version: 'test' },
});

export const turn = (directory: Directory): Turn => ({
  clock: directory.clock,
  signal: new AbortController().signal,
});

/** The account of that user name, as the command line would find it. */
export function person(directory: Directory, userName: string): Person {
  const [found] = directory.rows<Person>('SELECT id, source FROM v1_users WHERE user_name = ? ORDER BY id', userName);
  if (!found) throw new Error(`nobody is called ${userName}`);
  return found;
}

export const groupId = (directory: Directory, name: string): number =>
  directory.rows<{ id: number }>('SELECT id FROM v1_groups WHERE name = ?', name)[0]?.id ?? 0;

/** The sentence of the Failure with which an edit is refused, and its exit status. */
export async function refusedBy(edit: Promise<unknown>): Promise<string> {
  try {
    await edit;
  } catch (error) {
    if (error instanceof Failure) return `${error.exit}: ${error.message}`;
    throw error;
  }
  throw new Error('it was not refused');
}

/** One account's state: `active`, or why it is not. */
export const standing = (directory: Directory, id: number): string | null =>
  directory.rows<{ is: string | null }>(
    "SELECT CASE WHEN active THEN 'active' ELSE inactive_reason END AS 'is' FROM v1_users WHERE id = ?",
    id,
  )[0]?.is ?? null;

/** What a run journalled, told shortly. */
export const changes = (directory: Directory, runId: number | null): string[] =>
  directory
    .rows<Record<'object' | 'action' | 'reason' | 'source' | 'before' | 'after', string | null>>(
      'SELECT object, action, reason, source, before, after FROM v1_changes WHERE run_id = ? ORDER BY object DESC, id, object_id, related_id',
      runId,
    )
    .map(
      ({ object, action, reason, source, before, after }) =>
        `${source} ${object} ${action} (${reason}) ${before} -> ${after}`,
    );
