import type { Db } from '../../directory/open.ts';
import type { PassSource } from '../../model/pass.ts';
import type { InactiveReason } from '../../model/words.ts';
import { belonging } from '../belonging.ts';
import type { Wanted } from '../change.ts';
import { userFromText } from '../record.ts';
import { loadGraph } from '../resolve.ts';
import type { RuleSet } from '../rules.ts';
import { shaper } from '../shaper.ts';
import type { HandAccount } from './account.ts';

/** What the configuration says of the account's source, its rules compiled; null where it no longer names it. */
export type SourceNow = (Pick<PassSource, 'name' | 'type'> & { rules: RuleSet }) | null;

/** What a suspended account is to be once nobody holds it. */
export interface Standing {
  /** What keeps it inactive; null where it is active. */
  reason: InactiveReason | null;
  /** Nobody can tell yet whether it is to be active: a pass will. */
  waits: boolean;
}

const MIRROR = 'SELECT state, asked, record FROM mirror_users WHERE node = ?';
const SOURCE = 'SELECT state, applied_key AS applied FROM sources WHERE id = ?';

/** `disabled` is a place to wait in: such an account belongs to its groups, hidden, and a pass ends it without a doubt. */
const WAITS: Standing = { reason: 'disabled', waits: true };

/**
 * What the mirror and today's rules make of a synced account that nobody holds. Only who is certainly active and in
 * scope, and still has its user name, is active at once.
 *
 *     mirror, rules                        standing
 *     source removed                       source-removed
 *     absent, or forgotten as such         missing
 *     disabled                             disabled
 *     out                                  filtered
 *     in, active, holds its name           active
 *     anything that is not certain         waits
 */
export function stateAtSource(db: Db, account: HandAccount, now: SourceNow): Standing {
  const source = db.prepare<[number | null], { state: string; applied: string | null }>(SOURCE).get(account.sourceId);
  if (source?.state === 'removed') return { reason: 'source-removed', waits: false };
  const wanted = wantedNow(db, account, now, source?.applied ?? null);
  if (wanted.is === 'absent') return { reason: 'missing', waits: false };
  if ((wanted.is === 'in' || wanted.is === 'out' || wanted.is === 'unsure') && wanted.active === false)
    return { reason: 'disabled', waits: false };
  if (wanted.is === 'out') return { reason: 'filtered', waits: false };
  return wanted.is === 'in' && wanted.active === true && account.holdsName === 1
    ? { reason: null, waits: false }
    : WAITS;
}

function wantedNow(db: Db, account: HandAccount, now: SourceNow, applied: string | null): Wanted {
  const { sourceId, node, ext, source } = account;
  const row = db.prepare<[number | null], { state: number; asked: string; record: string }>(MIRROR).get(node);
  // The record of somebody who is absent is forgotten once that was applied.
  if (!row || row.state === 1 || row.state === 3) return { is: 'absent' };
  if (row.state !== 0 || sourceId === null || node === null || ext === null) return { is: 'unknown' };
  // The file no longer says what the filter was.
  if (!now && (applied === null || /^users\.where: /m.test(applied))) return { is: 'unknown' };
  const groups = () => belonging(db, sourceId, loadGraph(db, sourceId, 'flatten'));
  const rules = now?.rules ?? NO_RULES;
  return shaper(now ?? { name: source, type: '' }, rules, groups).user(node, userFromText(ext, row.record), row.asked);
}

const NO_RULES: RuleSet = {
  ...{ users: null, groups: null, all: new Map(), want: { users: [], groups: [] }, unite: false },
  groupsRead: { memberOf: new Set(), all: false },
};
