import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import type { Wanted } from '../change.ts';
import { USER } from '../known.ts';
import { userFromText } from '../record.ts';
import type { Shaper } from '../shaper.ts';
import { raiseFailed } from './failed.ts';
import type { PlanTable } from './table.ts';

/** A user in `todo`, with the mirror's record. */
export interface UserRow {
  node: number;
  ext: string;
  state: number;
  why: string | null;
  asked: string;
  record: string;
}

/** A user who has an account. */
export interface AccountUserRow extends UserRow, AccountRow {
  account: number;
  /** Null where the account let go of its user name. */
  nameKey: string | null;
}

const PAGE = 1000;
const ACCOUNTS = `SELECT t.node, t.ext, m.state, m.why, m.asked, m.record, i.account_id AS account, a.name_key AS nameKey, a.active,
    a.reason, ${ATTRIBUTE_LIST}
  FROM temp.todo t JOIN mirror_users m ON m.node = t.node JOIN identities i ON i.node = t.node JOIN accounts a ON a.id = i.account_id
  WHERE t.kind = ${USER} AND t.ext > ? ORDER BY t.ext LIMIT ${PAGE}`;
const NEWCOMERS = `SELECT t.node, t.ext, m.state, m.why, m.asked, m.record FROM temp.todo t JOIN mirror_users m ON m.node = t.node
  WHERE t.kind = ${USER} AND t.ext > ? AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.node = t.node)
  ORDER BY t.ext LIMIT ${PAGE}`;

/** The users in `todo` who have an account, in the order of their ids at the source. */
export const accountRows = (db: Db): Generator<AccountUserRow> => pages<AccountUserRow>(db, ACCOUNTS);
/** The users in `todo` who have none, in the order of their ids at the source. */
export const newcomerRows = (db: Db): Generator<UserRow> => pages<UserRow>(db, NEWCOMERS);

/** Page by page, since a statement of this connection cannot be walked while another one writes. */
function* pages<T extends UserRow>(db: Db, sql: string): Generator<T> {
  const page = db.prepare<[string], T>(sql);
  for (let last = ''; ; ) {
    const found = page.all(last);
    yield* found;
    const end = found.at(-1);
    if (found.length < PAGE || !end) return;
    last = end.ext;
  }
}

/** What the mirror and the rules ask for; raises what stands in the way of knowing it. */
export function wantedOf(row: UserRow, plan: PlanTable, shaper: Shaper): Wanted {
  // Missing: not looked up, since too many vanished at once. Planned as absent, so that the plan shows it and is
  // stopped for it (figures.ts).
  if (row.state === 1 || row.state === 3) return { is: 'absent' };
  if (row.state === 2) {
    plan.problem(
      'user-unknown',
      'user',
      row.node,
      `The listing left this user out, and the look-up by id gave no clear answer (${row.why ?? 'none'}); the account stays as it is. The next pass looks again.`,
    );
    return { is: 'unknown' };
  }
  const wanted = shaper.user(row.node, userFromText(row.ext, row.record), row.asked);
  if (wanted.is !== 'out') raiseFailed(plan, shaper, 'user', row.node, wanted.failed);
  if (wanted.is !== 'out' && wanted.active === null) {
    plan.problem(
      'active-unknown',
      'user',
      row.node,
      'The identity provider did not say whether this user is active; the last known state stays. Check that the permission to read users covers this user.',
    );
  }
  return wanted;
}
