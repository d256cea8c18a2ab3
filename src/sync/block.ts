import type { Db } from '../directory/open.ts';
import { limitText } from '../model/limits.ts';
import type { BlockedPlan } from '../model/pass.ts';
import { type Cause, isRemoval } from './causes.ts';
import { type Excess, GROWTH } from './limits.ts';
import { noteStopped } from './removals.ts';
import type { Run } from './settle.ts';

const EXAMPLES = 5;
/** Who is deleted is not told as deactivated as well. */
const DELETED = `(r.kind = 'deactivate' AND EXISTS (SELECT 1 FROM temp.removals d WHERE d.kind = 'delete' AND d.one = r.one))`;
const REMOVALS = `SELECT kind, CASE WHEN kind = 'rename' THEN other ELSE 0 END AS of, count(*) AS count FROM temp.removals r
  WHERE NOT ${DELETED} GROUP BY 1, 2 ORDER BY 2`;
const EXAMPLE = `SELECT CASE
    WHEN r.kind = 'create' THEN (SELECT p.object_name FROM temp.plan p WHERE p.object = 'user' AND p.node = -r.one)
    WHEN r.kind = 'removeGroups' OR (r.kind = 'rename' AND r.other = 1) THEN (SELECT g.name FROM groups g WHERE g.id = r.one)
    WHEN r.kind IN ('removeMembers', 'addMembers') THEN coalesce((SELECT a.user_name FROM accounts a WHERE a.id = r.other), (SELECT p.object_name FROM temp.plan p WHERE p.object = 'user' AND p.node = -r.other), '')
      || ' in ' || coalesce((SELECT g.name FROM groups g WHERE g.id = r.one), (SELECT p.object_name FROM temp.plan p WHERE p.object = 'group' AND p.node = -r.one), '')
    ELSE (SELECT a.user_name FROM accounts a WHERE a.id = r.one) END
  FROM temp.removals r WHERE r.kind = ? AND (r.kind <> 'rename' OR r.other = ?) AND NOT ${DELETED}
  ORDER BY abs(r.one), abs(r.other) LIMIT ${EXAMPLES}`;

/** What a kind of removal is called, of one and of several; the worst first, renames of groups as a kind of their own. */
const WHAT: Readonly<Record<string, readonly [one: string, many: string]>> = {
  deactivate: ['account to deactivate', 'accounts to deactivate'],
  delete: ['account to delete for good', 'accounts to delete for good'],
  disable: ['account to disable', 'accounts to disable'],
  removeGroups: ['group to remove', 'groups to remove'],
  removeMembers: ['membership to remove', 'memberships to remove'],
  rename: ['user name to change', 'user names to change'],
  'rename 1': ['group name to change', 'group names to change'],
  create: ['account to create', 'accounts to create'],
  addMembers: ['membership to add', 'memberships to add'],
};
const KINDS = Object.keys(WHAT);

/** Notes that the plan in the temporary tables is stopped, and tells all that an operator needs to judge it. */
export function blockedPlan(db: Db, run: Run, excess: readonly Excess[], why: readonly Cause[]): BlockedPlan {
  const { id, again, since } = noteStopped(db, {
    ...run,
    cause: why[0]?.word ?? 'other',
    limitKey: excess[0]?.key ?? 'deactivate',
  });
  const example = db.prepare<[string, number], string>(EXAMPLE).pluck();
  const removals = db.prepare<[], { kind: string; of: number; count: number }>(REMOVALS).all();
  removals.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const stopped = (kind: string) => kind !== 'disable' || excess.some(({ key }) => key === 'disable');
  return {
    id,
    again,
    since,
    limits: excess.map(sentence),
    causes: why.map(({ text }) => text),
    removal: isRemoval(why[0]?.word ?? ''),
    removals: removals
      .filter(({ kind }) => stopped(kind))
      .map(({ kind, of, count }) => ({
        what: WHAT[of === 1 ? `${kind} 1` : kind]?.[count === 1 ? 0 : 1] ?? kind,
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

function sentence({ key, limit, what, planned, recent, base, allowed, emptied, sentence: own }: Excess): string {
  if (own !== undefined || limit === undefined) return own ?? what;
  const taken = GROWTH.has(key)
    ? `${thousands(planned)} ${what}, where there were ${thousands(base)}`
    : `${thousands(planned)} of ${thousands(base)} ${what}`;
  const before = recent === 0 ? '' : `, after ${thousands(recent)} in the 24 hours before`;
  if (emptied) return `${taken}${before}. None would be left, which is always stopped (\`limits.${key}\`).`;
  return `${taken}${before}; \`limits.${key}: ${limitText(limit)}\` allows ${thousands(allowed)} in 24 hours.`;
}

const thousands = (figure: number): string => figure.toLocaleString('en');
