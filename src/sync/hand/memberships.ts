import { BY_HAND, BY_RULE, DIRECT, NESTED, REASONS } from '../../model/words.ts';
import type { Hand } from './edit.ts';

const WHY = REASONS.indexOf('hand');
const HOW = 'SELECT how FROM memberships WHERE group_id = ? AND account_id = ?';
const OPEN = `INSERT INTO memberships VALUES (@group, @account, @how, @runId, ${WHY})`;
const ALL = { account: 'account_id = @id', group: 'group_id = @id' };
const close = (where: string) =>
  `INSERT INTO past_memberships SELECT group_id, account_id, how, since_run, why, @runId, ${WHY} FROM memberships WHERE ${where}`;
const drop = (where: string) => `DELETE FROM memberships WHERE ${where}`;
const PAIR = 'group_id = @group AND account_id = @account';

/** Marks a membership as made by hand; a rule's own mark on it stays. @returns whether it was not so already */
export function joinByHand(hand: Hand, group: number, account: number): boolean {
  const how = howOf(hand, group, account);
  if (how & BY_HAND) return false;
  put(hand, group, account, how, how | BY_HAND);
  return true;
}

/**
 * Takes the mark away that a hand made.
 * @returns `rule` where a rule keeps the member in the group, `none` where no hand had put it there
 */
export function leaveByHand(hand: Hand, group: number, account: number): 'left' | 'rule' | 'none' {
  const how = howOf(hand, group, account);
  if (!(how & BY_HAND)) return how & BY_RULE ? 'rule' : 'none';
  put(hand, group, account, how, how & ~BY_HAND);
  return how & BY_RULE ? 'rule' : 'left';
}

/** Closes every membership of an account or group that goes. */
export function closeAll(hand: Hand, of: 'account' | 'group', id: number): void {
  closeWhere(hand, ALL[of], id);
}

/** Closes the memberships of an account that its source made; those by hand and by rule stay. */
export function closeSourced(hand: Hand, account: number): void {
  closeWhere(hand, `${ALL.account} AND how & ${DIRECT | NESTED}`, account);
}

function closeWhere({ db, runId, members }: Hand, where: string, id: number): void {
  members('removed', db.prepare(close(where)).run({ id, runId }).changes);
  db.prepare(drop(where)).run({ id });
}

const howOf = ({ db }: Hand, group: number, account: number): number =>
  db.prepare<[number, number], number>(HOW).pluck().get(group, account) ?? 0;

/** Ends the interval there is, and begins another where the pair still belongs together. */
function put({ db, runId, members }: Hand, group: number, account: number, from: number, how: number): void {
  if (from !== 0) {
    db.prepare(close(PAIR)).run({ group, account, runId });
    db.prepare(drop(PAIR)).run({ group, account });
  }
  if (how !== 0) db.prepare(OPEN).run({ group, account, how, runId });
  members(from === 0 ? 'added' : how === 0 ? 'removed' : 'changed', 1);
}
