import type { Db } from '../directory/open.ts';
import { endRun, NO_COUNTS, type RunCounts } from '../directory/runs.ts';
import { Failure } from '../model/failure.ts';
import type { BlockedPlan, PassRequest } from '../model/pass.ts';
import type { Want } from '../model/snapshot.ts';
import type { Outcome } from '../model/words.ts';
import { absorb } from './absorb.ts';
import { apply, applyProblems, countPlan } from './apply.ts';
import { blockedPlan, keepOnlyDisabled, keepProblems } from './block.ts';
import { causes, isAnotherTenant, removalCause } from './causes.ts';
import { editedRules, editSentence, markEdited } from './edited.ts';
import { planFigures } from './figures.ts';
import { forgetMirror } from './forget-mirror.ts';
import type { Known } from './known.ts';
import { formerName, renamedExcess } from './left.ts';
import { type Excess, verdict } from './limits.ts';
import { planLocal } from './local/plan.ts';
import { appliedRules, type Compile, type LocalRule } from './local/rules.ts';
import { expiry } from './plan/expired.ts';
import { plan } from './plan/plan.ts';
import type { Scope } from './plan/todo.ts';
import { addedRemovals, forgetStopped, listRemovals, stoppedPlan } from './removals.ts';
import { restoredCause, restoredSentence } from './restored.ts';
import type { RuleSet } from './rules.ts';
import { settingsOf } from './settings.ts';
import {
  type MirrorCounts,
  markApplied,
  mirrorCounts,
  missingExcess,
  snapshotFigures,
  tenantExcess,
} from './snapshot-figures.ts';
import { isFull, type Staged } from './stage.ts';
import type { StageFile } from './stage-file.ts';

/** What was fetched, until the mirror has it; `staged` is null where only the missing were looked up. */
export interface Fetched {
  known: Known;
  file: StageFile;
  staged: Staged | null;
  want: Want;
}

/** What became of a pass. */
export interface Settled {
  outcome: Outcome;
  message: string | null;
  counts: RunCounts;
  blocked: BlockedPlan | null;
}

/** Which run settles, and when; `at` is ISO 8601 in UTC. */
export interface Run {
  runId: number;
  sourceId: number;
  at: string;
}

/** The rules of a source, and what compiles those of local groups; null while the directory has none. */
export interface Rules {
  source: RuleSet;
  compile: Compile | null;
}

/**
 * Mirror, resolve, shape, plan, limits, apply: one synchronous function in one transaction, so that the directory is the
 * old one or the new one, never between, and so is what a dry run sees. Throws SQLITE_BUSY before anything is done, and a
 * Failure of code `approval` (exit status 5) when an approved plan no longer fits.
 */
