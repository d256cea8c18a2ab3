import type { Db } from '../directory/open.ts';
import type { LimitKey, Limits } from '../model/limits.ts';
import { DIRECT, REASONS } from '../model/words.ts';
import type { Excess, Figure } from './limits.ts';

/** What the mirror of a source holds, in figures. */
export interface MirrorCounts {
  users: number;
  groups: number;
  /** Direct memberships, users and groups as members. */
  memberships: number;
}

const COUNTS = `SELECT
  (SELECT count(*) FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE n.source_id = @source AND m.state NOT IN (1, 3)) AS users,
  (SELECT count(*) FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE n.source_id = @source AND m.state NOT IN (1, 3)) AS groups,
  (SELECT coalesce(sum(length(m.members) + coalesce(length(m.kept), 0)), 0) / 4 FROM mirror_groups m JOIN nodes n ON n.id = m.node
   WHERE n.source_id = @source AND m.state NOT IN (1, 3)) AS memberships`;

const GONE = (table: string) => `SELECT count(*) FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.state IN (1, 3) AND m.applied`;
const APPLY = (
  table: string,
) => `UPDATE ${table} SET applied = 1 - applied WHERE run > @since AND applied <> (state NOT IN (1, 3))
  AND EXISTS (SELECT 1 FROM nodes n WHERE n.id = node AND n.source_id = @source)`;
/** Direct memberships of people whom the plan takes out of their groups because they are gone. */
const OF_LEAVERS = `SELECT count(*) FROM temp.plan_members p, json_each(p.list) j
  WHERE p.change = 'drop' AND NOT p.counted AND p.why = ${REASONS.indexOf('missing')} AND (j.value & ${DIRECT})`;
const MISSING = (table: string) => `SELECT count(*) FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.state = 1`;

/** What the mirror holds now. */
export function mirrorCounts(db: Db, sourceId: number): MirrorCounts {
  const counts = db.prepare<object, MirrorCounts>(COUNTS).get({ source: sourceId });
  if (!counts) throw new Error('an aggregate without GROUP BY always gives a row');
  return counts;
}

/**
 * What the snapshot lost against the last one that was applied, whatever filters hide of it: whoever came since does
 * not make up for it. Of memberships only the numbers are compared, those of people who left apart, and only where the
 * limit is a share.
 */
export function snapshotFigures(
  db: Db,
  sourceId: number,
  applied: MirrorCounts,
  now: MirrorCounts,
  limits: Limits,
): Figure[] {
  const gone = (table: string) => Number(db.prepare(GONE(table)).pluck().get(sourceId));
  const figure = (
    key: 'deactivate' | 'removeGroups',
    what: string,
    planned: number,
    base: number,
    left: number,
  ): Figure => ({
    key,
    what,
    planned,
    recent: 0,
    base,
    left,
  });
  const { users, groups, memberships } = applied;
  const figures = [
    figure('deactivate', 'users are not listed any more', gone('mirror_users'), users, now.users),
    figure('removeGroups', 'groups are not listed any more', gone('mirror_groups'), groups, now.groups),
  ];
  let lost = memberships - now.memberships;
  if (lost > 0 && limits.removeMembers && 'share' in limits.removeMembers) {
    lost = Math.max(0, lost - Number(db.prepare(OF_LEAVERS).pluck().get()));
    const what = 'direct memberships are not listed any more';
    figures.push({ key: 'removeMembers', what, planned: lost, recent: 0, base: memberships, left: now.memberships });
  }
  return figures;
}

/** Notes that what the mirror holds now is what was applied; `since` is the run that was applied before. */
export function markApplied(db: Db, sourceId: number, since: number | null): void {
  for (const table of ['mirror_users', 'mirror_groups'])
    db.prepare(APPLY(table)).run({ source: sourceId, since: since ?? 0 });
}

/**
 * What stops a plan for certain while objects are missing: too many vanished for anyone to be looked up, so nothing may
 * be taken from them, whatever else the figures say.
 */
export function missingExcess(db: Db, sourceId: number): Excess[] {
  return (
    [
      ['mirror_users', 'deactivate', 'users'],
      ['mirror_groups', 'removeGroups', 'groups'],
    ] as const
  ).flatMap(([table, key, what]) => {
    const planned = Number(db.prepare(MISSING(table)).pluck().get(sourceId));
    return planned === 0
      ? []
      : [certain(key, planned, `${planned} ${what} vanished at once, too many to look each of them up by its id`)];
  });
}

/** What stops a snapshot that holds none of the people whom the source brought before. */
export const tenantExcess = (users: number): Excess =>
  certain('deactivate', users, 'Nobody whom this source brought before is there any more');

const certain = (key: LimitKey, planned: number, what: string): Excess => ({
  ...{ key, what, planned, recent: 0, base: planned, left: null, allowed: 0, emptied: false },
  sentence: `${what}: that is always stopped (\`limits.${key}\`).`,
});
