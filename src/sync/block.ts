import type { Db } from '../directory/open.ts';
import type { BlockedPlan } from '../model/pass.ts';
import { type Cause, isRemoval } from './causes.ts';
import type { Excess } from './limits.ts';
import { noteStopped } from './removals.ts';
import type { Run } from './settle.ts';

const EXAMPLES = 5;
/** Who is deleted is not told as deactivated as well. */
const DELETED = `(r.kind = 'deactivate' AND EXISTS (SELECT 1 FROM temp.removals d WHERE d.kind = 'delete' AND d.one = r.one))`;
const REMOVALS = `SELECT kind, CASE WHEN kind = 'rename' THEN other ELSE 0 END AS of, count(*) AS count FROM temp.removals r
  WHERE NOT ${DELETED} GROUP BY 1, 2 ORDER BY 1, 2`;
const EXAMPLE = `SELECT CASE
    WHEN r.kind = 'create' THEN (SELECT p.object_name FROM temp.plan p WHERE p.object = 'user' AND p.node = -r.one)
    WHEN r.kind = 'removeGroups' OR (r.kind = 'rename' AND r.other = 1) THEN (SELECT g.name FROM groups g WHERE g.id = r.one)
    WHEN r.kind IN ('removeMembers', 'addMembers') THEN coalesce((SELECT a.user_name FROM accounts a WHERE a.id = r.other), 'a new account')
      || ' in ' || coalesce((SELECT g.name FROM groups g WHERE g.id = r.one), 'a new group')
    ELSE (SELECT a.user_name FROM accounts a WHERE a.id = r.one) END
  FROM temp.removals r WHERE r.kind = ? AND (r.kind <> 'rename' OR r.other = ?) AND NOT ${DELETED} ORDER BY r.one, r.other LIMIT ${EXAMPLES}`;

/** What a kind of removal is called; renames of groups apart from those of users. */
const WHAT: Readonly<Record<string, string>> = {
  deactivate: 'accounts deactivated',
  delete: 'accounts deleted for good',
  disable: 'accounts disabled',
  removeGroups: 'groups removed',
  removeMembers: 'memberships removed',
  rename: 'user names changed',
  create: 'accounts created',
  addMembers: 'memberships added',
};

/** Notes that the plan in the temporary tables is stopped, and tells all that an operator needs to judge it. */
export function blockedPlan(db: Db, run: Run, excess: readonly Excess[], why: readonly Cause[]): BlockedPlan {
  const { id, again } = noteStopped(db, {
    ...run,
    cause: why[0]?.word ?? 'other',
    limitKey: excess[0]?.key ?? 'deactivate',
  });
  const example = db.prepare<[string, number], string>(EXAMPLE).pluck();
  const removals = db.prepare<[], { kind: string; of: number; count: number }>(REMOVALS).all();
  const stopped = (kind: string) => kind !== 'disable' || excess.some(({ key }) => key === 'disable');
  return {
    id,
    again,
    limits: excess.map(sentence),
    causes: why.map(({ text }) => text),
    removal: isRemoval(why[0]?.word ?? ''),
    removals: removals
      .filter(({ kind }) => stopped(kind))
      .map(({ kind, of, count }) => ({
        what: kind === 'rename' && of === 1 ? 'group names changed' : (WHAT[kind] ?? kind),
        count,
        examples: example.all(kind, of),
      })),
    disabled: stopped('disable') ? 0 : (removals.find(({ kind }) => kind === 'disable')?.count ?? 0),
  };
}

/** Leaves in the plan only what the provider states outright: that an account is disabled, under its own limit. */
export function keepOnlyDisabled(db: Db, excess: readonly Excess[]): void {
  const disable = !excess.some(({ key }) => key === 'disable');
  db.prepare(
    `DELETE FROM temp.plan WHERE NOT (? AND object = 'user' AND action = 'deactivate' AND reason = 'disabled')`,
  ).run(Number(disable));
  db.exec('DELETE FROM temp.plan_members');
}

/** What was read, or not; a pass that reads it says so, whether its plan is applied or not. */
const OF_READING = `('user-unknown', 'group-unknown', 'active-unknown', 'members-unread', 'members-unresolved')`;

/**
 * What the plan would have solved is not solved: without its problem, later passes would not look at it again.
 * @param all nothing was read either
 */
export function keepProblems(db: Db, sourceId: number, all: boolean): void {
  db.prepare(
    `INSERT OR IGNORE INTO temp.raised SELECT kind, object, ref, detail FROM problems
     WHERE source_id = ? AND (? OR kind NOT IN ${OF_READING})`,
  ).run(sourceId, Number(all));
}

function sentence({ key, what, planned, recent, base, allowed, emptied, sentence: own }: Excess): string {
  if (own !== undefined) return own;
  const taken =
    recent === 0
      ? `${planned} of ${base} ${what}`
      : `${planned} of ${base} ${what}, after ${recent} in the last 24 hours`;
  if (emptied) return `${taken}, and none would be left: that is always stopped (\`limits.${key}\`).`;
  return `${taken}; \`limits.${key}\` allows ${allowed}.`;
}
