import type { Db } from '../directory/open.ts';
import type { Figure } from './limits.ts';
import { memberFigures } from './member-figures.ts';
import { lookBack } from './window.ts';

const ACCOUNTS = `SELECT
  (SELECT count(*) FROM accounts WHERE source_id = ? AND active = 1) AS now,
  coalesce(sum(w.was AND NOT a.active), 0) AS lost, coalesce(sum(NOT w.was AND a.active), 0) AS gained,
  coalesce(sum(w.key = 'deactivate' AND NOT a.active AND w.id NOT IN (SELECT object_id FROM temp.plan WHERE object = 'user' AND action = 'delete')), 0) AS deactivated,
  coalesce(sum(w.key = 'disable' AND NOT a.active AND w.id NOT IN (SELECT object_id FROM temp.plan WHERE object = 'user' AND action = 'delete')), 0) AS disabled
  FROM temp.window_objects w JOIN accounts a ON a.id = w.id WHERE w.object = 'user'`;

const PLANNED_ACCOUNTS = `SELECT
  count(DISTINCT CASE WHEN action = 'deactivate' AND reason = 'disabled' THEN object_id END) AS disabled,
  count(DISTINCT CASE WHEN action = 'delete' OR (action = 'deactivate' AND reason <> 'disabled') THEN object_id END) AS deactivated,
  count(DISTINCT CASE WHEN action = 'delete' THEN object_id END) AS deleted,
  count(DISTINCT CASE WHEN action IN ('deactivate', 'delete') AND json_extract(before, '$.active') THEN object_id END) AS less,
  count(DISTINCT CASE WHEN action IN ('create', 'reactivate') THEN object_id END) AS more,
  count(DISTINCT CASE WHEN action = 'create' THEN object_id END) AS created
  FROM temp.plan WHERE object = 'user'`;

const CREATED = `SELECT count(*) FROM journal j JOIN temp.window_runs w ON w.id = j.run_id
  WHERE j.object = 'user' AND j.action = 'create' AND NOT w.approved`;

const GROUPS = `SELECT
  (SELECT count(*) FROM groups WHERE source_id = ? AND removed_at IS NULL) AS now,
  coalesce(sum(w.was AND g.removed_at IS NOT NULL), 0) AS lost, coalesce(sum(NOT w.was AND g.removed_at IS NULL), 0) AS gained,
  coalesce(sum(w.key IS NOT NULL AND g.removed_at IS NOT NULL), 0) AS removed
  FROM temp.window_objects w JOIN groups g ON g.id = w.id WHERE w.object = 'group'`;

const PLANNED_GROUPS = `SELECT
  count(DISTINCT CASE WHEN action = 'remove' THEN object_id END) AS removed,
  count(DISTINCT CASE WHEN action IN ('create', 'return') THEN object_id END) AS more
  FROM temp.plan WHERE object = 'group'`;

/** Names that the plan changes, those left out that it changes back to what they were when the window began. */
const PLANNED_NAMES = `SELECT count(DISTINCT p.object_id) FROM temp.plan p WHERE p.object = @object AND p.action = 'rename'
  AND NOT EXISTS (SELECT 1 FROM temp.window_names w WHERE w.object = p.object AND w.id = p.object_id
    AND w.name = coalesce(json_extract(p.after, '$.userName'), json_extract(p.after, '$.name')))`;
const RENAMED = (
  table: string,
  column: string,
) => `SELECT count(*) FROM temp.window_names w JOIN ${table} t ON t.id = w.id
  WHERE w.object = @object AND t.${column} <> w.name
    AND w.id NOT IN (SELECT object_id FROM temp.plan WHERE object = @object AND action = 'rename')`;

type Of<K extends string> = Record<K, number>;

/** What the plan in `temp.plan` takes away, in the figures that limits look at; `at` is ISO 8601 in UTC. */
export function planFigures(db: Db, sourceId: number, at: string): Figure[] {
  lookBack(db, sourceId, at);
  // Each of these is an aggregate without GROUP BY, which always gives a row.
  const one = <T>(sql: string, ...values: number[]): T => db.prepare(sql).get(...values) as T;
  const number = (sql: string, binding: object = {}) => Number(db.prepare(sql).pluck().get(binding));
  const accounts = one<Of<'now' | 'lost' | 'gained' | 'deactivated' | 'disabled'>>(ACCOUNTS, sourceId);
  const plan = one<Of<'disabled' | 'deactivated' | 'deleted' | 'less' | 'more' | 'created'>>(PLANNED_ACCOUNTS);
  const groups = one<Of<'now' | 'lost' | 'gained' | 'removed'>>(GROUPS, sourceId);
  const groupPlan = one<Of<'removed' | 'more'>>(PLANNED_GROUPS);
  const base = accounts.now + accounts.lost - accounts.gained;
  const left = accounts.now === 0 ? null : accounts.now - plan.less + plan.more;
  const groupBase = groups.now + groups.lost - groups.gained;
  const names = (object: string, renamed: string) => ({
    planned: number(PLANNED_NAMES, { object }),
    recent: number(renamed, { object }),
  });
  const figures: Figure[] = [
    {
      key: 'deactivate',
      what: plan.deleted === 0 ? 'accounts would be deactivated' : 'accounts would be deactivated or deleted',
      planned: plan.deactivated,
      recent: accounts.deactivated,
      base,
      left,
    },
    {
      key: 'disable',
      what: 'accounts are disabled at the identity provider',
      planned: plan.disabled,
      recent: accounts.disabled,
      base,
      left,
    },
    {
      key: 'create',
      what: 'accounts would be created',
      planned: plan.created,
      recent: number(CREATED),
      base,
      left: null,
    },
    {
      key: 'removeGroups',
      what: 'groups would be removed',
      planned: groupPlan.removed,
      recent: groups.removed,
      base: groupBase,
      left: groups.now - groupPlan.removed + groupPlan.more,
    },
    {
      key: 'rename',
      what: 'user names would change',
      ...names('user', RENAMED('accounts', 'user_name')),
      base,
      left: null,
    },
    {
      key: 'rename',
      what: 'group names would change',
      ...names('group', RENAMED('groups', 'name')),
      base: groupBase,
      left: null,
    },
  ];
  return [...figures, ...memberFigures(db, sourceId)];
}
