import type { Db } from '../../directory/open.ts';
import { endRun, NO_COUNTS } from '../../directory/runs.ts';
import { LOCAL, type LocalRequest } from '../../model/local.ts';
import { REASONS } from '../../model/words.ts';
import { apply, countPlan } from '../apply.ts';
import { blockedPlan } from '../block.ts';
import { verdict } from '../limits.ts';
import { nextId, type PlanTable, planTable } from '../plan/table.ts';
import { forgetStopped, listRemovals } from '../removals.ts';
import { mustFit, mustWait, type Settled } from '../settle.ts';
import { bearersNow } from './bearers.ts';
import { type LocalEdits, localEdits } from './edits.ts';
import { type Evaluated, evaluateLocal } from './evaluate.ts';
import { localFigures } from './figures.ts';
import { type Pending, pendingLocal } from './pending.ts';
import { countProblems, NO_SOURCE, noteConflicts, noteFailures, openPeople, sameFailures } from './problems.ts';
import { type Compile, compiled } from './rules.ts';
import { editSentences } from './sentences.ts';
import { keepState, lastRun, type StoredRule } from './stored.ts';
import { addEverybody, addPeople, clearTodo } from './todo.ts';
import { writeGroups } from './write-groups.ts';

/** What became of a run of the rules of local groups. */
export interface LocalSettled extends Settled {
  runId: number;
  /** How many accounts were looked at. */
  people: number;
}

const BEGIN = `INSERT INTO runs (source_id, mode, trigger, actor, started_at, outcome, config_sha256, version)
  VALUES (NULL, @mode, @trigger, @actor, @at, 'running', @configSha256, @version)`;
const MARKS = `SELECT m.account_id * 16 + m.how AS member, a.active FROM memberships m JOIN accounts a ON a.id = m.account_id
  WHERE m.group_id = ? AND m.how & 8 ORDER BY m.account_id`;

/**
 * Makes local groups what the file's rules say, in one transaction, run included: null where there is nothing to do, and
 * no run. Throws SQLITE_BUSY before anything is done, and a Failure of code `approval` (exit status 5) when an approved
 * plan no longer fits.
 * @param at ISO 8601 in UTC
 */
export function settleLocal(db: Db, request: LocalRequest, at: string, compile: Compile): LocalSettled | null {
  db.exec('BEGIN IMMEDIATE');
  try {
    const { approval } = request;
    if (approval) mustWait(db, NO_SOURCE, approval.plan);
    // An approved plan is over, also where the file says again what was applied.
    const pending = pendingLocal(db, request) ?? (approval ? { edits: localEdits(db, request), people: [] } : null);
    const settled = pending && runIn(db, request, at, pending, compile);
    if (!settled) forgetStopped(db, NO_SOURCE);
    db.exec('COMMIT');
    return settled;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function runIn(db: Db, request: LocalRequest, at: string, pending: Pending, compile: Compile): LocalSettled | null {
  const { mode, trigger, actor, configSha256, version, approval, limits, commit } = request;
  const { edits } = pending;
  const firstId = nextId(db, 'groups');
  const ids = edits.created.map((_, index) => firstId + index);
  const table = planTable(db);
  const found = plan(db, table, pending, ids, request, compile);
  const keep = () => keepState(db, { tables: edits.tables, hand: lastRun(db) });
  if (pending.people !== 'everybody' && !approval && table.isEmpty() && sameFailures(db, found)) {
    // Those who were edited by hand stay in the groups where they are: that is no run.
    keep();
    return null;
  }
  const begun = db.prepare(BEGIN).run({ mode, trigger, actor, at, configSha256, version });
  const run = { runId: Number(begun.lastInsertRowid), sourceId: NO_SOURCE, at };
  listRemovals(db, limits);
  if (approval) mustFit(db, NO_SOURCE, approval.plan);
  const excess = approval ? [] : verdict(localFigures(db, at), limits);
  const sentences = editSentences(db, edits);
  const stopped = excess.length > 0;
  const why = sentences.map((text) => ({ word: 'rule', text }));
  const told = stopped ? blockedPlan(db, run, excess, why.length > 0 ? why : [BY_HAND]) : null;
  const blocked = told && { ...told, limits: told.limits.map((sentence) => `${sentence} ${WHICH}`) };
  // A dry run's copy shows everything that the plan would do.
  if (stopped && commit) db.exec('DELETE FROM temp.plan_members');
  const counts = { ...NO_COUNTS, ...countPlan(db) };
  if (!stopped || !commit) {
    counts.groupsChanged = writeGroups(db, run, edits, ids);
    if (!table.isEmpty()) apply(db, { ...run, source: LOCAL });
    keep();
  }
  if (!stopped) {
    forgetStopped(db, NO_SOURCE);
    noteFailures(db, run.runId, found, pending.people === 'everybody');
    noteConflicts(db, run.runId, edits.conflicts);
  }
  counts.problems = countProblems(db);
  const changed = counts.groupsChanged > 0 || !table.isEmpty();
  const outcome = stopped ? 'blocked' : changed ? 'ok' : 'unchanged';
  const edited = stopped || sentences.length === 0 ? null : `Edited since the last pass: ${sentences.join(' ')}`;
  const message = approval ? approval.reason : edited;
  const settled: Settled = { outcome, message, counts, blocked };
  endRun(db, { ...run, ...settled, planId: blocked?.id ?? approval?.plan ?? null });
  return { ...settled, runId: run.runId, people: found.people };
}

const WHICH = 'It is the one at the top level of the file.';
const BY_HAND = {
  word: 'other',
  text: 'People were edited by hand, and the rules of local groups leave them out now.',
};

/** Plans the memberships of local groups, as rows of the temporary table `plan_members`. */
function plan(
  db: Db,
  table: PlanTable,
  { edits, people }: Pending,
  ids: readonly number[],
  { tables }: LocalRequest,
  compile: Compile,
): Evaluated {
  const why = REASONS.indexOf(people === 'everybody' ? 'rule-edited' : 'hand');
  for (const group of edits.left) takeBack(db, table, group, why);
  clearTodo(db);
  if (people === 'everybody') addEverybody(db);
  else addPeople(db, people);
  return evaluateLocal({
    ...{ db, plan: table, rules: rulesOf(edits, ids, tables, compile), bearers: bearersNow(db), why },
    ...{ source: { name: LOCAL, type: LOCAL }, open: openPeople(db) },
  });
}

function rulesOf(
  { created, kept }: LocalEdits,
  ids: readonly number[],
  tables: LocalRequest['tables'],
  compile: Compile,
) {
  const groups = [
    ...created.map((group, index) => ({ id: ids[index] ?? 0, group })),
    ...kept.map(({ id, group }) => ({ id, group })),
  ];
  return groups.map(({ id, group: { name, members } }) => ({
    ...{ group: id, name, rule: compiled(members, tables, compile) },
  }));
}

/** Plans the end of what a rule added, hidden members included; nobody misses these. */
function takeBack(db: Db, table: PlanTable, { id }: StoredRule, why: number): void {
  const marks = db.prepare<[number], { member: number; active: number }>(MARKS).all(id);
  const byHand = (member: number) => (member & 4) !== 0;
  const ended = (active: number) =>
    marks.filter((mark) => mark.active === active && !byHand(mark.member % 16)).map(({ member }) => member);
  table.changeMembers('drop', id, ended(1), why);
  table.changeMembers('drop', id, ended(0), why, false);
  const kept = marks.filter(({ member }) => byHand(member % 16)).map(({ member }) => member - 8);
  table.changeMembers('update', id, kept, why);
}