export function settle(db: Db, request: PassRequest, run: Run, fetched: Fetched | null, rules: Rules): Settled {
  db.exec('BEGIN IMMEDIATE');
  try {
    const local = appliedRules(db, rules.compile);
    if (fetched) absorb(db, run.sourceId, run.runId, fetched);
    const settled = planAndApply(db, request, run, { source: rules.source, local });
    const staged = fetched?.staged ?? null;
    if (staged) {
      const whole = isFull(staged);
      db.prepare(LISTED).run(staged.cursor ?? null, whole ? run.at : null, run.sourceId);
      if (!whole) db.prepare(INCREMENTAL).run(run.runId);
      if (staged.absence === 'vanished' && staged.progress.users === 0)
        settled.message = 'The identity provider listed no users.';
    }
    const removed = request.removal !== undefined && !settled.blocked;
    endRun(db, { ...run, ...settled, planId: settled.blocked?.id ?? request.approval?.plan ?? null, removed });
    db.exec('COMMIT');
    return settled;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const LISTED = 'UPDATE sources SET cursor = ?, full_at = coalesce(?, full_at) WHERE id = ?';
const INCREMENTAL = "UPDATE runs SET mode = 'changes' WHERE id = ?";
const SOURCE = `SELECT mirror_run AS mirrorRun, applied_run AS appliedRun, applied_key AS appliedKey, applied_counts AS appliedCounts,
    full_at AS fullAt FROM sources WHERE id = ?`;
const APPLIED = `UPDATE sources SET applied_run = mirror_run, applied_key = ?, applied_counts = ? WHERE id = ?`;

/** Said by a plan that asks nobody; every other pass has read the source by then. */
const NO_MIRROR =
  'Nothing was read of this source yet, so there is nothing to plan from; "rosterd plan" without --offline asks the identity provider.';

interface Source {
  mirrorRun: number | null;
  appliedRun: number | null;
  appliedKey: string | null;
  appliedCounts: string | null;
  /** When everything was listed last; null where the directory was put back from a backup since. */
  fullAt: string | null;
}

function planAndApply(
  db: Db,
  request: PassRequest,
  run: Run,
  rules: { source: RuleSet; local: readonly LocalRule[] },
): Settled {
  const { sourceId, runId, at } = run;
  const source = db.prepare<[number], Source>(SOURCE).get(sourceId);
  const { removal } = request;
  const now = settingsOf(request.source);
  if (request.approval) mustWait(db, sourceId, request.approval.plan);
  const scope = removal ? 'everything' : source ? scopeOf(db, request, run, source, now) : null;
  const quiet: Settled = {
    outcome: 'unchanged',
    message: request.approval?.reason ?? removal?.reason ?? (source?.mirrorRun == null ? NO_MIRROR : null),
    counts: NO_COUNTS,
    blocked: null,
  };
  if (!source || scope === null) return quiet;

  const { name, type, nestedGroups, onMissing, deleteAfter, limits } = request.source;
  const nothing = removal !== undefined;
  const restored = source.fullAt === null && !removal ? restoredSentence(db, sourceId) : null;
  const edited = editedRules(source.appliedKey, now);
  const planned = { id: sourceId, name, type, nestedGroups, onMissing, deleteAfter, at, nothing };
  const table = plan(db, planned, scope, rules.source);
  markEdited(db, edited);
  const local = planLocal(db, table, { name, type }, rules.local);
  const counts = mirrorCounts(db, sourceId);
  listRemovals(db, limits);
  const excess = request.approval ? [] : excessOf(db, request, run, source, counts);
  let blocked: BlockedPlan | null = null;
  if (request.approval) mustFit(db, sourceId, request.approval.plan);
  if (excess.length > 0) {
    const why = removal
      ? [removalCause(request.source)]
      : causes(db, sourceId, {
          applied: source.appliedKey,
          now,
          former: formerOf(db, request, sourceId, source)?.name,
        });
    if (restored !== null) why.unshift(restoredCause(restored));
    blocked = blockedPlan(db, run, excess, why);
    // A dry run's copy shows everything that the plan would do; the real directory only what the provider states outright.
    if (request.commit) keepOnlyDisabled(db, excess);
    keepProblems(db, sourceId, nothing);
  } else {
    forgetStopped(db, sourceId);
    if (removal) forgetMirror(db, sourceId);
    else {
      markApplied(db, sourceId, source.appliedRun);
      db.prepare(APPLIED).run(now, JSON.stringify(counts), sourceId);
    }
  }
  const changes = { ...countPlan(db), problems: 0 };
  // A stopped plan's screen says it among its causes.
  if (edited.length > 0 && !blocked && !request.approval) {
    quiet.message = `Edited since the last pass: ${edited.map((edit) => editSentence(db, edit)).join(' ')}`;
  }
  if (restored !== null && !blocked && !request.approval)
    quiet.message = [restored, ...(quiet.message === null ? [] : [quiet.message])].join(' ');
  if (local && local.faults.length > 0 && !request.approval)
    quiet.message = [...(quiet.message === null ? [] : [quiet.message]), ...local.faults].join(' ');
  const changed = !table.isEmpty();
  if (changed) apply(db, { runId, sourceId, source: name, at });
  if (!blocked) local?.note(runId);
  const problems = applyProblems(db, sourceId, runId);
  const outcome = blocked ? 'blocked' : changed ? 'ok' : 'unchanged';
  return { ...quiet, outcome, counts: { ...changes, problems }, blocked };
}

function excessOf(db: Db, request: PassRequest, { sourceId, at }: Run, source: Source, now: MirrorCounts): Excess[] {
  const { limits } = request.source;
  const figures = planFigures(db, sourceId, at);
  const excess = verdict(figures, limits);
  if (request.removal) return excess;
  if (source.appliedCounts !== null) {
    // Written by planAndApply.
    const applied = JSON.parse(source.appliedCounts) as MirrorCounts;
    const hidden = verdict(snapshotFigures(db, sourceId, applied, now, limits), limits);
    // What the plan itself says is not said again.
    excess.push(...hidden.filter(({ key }) => !excess.some((one) => one.key === key)));
  }
  const certain = excess.length > 0 ? [] : missingExcess(db, sourceId);
  if (limits.deactivate && excess.length + certain.length === 0 && isAnotherTenant(db, sourceId)) {
    certain.push(tenantExcess(now.users));
  }
  const former = formerOf(db, request, sourceId, source);
  return [...(former ? [renamedExcess(request.source.name, former, now.users)] : []), ...excess, ...certain];
}

const formerOf = (db: Db, request: PassRequest, sourceId: number, source: Source) =>
  source.appliedRun === null ? formerName(db, sourceId, request.sources) : undefined;

/** An approval is for the plan that waits, and for no other; once it was used there is none. */
export function mustWait(db: Db, sourceId: number, planId: string): void {
  const stopped = stoppedPlan(db, sourceId);
  if (stopped?.id === planId) return;
  throw new Failure(
    'approval',
    `Plan ${planId} does not wait for an approval any more${stopped ? `; plan ${stopped.id} does, and takes away more` : ': it happened, or the identity provider was whole again'}. Nothing was changed. "rosterd plan --offline" shows what waits.`,
    { exit: 5 },
  );
}

/** It lets happen what was in the plan, and nothing more. */
export function mustFit(db: Db, sourceId: number, planId: string): void {
  const added = addedRemovals(db, sourceId);
  if (added.length === 0) return;
  const more = added
    .map(({ kind, count }) => (kind === 'delete' ? `${count} more for good` : `${count} more under \`${kind}\``))
    .join(', ');
  throw new Failure(
    'approval',
    `Plan ${planId} no longer fits: today it would take away ${more}. Nothing was changed. The next pass is stopped with a new plan id; look at it with "rosterd plan" before you approve it.`,
    { exit: 5 },
  );
}

const TROUBLE = `SELECT EXISTS (SELECT 1 FROM problems WHERE source_id = @id)
  OR EXISTS (SELECT 1 FROM blocked WHERE source_id = @id)
  OR EXISTS (SELECT 1 FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state IN (1, 2) AND n.source_id = @id)
  OR EXISTS (SELECT 1 FROM mirror_groups m JOIN nodes n ON n.id = m.node
             WHERE (m.state IN (1, 2) OR m.unread IS NOT NULL) AND n.source_id = @id)`;
const RULES_FAIL = "SELECT EXISTS (SELECT 1 FROM problems WHERE source_id = ? AND object = 'rule')";
const EXPIRED = `SELECT EXISTS (SELECT 1 FROM accounts WHERE source_id = ? AND reason IN ('missing', 'filtered')
  AND reason_at <= ? AND deleted_at IS NULL)`;

/** What has to be planned: nothing while the mirror and the rules are those last applied, and nothing is in trouble. */
function scopeOf(db: Db, request: PassRequest, { sourceId, at }: Run, source: Source, now: string): Scope | null {
  if (source.mirrorRun === null) return null;
  if (source.appliedKey !== now || source.appliedRun === null || source.fullAt === null) return 'everything';
  if (db.prepare(RULES_FAIL).pluck().get(sourceId) === 1) return 'everything';
  const before = expiry({ deleteAfter: request.source.deleteAfter, at });
  const trouble = db.prepare(TROUBLE).pluck().get({ id: sourceId }) === 1;
  const expired = before !== null && db.prepare(EXPIRED).pluck().get(sourceId, before) === 1;
  return source.mirrorRun > source.appliedRun || trouble || expired ? { since: source.appliedRun } : null;
}
