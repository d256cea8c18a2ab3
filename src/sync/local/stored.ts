import type { Db } from '../../directory/open.ts';
import type { Tables } from '../../model/rules.ts';

/** A group of the directory's own, with the rule that was applied last. */
export interface StoredRule {
  id: number;
  name: string;
  description: string | null;
  rule: string;
}

/** What was applied with the rules, beside their texts. */
export interface LocalState {
  /** The look-up tables that they read. */
  tables: Tables;
  /** The last run by hand whose people were evaluated. */
  hand: number;
  /** Whether something else changed that rules read, so that everybody has to be looked at. */
  stale?: boolean;
}

const RULES = `SELECT id, name, description, rule FROM groups
  WHERE source_id IS NULL AND rule IS NOT NULL AND removed_at IS NULL ORDER BY id`;
const STATE = "SELECT value FROM meta WHERE key = 'local_rules'";
const KEEP =
  "INSERT INTO meta (key, value) VALUES ('local_rules', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const STALE = "UPDATE meta SET value = json_set(value, '$.stale', json('true')) WHERE key = 'local_rules'";
const LAST_RUN = 'SELECT coalesce(max(id), 0) FROM runs';

/** The rules of local groups that were applied last, in the order of the groups' ids. */
export const storedRules = (db: Db): StoredRule[] => db.prepare<[], StoredRule>(RULES).all();

export function localState(db: Db): LocalState {
  const text = db.prepare<[], string>(STATE).pluck().get();
  // Written by keepState.
  return text === undefined ? { tables: {}, hand: lastRun(db) } : (JSON.parse(text) as LocalState);
}

export function keepState(db: Db, state: LocalState): void {
  db.prepare(KEEP).run(JSON.stringify(state));
}

/** Notes that something changed which no pass looks at, such as the name of a source. */
export function markStale(db: Db): void {
  db.prepare(STALE).run();
}

export const lastRun = (db: Db): number => Number(db.prepare(LAST_RUN).pluck().get());
