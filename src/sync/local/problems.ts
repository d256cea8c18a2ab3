import type { Db } from '../../directory/open.ts';
import type { Evaluated } from './evaluate.ts';
import { ruleName } from './rules.ts';

/** Problems of local groups hang on no source. */
export const NO_SOURCE = 0;

const KIND = 'rule-failed';
const OPEN = `SELECT ref FROM problems WHERE source_id = ${NO_SOURCE} AND kind = '${KIND}' AND object = ?`;
const DETAIL = `SELECT detail FROM problems WHERE source_id = ${NO_SOURCE} AND kind = '${KIND}' AND object = ? AND ref = ?`;
const RAISE = `INSERT INTO problems (source_id, kind, object, ref, detail, since_run) VALUES (${NO_SOURCE}, @kind, @object, @ref, @detail, @runId)
  ON CONFLICT (source_id, kind, object, ref) DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail`;
const SOLVE = `DELETE FROM problems WHERE source_id = ${NO_SOURCE} AND kind = ? AND object = ? AND ref = ?`;
/** Whoever was deleted has no problem any more. */
const FORGET = `DELETE FROM problems WHERE source_id = ${NO_SOURCE} AND kind = '${KIND}' AND object = 'user'
  AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.node = ref)
  AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = -ref AND a.deleted_at IS NULL)`;
const STAYS = 'What it decides stays as it is, and nobody new gets in by it.';
const ended = (sentence: string) => (sentence.endsWith('?') ? sentence : `${sentence}.`);

/** What the open problems about single people hang on (people.ts). */
export const openPeople = (db: Db): Set<number> => new Set(db.prepare<[string], number>(OPEN).pluck().all('user'));

/** The sentence about a rule that is at fault itself. */
export const failedSentence = (name: string, why: string): string =>
  `\`${ruleName(name)}\` gives no answer: ${ended(why)} ${STAYS}`;

/** The problems that were found, a row each. */
const raised = ({ rules, failed }: Evaluated): { object: 'rule' | 'user'; ref: number; detail: string }[] => [
  ...[...rules].map(([ref, { name, why }]) => ({ object: 'rule' as const, ref, detail: failedSentence(name, why) })),
  ...[...failed].map(([ref, why]) => ({
    ...{ object: 'user' as const, ref, detail: `A rule gives no answer here: ${ended(why)} ${STAYS}` },
  })),
];

/** Whether what was found about some of the accounts is what is known already. */
export function sameFailures(db: Db, found: Evaluated): boolean {
  const detail = db.prepare<[string, number], string>(DETAIL).pluck();
  return (
    [...found.seen].every((ref) => found.failed.has(ref)) &&
    raised(found).every((row) => detail.get(row.object, row.ref) === row.detail)
  );
}

/**
 * Brings the problems about rules that give no answer to what was found; called once the plan is applied.
 * @param everybody whether all accounts were looked at: then a rule that did not fail is well
 */
export function noteFailures(db: Db, runId: number, found: Evaluated, everybody: boolean): void {
  const raise = db.prepare(RAISE);
  const solve = db.prepare(SOLVE);
  const asked = everybody ? openPeople(db) : found.seen;
  for (const ref of asked) if (!found.failed.has(ref)) solve.run(KIND, 'user', ref);
  db.exec(FORGET);
  if (everybody) {
    for (const ref of db.prepare<[string], number>(OPEN).pluck().all('rule'))
      if (!found.rules.has(ref)) solve.run(KIND, 'rule', ref);
  }
  for (const row of raised(found)) raise.run({ kind: KIND, ...row, runId });
}

const CONFLICT = 'group-name-conflict';
const CONFLICTS = `SELECT ref AS at, detail FROM problems WHERE source_id = ${NO_SOURCE} AND kind = '${CONFLICT}' ORDER BY ref`;

/** A group of the file that the directory cannot have, by its place there. */
export interface Conflict {
  at: number;
  detail: string;
}

/** Whether these are the problems that there are already. */
export const sameConflicts = (db: Db, conflicts: readonly Conflict[]): boolean =>
  JSON.stringify(db.prepare<[], Conflict>(CONFLICTS).all()) ===
  JSON.stringify(conflicts.map(({ at, detail }) => ({ at, detail })));

/** Brings the problems about names to these. */
export function noteConflicts(db: Db, runId: number, conflicts: readonly Conflict[]): void {
  const solve = db.prepare(SOLVE);
  const still = new Set(conflicts.map(({ at }) => at));
  for (const { at } of db.prepare<[], Conflict>(CONFLICTS).all()) if (!still.has(at)) solve.run(CONFLICT, 'rule', at);
  const raise = db.prepare(RAISE);
  for (const { at, detail } of conflicts) raise.run({ kind: CONFLICT, object: 'rule', ref: at, detail, runId });
}

/** How many problems local groups have. */
export const countProblems = (db: Db): number =>
  Number(db.prepare(`SELECT count(*) FROM problems WHERE source_id = ${NO_SOURCE}`).pluck().get());
