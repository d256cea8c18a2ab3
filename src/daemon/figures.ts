import { openToLook } from '../directory/open.ts';
import { isThere } from '../directory/place.ts';
import { markOf } from './mark.ts';

/** What a directory holds and how its sources are, for metrics and the status page. */
export interface Figures {
  /** Accounts by source and state: `active`, else why not. */
  accounts: readonly { source: string; state: string; count: number }[];
  /** Groups that are not removed, by source. */
  groups: readonly { source: string; count: number }[];
  problems: readonly { source: string; count: number }[];
  sources: readonly SourceFigures[];
  /** The plan of edited rules of local groups that waits; null where none does. */
  localPlan: string | null;
  /** What the runs that were asked about changed, by kind. */
  runs: readonly { source: string; changed: Readonly<Record<string, number>> }[];
  /** The directory's mark (mark.ts) before anything was counted: while it is the same, so are the figures. */
  mark: string | null;
}

export interface SourceFigures {
  name: string;
  state: string;
  /** ISO 8601 in UTC. */
  lastSuccessAt: string | null;
  /** When its last run began. */
  lastBegunAt: string | null;
  /** Whether that was a pass of a daemon, on its own account, that did not come to an end: the next start makes up for it. */
  cutOff: boolean;
  blockedPlan: string | null;
  /** Whether a plan of it was ever applied. */
  applied: boolean;
  /** Passes that failed since the last that did not; those that could not begin left no run. */
  failures: number;
}

const ACCOUNTS = `SELECT source, CASE WHEN active = 1 THEN 'active' ELSE coalesce(inactive_reason, 'inactive') END AS state,
  count(*) AS count FROM v1_users GROUP BY 1, 2`;
const GROUPS = 'SELECT source, count(*) AS count FROM v1_groups GROUP BY 1';
const PROBLEMS = "SELECT coalesce(source, 'local') AS source, count(*) AS count FROM v1_problems GROUP BY 1";
const SOURCES = `SELECT v.name, v.state, v.last_success_at AS lastSuccessAt, v.blocked_plan AS blockedPlan,
  s.applied_run IS NOT NULL AS applied,
  (SELECT r.started_at FROM runs r WHERE r.source_id = s.id ORDER BY r.id DESC LIMIT 1) AS lastBegunAt,
  (SELECT r.trigger IN ('schedule', 'start') AND r.outcome IN ('running', 'interrupted', 'cancelled')
    FROM runs r WHERE r.source_id = s.id ORDER BY r.id DESC LIMIT 1) AS cutOff,
  (SELECT count(*) FROM runs r WHERE r.source_id = s.id AND r.outcome = 'failed' AND r.mode <> 'approve' AND r.id > coalesce(
    (SELECT o.id FROM runs o WHERE o.source_id = s.id AND o.outcome IN ('ok', 'unchanged', 'blocked') ORDER BY o.id DESC LIMIT 1), 0)
  ) AS failures
  FROM v1_sources v JOIN sources s ON s.name = v.name`;

const LOCAL_PLAN = 'SELECT plan_id FROM blocked WHERE source_id = 0';
const CHANGED = `SELECT created AS "create", updated AS "update", deactivated AS deactivate, reactivated AS reactivate,
  deleted AS "delete", groups_changed AS "group", members_added AS "add-member", members_removed AS "remove-member"
  FROM v1_runs WHERE id = ?`;

const NOTHING: Figures = {
  ...{ accounts: [], groups: [], problems: [], sources: [], localPlan: null, runs: [], mark: null },
};

/**
 * Counts what a directory holds; takes a moment for each hundred thousand accounts. Throws a Failure.
 * @param of the runs whose changes to count too
 */
export function figuresOf(directory: string, ...of: { source: string; runId: number }[]): Figures {
  if (!isThere(directory)) return NOTHING;
  const mark = markOf(directory);
  const db = openToLook(directory);
  try {
    return db
      .transaction((): Figures => {
        const all = <T>(sql: string) => db.prepare<[], T>(sql).all();
        const changed = db.prepare<[number], Record<string, number>>(CHANGED);
        return {
          accounts: all<Figures['accounts'][number]>(ACCOUNTS),
          groups: all<Figures['groups'][number]>(GROUPS),
          problems: all<Figures['problems'][number]>(PROBLEMS),
          sources: all<SourceFigures>(SOURCES).map((source) => ({
            ...source,
            applied: Boolean(source.applied),
            cutOff: Boolean(source.cutOff),
          })),
          localPlan: db.prepare<[], string>(LOCAL_PLAN).pluck().get() ?? null,
          runs: of.map(({ source, runId }) => ({ source, changed: changed.get(runId) ?? {} })),
          mark,
        };
      })
      .deferred();
  } finally {
    db.close();
  }
}
