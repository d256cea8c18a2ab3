import type { Db } from '../directory/open.ts';
import type { Figure } from './limits.ts';

/** What rules put into local groups counts with the rest, but whether any is left is asked of the source's groups only. */
const LOCAL = 'group_id IN (SELECT id FROM groups WHERE source_id IS NULL)';
const PLANNED = `SELECT coalesce(sum(CASE WHEN change = 'drop' AND counted THEN n END), 0) AS removed,
  coalesce(sum(CASE WHEN change = 'drop' AND counted AND NOT ${LOCAL} THEN n END), 0) AS own,
  coalesce(sum(CASE WHEN change = 'drop' AND NOT ${LOCAL} THEN n END), 0) AS less,
  coalesce(sum(CASE WHEN change = 'add' THEN n END), 0) AS more,
  coalesce(sum(CASE WHEN change = 'add' AND NOT ${LOCAL} THEN n END), 0) AS gain
  FROM temp.plan_members`;

/** Open when the window began: an interval that began before and ended in it. */
const WAS_OPEN = (pair: string) => `EXISTS (SELECT 1 FROM past_memberships o
  WHERE o.group_id = ${pair}.group_id AND o.account_id = ${pair}.account_id
    AND o.to_run IN (SELECT id FROM temp.window_runs) AND o.from_run NOT IN (SELECT id FROM temp.window_runs))`;

/** Open now; and of these, not open when the window began. One walk, as there may be a million. */
const OPEN = `SELECT count(*) AS now,
    coalesce(sum(m.since_run IN (SELECT id FROM temp.window_runs) AND NOT ${WAS_OPEN('m')}), 0) AS gained,
    coalesce(sum(m.since_run IN (SELECT id FROM temp.window_runs WHERE NOT approved) AND NOT ${WAS_OPEN('m')}), 0) AS added
  FROM groups g CROSS JOIN memberships m ON m.group_id = g.id`;
const NOW = `${OPEN} WHERE g.source_id = ? AND m.how & 3`;
/** Of the source's people in local groups, by rule. */
const LOCAL_NOW = `${OPEN} CROSS JOIN accounts a ON a.id = m.account_id
  WHERE g.source_id IS NULL AND g.rule IS NOT NULL AND m.how & 8 AND a.source_id = ? AND a.active`;

/** What the plan adds, in groups that lost somebody in the window. A table of its own, to be looked up in. */
const COMING_BACK = `
CREATE TEMP TABLE IF NOT EXISTS coming_back (group_id INTEGER NOT NULL, account_id INTEGER NOT NULL, PRIMARY KEY (group_id, account_id)) WITHOUT ROWID;
DELETE FROM coming_back;
INSERT OR IGNORE INTO coming_back SELECT q.group_id, j.value / 16 FROM plan_members q CROSS JOIN json_each(q.list) j WHERE q.change = 'add'
  AND q.group_id IN (SELECT group_id FROM past_memberships WHERE to_run IN (SELECT id FROM window_runs))`;

/**
 * Closed in the window, not open again, of people who still have their place in groups. What the plan brings back is
 * counted as lost until then, so that the base is right, but not as removed.
 */
const LOST = `SELECT coalesce(sum(${WAS_OPEN('p')}), 0) AS lost,
    coalesce(sum(NOT w.approved AND NOT EXISTS (SELECT 1 FROM temp.coming_back c
      WHERE c.group_id = p.group_id AND c.account_id = p.account_id)), 0) AS removed FROM (
    SELECT p.group_id, p.account_id, max(p.to_run) AS to_run FROM past_memberships p
    WHERE p.to_run IN (SELECT id FROM temp.window_runs) GROUP BY p.group_id, p.account_id) p
  JOIN temp.window_runs w ON w.id = p.to_run JOIN groups g ON g.id = p.group_id AND (g.source_id = @source OR g.source_id IS NULL)
  JOIN identities i ON i.account_id = p.account_id AND i.source_id = @source AND (i.reason IS NULL OR i.reason NOT IN ('missing', 'filtered'))
  WHERE NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = p.group_id AND m.account_id = p.account_id)`;

type Of<K extends string> = Record<K, number>;

/** What the plan in `temp.plan_members` adds and takes away; reads the window that window.ts filled. */
export function memberFigures(db: Db, sourceId: number): Figure[] {
  // Each of these is an aggregate without GROUP BY, which always gives a row.
  const one = <T>(sql: string, ...values: (number | object)[]): T => db.prepare(sql).get(...values) as T;
  const plan = one<Of<'removed' | 'own' | 'less' | 'more' | 'gain'>>(PLANNED);
  // Counting a million memberships takes a moment: only where the plan changes any.
  if (plan.removed === 0 && plan.more === 0) return [];
  const own = one<Of<'now' | 'gained' | 'added'>>(NOW, sourceId);
  const local = one<Of<'now' | 'gained' | 'added'>>(LOCAL_NOW, sourceId);
  db.exec(COMING_BACK);
  const { lost, removed } = one<Of<'lost' | 'removed'>>(LOST, { source: sourceId });
  const base = own.now + local.now + lost - own.gained - local.gained;
  return [
    {
      key: 'removeMembers',
      what: 'memberships would be removed',
      planned: plan.removed,
      recent: removed,
      base,
      left: plan.own === 0 ? null : own.now - plan.less + plan.gain,
    },
    {
      key: 'addMembers',
      what: 'memberships would be added',
      planned: plan.more,
      recent: own.added + local.added,
      base,
      left: null,
    },
  ];
}
