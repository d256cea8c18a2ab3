import { type Lock, lockSource } from '../../directory/lock.ts';
import { closeDirectory, type Db, explained, openDirectory, patiently, type Waiting } from '../../directory/open.ts';
import type { Clock } from '../../model/clock.ts';
import { Failure } from '../../model/failure.ts';
import type { Action } from '../../model/words.ts';
import type { Values } from '../change.ts';

/** Who edits the directory by hand, and why. */
export interface ByHand {
  directory: string;
  actor: string;
  /** Goes into the run's `message`. */
  reason: string | null;
  /** Milliseconds to wait for whoever holds the source or writes to the directory. */
  wait: number;
  configSha256: string;
  version: string;
}

/** The clock, and what cancels the waiting for one's turn. */
export interface Turn {
  clock: Clock;
  signal: AbortSignal;
}

/** One change, as the journal has it. */
export interface HandChange {
  object: 'user' | 'group';
  id: number;
  name: string | null;
  action: Action;
  before: Values | null;
  after: Values | null;
}

/** An edit in the middle of its transaction. */
export interface Hand {
  db: Db;
  runId: number;
  /** ISO 8601 in UTC. */
  at: string;
  journal(change: HandChange): void;
  /** Memberships that were opened or closed; their history is their journal. */
  members(change: 'added' | 'removed' | 'changed', n: number): void;
}

/** What an edit gives, with its run; null where everything was so already, and nothing was written. */
export type Edited<T> = T & { runId: number | null };

const SOURCE = 'SELECT id FROM sources WHERE name = ?';
const RUN = `INSERT INTO runs (source_id, mode, trigger, actor, started_at, finished_at, outcome, config_sha256, version, message)
  VALUES (@sourceId, 'hand', 'hand', @actor, @at, @at, 'ok', @configSha256, @version, @reason)`;
const JOURNAL = `INSERT INTO journal (run_id, at, source, object, object_id, object_name, action, reason, before, after)
  VALUES (@runId, @at, @source, @object, @id, @name, @action, 'hand', @before, @after)`;
const users = (actions: string) =>
  `(SELECT count(DISTINCT object_id) FROM journal WHERE run_id = @runId AND object = 'user' AND action IN (${actions}))`;
const COUNTS = `UPDATE runs SET created = ${users("'create'")}, updated = ${users("'update', 'rename'")},
  deactivated = ${users("'deactivate', 'suspend'")}, reactivated = ${users("'reactivate', 'unsuspend'")},
  deleted = ${users("'delete'")}, members_added = @added, members_removed = @removed,
  groups_changed = (SELECT count(DISTINCT object_id) FROM journal WHERE run_id = @runId AND object = 'group')
  WHERE id = @runId`;

/**
 * Edits the directory in one short transaction, as a run of its own, under the locks of the sources whose accounts it
 * touches; the run is the first source's, or nobody's where there is none. An edit that changes nothing leaves no run.
 * Throws a Failure: exit status 2 where the edit is refused, `busy` where somebody holds a source.
 */
export async function editByHand<T extends object>(
  by: ByHand,
  sources: readonly string[],
  { clock, signal }: Turn,
  edit: (hand: Hand) => T,
): Promise<Edited<T>> {
  const waiting: Waiting = { clock, wait: by.wait, signal };
  const db = await openDirectory(by.directory, waiting);
  const locks: Lock[] = [];
  try {
    for (const name of inOrder(sources)) locks.push(await lockSource(by.directory, name, 'an edit by hand', waiting));
    const run = () => editIn(db, by, sources[0] ?? null, new Date(clock.now()).toISOString(), edit);
    return await patiently(waiting, `Another rosterd is writing to ${by.directory}`, run);
  } catch (error) {
    throw explained(error, by.directory);
  } finally {
    for (const lock of locks) lock.release();
    closeDirectory(db);
  }
}

/** Always in one order, so that two do not wait for each other; names that differ only in case may be one file. */
const inOrder = (sources: readonly string[]): string[] =>
  [...new Map(sources.map((name) => [name.toLowerCase(), name])).values()].sort();

function editIn<T extends object>(
  db: Db,
  { actor, reason, configSha256, version }: ByHand,
  source: string | null,
  at: string,
  edit: (hand: Hand) => T,
): Edited<T> {
  db.exec('BEGIN IMMEDIATE');
  try {
    const sourceId = source === null ? null : db.prepare<[string], number>(SOURCE).pluck().get(source);
    if (sourceId === undefined) throw refusal(`The directory has no source \`${source}\` any more.`);
    const run = db.prepare(RUN).run({ sourceId, actor, at, configSha256, version, reason });
    const runId = Number(run.lastInsertRowid);
    const insert = db.prepare(JOURNAL);
    const json = (values: Values | null) => (values === null ? null : JSON.stringify(values));
    const members = { added: 0, removed: 0, changed: 0 };
    let changes = 0;
    const done = edit({
      db,
      runId,
      at,
      journal: ({ before, after, ...change }) => {
        insert.run({ runId, at, source: source ?? 'local', ...change, before: json(before), after: json(after) });
        changes++;
      },
      members: (change, n) => {
        members[change] += n;
      },
    });
    if (changes + members.added + members.removed + members.changed === 0) {
      db.exec('ROLLBACK');
      return { ...done, runId: null };
    }
    db.prepare(COUNTS).run({ runId, added: members.added, removed: members.removed });
    db.exec('COMMIT');
    return { ...done, runId };
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** What cannot be done, and what to do instead: exit status 2. */
export const refusal = (sentence: string): Failure => new Failure('refused', sentence, { exit: 2 });
