import type { Db } from '../directory/open.ts';
import type { Figure } from './limits.ts';

/** The hours that limits look back, in milliseconds. */
const WINDOW = 24 * 3_600_000;

/**
 * The runs that limits look back on: those of the last 24 hours, the first import left out, since before it there was
 * nothing to lose. While a plan is blocked the window stands still at the time it was first stopped.
 */
const RUNS = `SELECT r.id, r.mode = 'approve' AS approved FROM runs r
  WHERE r.source_id = @source AND r.started_at >= @start AND r.outcome IN ('ok', 'blocked')
    AND r.id > (SELECT coalesce(min(id), 0) FROM runs WHERE source_id = @source AND outcome IN ('ok', 'unchanged'))`;

const SETUP = `
CREATE TEMP TABLE IF NOT EXISTS window_runs (id INTEGER PRIMARY KEY, approved INTEGER NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS window_accounts (id INTEGER PRIMARY KEY, was INTEGER NOT NULL, key TEXT);
DELETE FROM window_runs; DELETE FROM window_accounts;`;

/** Accounts whose state changed in the window: whether they were active when it began, and what they were lost to. */
const ACCOUNTS = `INSERT INTO window_accounts
  SELECT j.object_id, j.action NOT IN ('create', 'reactivate'),
    (SELECT CASE k.reason WHEN 'disabled' THEN 'disable' ELSE 'deactivate' END FROM journal k JOIN window_runs w ON w.id = k.run_id
     WHERE k.object = 'user' AND k.object_id = j.object_id AND k.action IN ('deactivate', 'delete') AND NOT w.approved ORDER BY k.id DESC LIMIT 1)
  FROM journal j WHERE j.id IN (SELECT min(id) FROM journal WHERE run_id IN (SELECT id FROM window_runs) AND object = 'user'
    AND action IN ('create', 'reactivate', 'deactivate', 'delete') GROUP BY object_id)`;

const ACCOUNT_FIGURES = `SELECT
  (SELECT count(*) FROM accounts WHERE source_id = @source AND active = 1) AS now,
  (SELECT count(*) FROM window_accounts w JOIN accounts a ON a.id = w.id WHERE w.was = 1 AND a.active = 0) AS lost,
  (SELECT count(*) FROM window_accounts w JOIN accounts a ON a.id = w.id WHERE w.was = 0 AND a.active = 1) AS gained,
  (SELECT count(*) FROM window_accounts w JOIN accounts a ON a.id = w.id WHERE w.key = 'deactivate' AND a.active = 0) AS deactivated,
  (SELECT count(*) FROM window_accounts w JOIN accounts a ON a.id = w.id WHERE w.key = 'disable' AND a.active = 0) AS disabled,
  (SELECT count(DISTINCT object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id WHERE object = 'user' AND action = 'rename' AND NOT w.approved) AS renamed,
  (SELECT count(DISTINCT object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id WHERE object = 'user' AND action = 'create' AND NOT w.approved) AS created`;

const PLANNED_ACCOUNTS = `SELECT
  count(DISTINCT CASE WHEN action = 'deactivate' AND reason = 'disabled' THEN object_id END) AS disabled,
  count(DISTINCT CASE WHEN action = 'delete' OR (action = 'deactivate' AND reason <> 'disabled') THEN object_id END) AS deactivated,
  count(DISTINCT CASE WHEN action IN ('deactivate', 'delete') AND json_extract(before, '$.active') THEN object_id END) AS less,
  count(DISTINCT CASE WHEN action IN ('create', 'reactivate') THEN object_id END) AS more,
  count(DISTINCT CASE WHEN action = 'create' THEN object_id END) AS created,
  count(DISTINCT CASE WHEN action = 'rename' THEN object_id END) AS renamed
  FROM temp.plan WHERE object = 'user'`;

const GROUP_FIGURES = `SELECT
  (SELECT count(*) FROM groups WHERE source_id = @source AND removed_at IS NULL) AS now,
  (SELECT count(DISTINCT j.object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id JOIN groups g ON g.id = j.object_id
   WHERE j.object = 'group' AND j.action = 'remove' AND g.removed_at IS NOT NULL) AS lost,
  (SELECT count(DISTINCT j.object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id JOIN groups g ON g.id = j.object_id
   WHERE j.object = 'group' AND j.action = 'remove' AND g.removed_at IS NOT NULL AND NOT w.approved) AS removed,
  (SELECT count(DISTINCT j.object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id JOIN groups g ON g.id = j.object_id
   WHERE j.object = 'group' AND j.action IN ('create', 'return') AND g.removed_at IS NULL) AS gained,
  (SELECT count(DISTINCT object_id) FROM journal j JOIN window_runs w ON w.id = j.run_id WHERE object = 'group' AND action = 'rename' AND NOT w.approved) AS renamed`;

const PLANNED_GROUPS = `SELECT
  count(DISTINCT CASE WHEN action = 'remove' THEN object_id END) AS removed,
  count(DISTINCT CASE WHEN action IN ('create', 'return') THEN object_id END) AS more,
  count(DISTINCT CASE WHEN action = 'rename' THEN object_id END) AS renamed
  FROM temp.plan WHERE object = 'group'`;

