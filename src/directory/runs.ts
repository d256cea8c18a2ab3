import type { Mode, Outcome, Trigger } from '../model/words.ts';
import type { Db } from './open.ts';

/** What a pass did, as v1_runs shows it. */
export interface RunCounts {
  created: number;
  updated: number;
  deactivated: number;
  reactivated: number;
  deleted: number;
  groupsChanged: number;
  membersAdded: number;
  membersRemoved: number;
  problems: number;
}

export const NO_COUNTS: RunCounts = {
  created: 0,
  updated: 0,
  deactivated: 0,
  reactivated: 0,
  deleted: 0,
  groupsChanged: 0,
  membersAdded: 0,
  membersRemoved: 0,
  problems: 0,
};

export interface NewRun {
  source: string;
  type: string;
  /** Null where the pass asks no provider: what is known stays. */
  tenant: string | null;
  mode: Mode;
  trigger: Trigger;
  actor: string;
  configSha256: string;
  version: string;
  /** ISO 8601, UTC. */
  at: string;
}

const INTERRUPT = `UPDATE runs SET outcome = 'interrupted', finished_at = ?, message = 'The process ended before the run did.'
  WHERE source_id = ? AND outcome = 'running'`;

const SOURCE = `INSERT INTO sources (name, type, tenant) VALUES (@source, @type, @tenant)
  ON CONFLICT (name) DO UPDATE SET type = excluded.type, tenant = coalesce(excluded.tenant, tenant)
  WHERE type IS NOT excluded.type OR tenant IS NOT coalesce(excluded.tenant, tenant)`;

const BEGIN_RUN = `INSERT INTO runs (source_id, mode, trigger, actor, started_at, outcome, config_sha256, version)
  VALUES (@sourceId, @mode, @trigger, @actor, @at, 'running', @configSha256, @version)`;

/**
 * Writes the run's row, in a transaction of its own, under the source's lock. A run of that source that is still
 * `running` was cut off: it becomes `interrupted`.
 */
export function beginRun(db: Db, run: NewRun): { runId: number; sourceId: number } {
  return db
    .transaction(() => {
      db.prepare(SOURCE).run(run);
      const sourceId = Number(db.prepare('SELECT id FROM sources WHERE name = ?').pluck().get(run.source));
      db.prepare(INTERRUPT).run(run.at, sourceId);
      const runId = Number(db.prepare(BEGIN_RUN).run({ ...run, sourceId }).lastInsertRowid);
      return { runId, sourceId };
    })
    .immediate();
}

const END_RUN = `UPDATE runs SET finished_at = @at, outcome = @outcome, created = @created, updated = @updated,
  deactivated = @deactivated, reactivated = @reactivated, deleted = @deleted, groups_changed = @groupsChanged,
  members_added = @membersAdded, members_removed = @membersRemoved, problems = @problems, message = @message,
  plan_id = @planId
  WHERE id = @runId`;

/** An approval that was refused or not answered is no failure of the source: it stays blocked. */
const FAILING = `UPDATE sources SET state = 'failing' WHERE id = ? AND (SELECT mode FROM runs WHERE id = ?) <> 'approve'`;

/** How a run ended; `planId` is the plan that was stopped, or approved. */
export interface EndedRun {
  runId: number;
  sourceId: number;
  at: string;
  outcome: Outcome;
  counts: RunCounts;
  message: string | null;
  planId: string | null;
  /** The source itself was removed. */
  removed?: boolean;
}

/** Ends the run's row and sets the source's state; called inside the transaction of apply, or alone after a failure. */
export function endRun(db: Db, run: EndedRun): void {
  const { runId, at, outcome, counts, message, planId } = run;
  db.prepare(END_RUN).run({ runId, at, outcome, message, planId, ...counts });
  if (run.removed) {
    db.prepare("UPDATE sources SET state = 'removed' WHERE id = ?").run(run.sourceId);
  } else if (run.outcome === 'ok' || run.outcome === 'unchanged') {
    db.prepare("UPDATE sources SET state = 'ok', last_success_at = ? WHERE id = ?").run(run.at, run.sourceId);
  } else if (run.outcome === 'failed') db.prepare(FAILING).run(run.sourceId, runId);
  else if (run.outcome === 'blocked') {
    db.prepare("UPDATE sources SET state = 'blocked' WHERE id = ?").run(run.sourceId);
  }
}
