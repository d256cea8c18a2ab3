import { fold } from '../../directory/names.ts';
import type { InactiveReason } from '../../model/words.ts';
import type { HandAccount } from './account.ts';
import type { Hand } from './edit.ts';
import { freeUserName } from './names.ts';

/** Sets columns of one account; the names of columns are this program's own words. */
export function patchAccount(hand: Hand, id: number, columns: Readonly<Record<string, string | number | null>>): void {
  const set = ['updated_at', ...Object.keys(columns)].map((name) => `${name} = ?`).join(', ');
  hand.db.prepare(`UPDATE accounts SET ${set} WHERE id = ?`).run(hand.at, ...Object.values(columns), id);
}

/** Another state of an account, journalled as `action`. */
export function setState(
  hand: Hand,
  account: HandAccount,
  action: 'deactivate' | 'reactivate' | 'suspend' | 'unsuspend',
  reason: InactiveReason | null,
): void {
  const active = reason === null;
  const before = { active: account.active === 1, inactiveReason: account.reason };
  const left = active ? { deactivated_at: null } : account.active === 1 ? { deactivated_at: hand.at } : {};
  const columns = { active: Number(active), reason, reason_at: active ? null : hand.at, ...left };
  patchAccount(hand, account.id, columns);
  const after = { active, inactiveReason: reason };
  hand.journal({ object: 'user', id: account.id, name: account.userName, action, before, after });
}

/** Gives an account that comes back the user name that it let go of. Throws a Failure where somebody else has it. */
export function regainName(hand: Hand, account: HandAccount): void {
  if (account.holdsName === 1 || account.userName === null) return;
  freeUserName(hand.db, account.userName, account.id);
  patchAccount(hand, account.id, { name_key: fold(account.userName) });
  holdsName(hand, account, true);
}

export function holdsName(hand: Hand, account: HandAccount, holds: boolean): void {
  const values = { before: { holdsName: !holds }, after: { holdsName: holds } };
  hand.journal({ object: 'user', id: account.id, name: account.userName, action: 'update', ...values });
}