const PLANNED_MEMBERS = `SELECT coalesce(sum(CASE WHEN change = 'drop' AND counted THEN n END), 0) AS removed,
  coalesce(sum(CASE WHEN change = 'drop' THEN n END), 0) AS less, coalesce(sum(CASE WHEN change = 'add' THEN n END), 0) AS more
  FROM temp.plan_members`;

const MEMBER_FIGURES = `SELECT
  (SELECT count(*) FROM memberships m JOIN groups g ON g.id = m.group_id WHERE g.source_id = @source AND m.how & 3) AS now,
  (SELECT count(*) FROM memberships m JOIN groups g ON g.id = m.group_id
   WHERE g.source_id = @source AND m.how & 3 AND m.since_run IN (SELECT id FROM window_runs)) AS gained`;

/** Closed in the window, not open again, of people who still have their place in groups. */
const LOST_MEMBERS = `SELECT count(*) AS lost, coalesce(sum(NOT w.approved), 0) AS removed FROM (
    SELECT p.group_id, p.account_id, max(p.to_run) AS to_run FROM past_memberships p
    WHERE p.to_run IN (SELECT id FROM window_runs) GROUP BY p.group_id, p.account_id) p
  JOIN window_runs w ON w.id = p.to_run JOIN groups g ON g.id = p.group_id AND g.source_id = @source
  JOIN identities i ON i.account_id = p.account_id AND i.source_id = @source AND (i.reason IS NULL OR i.reason NOT IN ('missing', 'filtered'))
  WHERE NOT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = p.group_id AND m.account_id = p.account_id)`;

/** What the plan in `temp.plan` takes away, in the figures that limits look at; `at` is ISO 8601 in UTC. */
export function planFigures(db: Db, sourceId: number, at: string): Figure[] {
  const source = { source: sourceId };
  const one = <T>(sql: string, binding: object = {}): T => {
    // An aggregate without GROUP BY always gives a row.
    return db.prepare(sql).get(binding) as T;
  };
  db.exec(SETUP);
  db.prepare(`INSERT INTO window_runs ${RUNS}`).run({ ...source, start: windowStart(db, sourceId, at) });
  db.exec(ACCOUNTS);
  type Of<K extends string> = Record<K, number>;
  const accounts = one<Of<'now' | 'lost' | 'gained' | 'deactivated' | 'disabled' | 'renamed' | 'created'>>(
    ACCOUNT_FIGURES,
    source,
  );
  const plan = one<Of<'disabled' | 'deactivated' | 'less' | 'more' | 'created' | 'renamed'>>(PLANNED_ACCOUNTS);
  const groups = one<Of<'now' | 'lost' | 'removed' | 'gained' | 'renamed'>>(GROUP_FIGURES, source);
  const groupPlan = one<Of<'removed' | 'more' | 'renamed'>>(PLANNED_GROUPS);
  const base = accounts.now + accounts.lost - accounts.gained;
  const left = accounts.now - plan.less + plan.more;
  const groupBase = groups.now + groups.lost - groups.gained;
  return [
    { key: 'deactivate', what: 'accounts', planned: plan.deactivated, recent: accounts.deactivated, base, left },
    { key: 'disable', what: 'accounts', planned: plan.disabled, recent: accounts.disabled, base, left },
    { key: 'rename', what: 'user names', planned: plan.renamed, recent: accounts.renamed, base, left: null },
    { key: 'create', what: 'accounts', planned: plan.created, recent: accounts.created, base, left: null },
    {
      key: 'removeGroups',
      what: 'groups',
      planned: groupPlan.removed,
      recent: groups.removed,
      base: groupBase,
      left: groups.now - groupPlan.removed + groupPlan.more,
    },
    {
      key: 'rename',
      what: 'group names',
      planned: groupPlan.renamed,
      recent: groups.renamed,
      base: groupBase,
      left: null,
    },
    ...memberFigures(one<Of<'removed' | 'less' | 'more'>>(PLANNED_MEMBERS), () => ({
      ...one<Of<'now' | 'gained'>>(MEMBER_FIGURES, source),
      ...one<Of<'lost' | 'removed'>>(LOST_MEMBERS, source),
    })),
  ];
}

/** Counting a million memberships takes a moment: only where the plan changes any. */
function memberFigures(
  plan: { removed: number; less: number; more: number },
  count: () => { now: number; gained: number; lost: number; removed: number },
): Figure[] {
  if (plan.removed === 0 && plan.more === 0) return [];
  const { now, gained, lost, removed } = count();
  const base = now + lost - gained;
  return [
    {
      key: 'removeMembers',
      what: 'memberships',
      planned: plan.removed,
      recent: removed,
      base,
      left: now - plan.less + plan.more,
    },
    { key: 'addMembers', what: 'memberships', planned: plan.more, recent: gained, base, left: null },
  ];
}

function windowStart(db: Db, sourceId: number, at: string): string {
  const since = db.prepare<[number], string>('SELECT since FROM blocked WHERE source_id = ?').pluck().get(sourceId);
  return new Date(Date.parse(since ?? at) - WINDOW).toISOString();
}
