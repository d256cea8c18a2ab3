import type { Db } from '../directory/open.ts';
import type { Limits } from '../model/limits.ts';
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
  WHERE n.source_id = ? AND m.state IN (1, 3) AND m.run > ?`;
const MISSING = (table: string) => `SELECT count(*) FROM ${table} m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.state = 1`;

/** What the mirror holds now. */
export function mirrorCounts(db: Db, sourceId: number): MirrorCounts {
  const counts = db.prepare<object, MirrorCounts>(COUNTS).get({ source: sourceId });
  if (!counts) throw new Error('an aggregate without GROUP BY always gives a row');
  return counts;
}

/**
 * What the snapshot lost against the last one that was applied, whatever filters hide of it. Counts of memberships are
 * compared only where the limit is a share: they go down with everyone who leaves, whom the limit does not count.
 */
export function snapshotFigures(
  db: Db,
  sourceId: number,
  applied: { run: number; counts: MirrorCounts },
  now: MirrorCounts,
  limits: Limits,
): Figure[] {
  const gone = (table: string) => Number(db.prepare(GONE(table)).pluck().get(sourceId, applied.run));
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
  const { counts } = applied;
  const figures = [
    figure('deactivate', 'users of the snapshot', gone('mirror_users'), counts.users, now.users),
    figure('removeGroups', 'groups of the snapshot', gone('mirror_groups'), counts.groups, now.groups),
  ];
  const lost = counts.memberships - now.memberships;
  if (lost > 0 && limits.removeMembers && 'share' in limits.removeMembers) {
    const members = {
      what: 'direct memberships of the snapshot',
      recent: 0,
      base: counts.memberships,
      left: now.memberships,
    };
    figures.push({ key: 'removeMembers', planned: lost, ...members });
  }
  return figures;
}

/**
 * What stops a plan for certain while objects are missing: too many vanished for anyone to be looked up, so nothing may
 * be taken from them, whatever else the figures say.
 */
export function missingExcess(db: Db, sourceId: number): Excess[] {
  return (
    [
      ['mirror_users', 'deactivate', 'users that were not looked up'],
      ['mirror_groups', 'removeGroups', 'groups that were not looked up'],
    ] as const
  ).flatMap(([table, key, what]) => {
    const planned = Number(db.prepare(MISSING(table)).pluck().get(sourceId));
    return planned === 0
      ? []
      : [{ key, what, planned, recent: 0, base: planned, left: null, allowed: 0, emptied: false }];
  });
}
