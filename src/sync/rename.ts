import { type Lock, lockSource } from '../directory/lock.ts';
import { closeDirectory, type Db, explained, openDirectory, patiently, type Waiting } from '../directory/open.ts';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import { forgetMirror } from './forget-mirror.ts';
import { noteLeft } from './left.ts';
import { markStale } from './local/stored.ts';

/** A source of the directory that is to have another name. */
export interface Renaming {
  directory: string;
  from: string;
  to: string;
  /** The name of every source in the configuration, as it is now. */
  sources: readonly string[];
  actor: string;
  /** Milliseconds to wait for whoever holds one of the two or writes to the directory. */
  wait: number;
  configSha256: string;
  version: string;
}

export interface Renamed {
  runId: number;
  /** Whether something had been read under the new name already, and was forgotten. */
  dropped: boolean;
}

const SOURCE = 'SELECT id FROM sources WHERE name = ?';
/** Deleted accounts and removed groups too: they hang on the source's ids. */
const HOLDS = `SELECT EXISTS (SELECT 1 FROM accounts WHERE source_id = @id) OR EXISTS (SELECT 1 FROM groups WHERE source_id = @id)`;
const DROP = [
  'DELETE FROM nodes WHERE source_id = @dropped',
  'DELETE FROM problems WHERE source_id = @dropped',
  'DELETE FROM blocked WHERE source_id = @dropped',
  'DELETE FROM blocked_removals WHERE source_id = @dropped',
  // They happened, under the name that the source has from now on.
  'UPDATE runs SET source_id = @kept WHERE source_id = @dropped',
  'DELETE FROM sources WHERE id = @dropped',
];
const RENAME = 'UPDATE sources SET name = ? WHERE id = ?';
const RUN = `INSERT INTO runs (source_id, mode, trigger, actor, started_at, finished_at, outcome, config_sha256, version, message)
  VALUES (@id, 'hand', 'hand', @actor, @at, @at, 'ok', @configSha256, @version, @message)`;

/**
 * Gives a source of the directory another name; its accounts, groups and ids stay as they are. What was read under the
 * new name so far is forgotten. Throws a Failure: exit status 2 where there is no such source, nothing to rename, or the
 * new name has accounts or groups; `busy` where somebody holds one of the two.
 */
export async function renameSource(renaming: Renaming, clock: Clock, signal: AbortSignal): Promise<Renamed> {
  const { directory, from, to } = renaming;
  const waiting: Waiting = { clock, wait: renaming.wait, signal };
  const db = await openDirectory(directory, waiting);
  const locks: Lock[] = [];
  try {
    // Always in one order, so that two who rename crosswise do not wait for each other.
    for (const name of lockNames(from, to)) locks.push(await lockSource(directory, name, 'a renaming', waiting));
    const rename = db.transaction(() => renameIn(db, renaming, new Date(clock.now()).toISOString()));
    return await patiently(waiting, `Another rosterd is writing to ${directory}`, () => rename.immediate());
  } catch (error) {
    throw explained(error, directory);
  } finally {
    for (const lock of locks) lock.release();
    closeDirectory(db);
  }
}

/** Names that differ only in case may be one file. */
const lockNames = (from: string, to: string): string[] =>
  from.toLowerCase() === to.toLowerCase() ? [from] : [from, to].sort();

function renameIn(db: Db, renaming: Renaming, at: string): Renamed {
  const { from, to, sources, actor, configSha256, version } = renaming;
  const find = db.prepare<[string], { id: number }>(SOURCE);
  const holds = db.prepare<object, number>(HOLDS).pluck();
  const old = find.get(from);
  const next = find.get(to);
  if (!old) throw refusal(`The directory has no source \`${from}\`.`);
  if (holds.get(old) === 0) {
    throw refusal(
      `Source \`${from}\` has neither accounts nor groups yet: change its name in the configuration alone.`,
    );
  }
  if (next && holds.get(next) === 1) {
    throw refusal(
      `Source \`${to}\` has accounts or groups of its own, so \`${from}\` cannot have that name. Nothing was changed. Choose another name, or remove one of the two with "rosterd source remove".`,
    );
  }
  if (next) {
    forgetMirror(db, next.id);
    for (const sql of DROP) db.prepare(sql).run({ dropped: next.id, kept: old.id });
  }
  db.prepare(RENAME).run(to, old.id);
  const message = `Source \`${from}\` is called \`${to}\` from now on.`;
  const run = db.prepare(RUN).run({ id: old.id, actor, at, configSha256, version, message });
  const runId = Number(run.lastInsertRowid);
  noteLeft(db, sources, runId);
  // The rules of local groups may read `source.name`.
  markStale(db);
  return { runId, dropped: next !== undefined };
}

const refusal = (sentence: string) => new Failure('usage', sentence, { exit: 2 });
