import { openToLook } from '../directory/open.ts';
import { isThere } from '../directory/place.ts';

/** What a directory holds and how its sources are, for metrics and the status page. */
export interface Figures {
  /** Accounts by source and state: `active`, else why not. */
  accounts: readonly { source: string; state: string; count: number }[];
  /** Groups that are not removed, by source. */
  groups: readonly { source: string; count: number }[];
  problems: readonly { source: string; count: number }[];
  sources: readonly SourceFigures[];
  /** What one run changed, by kind; null where none was asked about. */
  run: { source: string; changed: Readonly<Record<string, number>> } | null;
}

export interface SourceFigures {
  name: string;
  state: string;
  /** ISO 8601 in UTC. */
  lastSuccessAt: string | null;
  /** When its last run began. */
  lastBegunAt: string | null;
  blockedPlan: string | null;
  /** Whether a plan of it was ever applied. */
  applied: boolean;
}

const ACCOUNTS = `SELECT source, CASE WHEN active = 1 THEN 'active' ELSE coalesce(inactive_reason, 'inactive') END AS state,
  count(*) AS count FROM v1_users GROUP BY 1, 2`;
const GROUPS = 'SELECT source, count(*) AS count FROM v1_groups GROUP BY 1';
const PROBLEMS = "SELECT coalesce(source, 'local') AS source, count(*) AS count FROM v1_problems GROUP BY 1";
const SOURCES = `SELECT v.name, v.state, v.last_success_at AS lastSuccessAt, v.blocked_plan AS blockedPlan,
  s.applied_run IS NOT NULL AS applied,
  (SELECT r.started_at FROM runs r WHERE r.source_id = s.id ORDER BY r.id DESC LIMIT 1) AS lastBegunAt
  FROM v1_sources v JOIN sources s ON s.name = v.name`;

const CHANGED = `SELECT created AS "create", updated AS "update", deactivated AS deactivate, reactivated AS reactivate,
  deleted AS "delete", groups_changed AS "group", members_added AS "add-member", members_removed AS "remove-member"
  FROM v1_runs WHERE id = ?`;

const NOTHING: Figures = { accounts: [], groups: [], problems: [], sources: [], run: null };

/**
 * Counts what a directory holds; takes a moment for each hundred thousand accounts. Throws a Failure.
 * @param run whose changes to count too
 */
export function figuresOf(directory: string, run?: { source: string; runId: number }): Figures {
  if (!isThere(directory)) return NOTHING;
  const db = openToLook(directory);
  try {
    return db
      .transaction((): Figures => {
        const all = <T>(sql: string) => db.prepare<[], T>(sql).all();
        const changed = run && db.prepare<[number], Record<string, number>>(CHANGED).get(run.runId);
        return {
          run: run && changed ? { source: run.source, changed } : null,
          accounts: all<Figures['accounts'][number]>(ACCOUNTS),
          groups: all<Figures['groups'][number]>(GROUPS),
          problems: all<Figures['problems'][number]>(PROBLEMS),
          sources: all<SourceFigures>(SOURCES).map((source) => ({ ...source, applied: Boolean(source.applied) })),
        };
      })
      .deferred();
  } finally {
    db.close();
  }
}
