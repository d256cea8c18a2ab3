import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import { deletion } from '../change.ts';
import { storedOf } from '../stored.ts';
import type { Holders } from './holders.ts';
import type { People } from './people.ts';
import { addSteps } from './steps.ts';
import type { PlannedSource, PlanTable } from './table.ts';

type Row = AccountRow & { id: number; node: number };

/**
 * Accounts that left so long ago that `deleteAfter` is over. Not those that this very plan brings back, moves to another
 * reason or deletes for another; nor those whose user was seen again, or has a problem: what is unknown deletes nobody.
 */
const EXPIRED = `SELECT a.id, a.primary_node AS node, a.active, a.reason, ${ATTRIBUTE_LIST} FROM accounts a
  WHERE a.source_id = ? AND a.reason IN ('missing', 'filtered') AND a.reason_at <= ? AND a.deleted_at IS NULL
    AND (a.reason = 'filtered' OR NOT EXISTS (SELECT 1 FROM mirror_users m WHERE m.node = a.primary_node AND m.state <> 3))
    AND NOT EXISTS (SELECT 1 FROM temp.raised r WHERE r.object = 'user' AND r.ref = a.primary_node)
    AND a.id NOT IN (SELECT p.object_id FROM temp.plan p WHERE p.object = 'user'
      AND (p.action = 'delete' OR json_type(p.after, '$.inactiveReason') IS NOT NULL))`;

/**
 * Plans the deletion of accounts that `deleteAfter` has run out for; counted under `deactivate`.
 * @param returning accounts that come back under another name, which is settled after this
 */
export function planExpired(
  db: Db,
  source: PlannedSource,
  plan: PlanTable,
  people: People,
  holders: Holders,
  returning: ReadonlySet<number>,
): void {
  const before = expiry(source);
  if (before === null) return;
  for (const row of db.prepare<[number, string], Row>(EXPIRED).all(source.id, before)) {
    if (returning.has(row.id)) continue;
    addSteps(plan, people, holders, { node: row.node, id: row.id, name: row.userName }, [
      deletion(storedOf(row), 'delete-after'),
    ]);
  }
}

/** Whoever left at or before this time, ISO 8601 in UTC, is to be deleted; null where nobody is. */
export function expiry({ deleteAfter, at }: Pick<PlannedSource, 'deleteAfter' | 'at'>): string | null {
  return deleteAfter === null ? null : new Date(Date.parse(at) - deleteAfter).toISOString();
}
