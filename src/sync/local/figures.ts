import type { Db } from '../../directory/open.ts';
import type { Figure } from '../limits.ts';
import { NO_SOURCE } from './problems.ts';

/** The hours that the limit looks back, in milliseconds. */
const HOURS_24 = 24 * 3_600_000;

/** As of sources (window.ts): the first run is left out, since before it there was nothing to lose. */
const RUNS = `
CREATE TEMP TABLE IF NOT EXISTS window_runs (id INTEGER PRIMARY KEY, approved INTEGER NOT NULL);
DELETE FROM window_runs;`;
const OURS = "source_id IS NULL AND mode IN ('rules', 'approve')";
const WINDOW = `INSERT INTO temp.window_runs SELECT id, mode = 'approve' FROM runs
  WHERE ${OURS} AND started_at >= @start AND outcome IN ('ok', 'blocked')
    AND id > (SELECT coalesce(min(id), 0) FROM runs WHERE ${OURS} AND outcome = 'ok')`;
const SINCE = `SELECT since FROM blocked WHERE source_id = ${NO_SOURCE}`;

const IN_WINDOW = (run: string) => `${run} IN (SELECT id FROM temp.window_runs)`;
/** By rule when the window began: an interval that began before and ended in it. */
const WAS_OPEN = (pair: string) => `EXISTS (SELECT 1 FROM past_memberships o
  WHERE o.group_id = ${pair}.group_id AND o.account_id = ${pair}.account_id AND o.how & 8
    AND ${IN_WINDOW('o.to_run')} AND NOT ${IN_WINDOW('o.from_run')})`;
const NOW = `SELECT count(*) AS now, coalesce(sum(${IN_WINDOW('m.since_run')} AND NOT ${WAS_OPEN('m')}), 0) AS gained
  FROM groups g CROSS JOIN memberships m ON m.group_id = g.id CROSS JOIN accounts a ON a.id = m.account_id
  WHERE g.source_id IS NULL AND m.how & 8 AND a.active`;
/** What the plan adds, or marks as by rule. A table of its own, to be looked up in. */
const COMING_BACK = `
CREATE TEMP TABLE IF NOT EXISTS coming_back (group_id INTEGER NOT NULL, account_id INTEGER NOT NULL, PRIMARY KEY (group_id, account_id)) WITHOUT ROWID;
DELETE FROM coming_back;
INSERT OR IGNORE INTO coming_back SELECT q.group_id, j.value / 16 FROM plan_members q CROSS JOIN json_each(q.list) j
  WHERE q.change <> 'drop' AND (j.value % 16) & 8`;
/** Ended in the window and not by rule again, of people who are active. */
const LOST = `SELECT coalesce(sum(${WAS_OPEN('p')}), 0) AS lost,
    coalesce(sum(NOT w.approved AND NOT EXISTS (SELECT 1 FROM temp.coming_back c
      WHERE c.group_id = p.group_id AND c.account_id = p.account_id)), 0) AS removed FROM (
    SELECT group_id, account_id, max(to_run) AS to_run FROM past_memberships
    WHERE how & 8 AND ${IN_WINDOW('to_run')} GROUP BY group_id, account_id) p
  JOIN temp.window_runs w ON w.id = p.to_run JOIN groups g ON g.id = p.group_id AND g.source_id IS NULL
  JOIN accounts a ON a.id = p.account_id AND a.active
  WHERE NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = p.group_id AND m.account_id = p.account_id AND m.how & 8)`;
/** A member who stays by hand all the same loses nothing. */
const PLANNED = `SELECT coalesce(sum(CASE WHEN change = 'drop' AND counted THEN n END), 0) AS removed,
  coalesce(sum(CASE WHEN change = 'add' THEN n END), 0) AS more FROM temp.plan_members`;

type Of<K extends string> = Record<K, number>;

/**
 * What a run of edited rules takes away, in the figures that `limits.removeMembers` looks at: memberships by rule of
 * active accounts. @param at ISO 8601 in UTC
 */
export function localFigures(db: Db, at: string): Figure[] {
  const since = db.prepare<[], string>(SINCE).pluck().get();
  db.exec(RUNS);
  db.prepare(WINDOW).run({ start: new Date(Date.parse(since ?? at) - HOURS_24).toISOString() });
  // Each of these is an aggregate without GROUP BY, which always gives a row.
  const one = <T>(sql: string): T => db.prepare(sql).get() as T;
  const plan = one<Of<'removed' | 'more'>>(PLANNED);
  if (plan.removed === 0) return [];
  const { now, gained } = one<Of<'now' | 'gained'>>(NOW);
  db.exec(COMING_BACK);
  const { lost, removed } = one<Of<'lost' | 'removed'>>(LOST);
  return [
    {
      key: 'removeMembers',
      what: 'memberships of local groups would be removed',
      planned: plan.removed,
      recent: removed,
      base: now + lost - gained,
      left: now - plan.removed + plan.more,
    },
  ];
}
