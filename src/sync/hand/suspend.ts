import type { Db } from '../../directory/open.ts';
import type { InactiveReason } from '../../model/words.ts';
import { inScope } from '../change.ts';
import { type HandAccount, locksOf, type Person, readAccount } from './account.ts';
import { type ByHand, type Edited, editByHand, refusal, type Turn } from './edit.ts';
import { lookAgain } from './look-again.ts';
import { closeSourced } from './memberships.ts';
import { type SourceNow, type Standing, stateAtSource } from './state-at-source.ts';
import { regainName, setState } from './write-account.ts';

export interface Suspended {
  id: number;
  userName: string | null;
  /** What kept it inactive before; null where it was active. */
  before: InactiveReason | null;
}

export interface Unsuspended {
  id: number;
  userName: string | null;
  /** What keeps it inactive now; null where it is active. */
  inactiveReason: InactiveReason | null;
  /** Only the next pass can tell whether it is to be active. */
  waits: boolean;
}

const IDENTITY = 'UPDATE identities SET active = ?, reason = ? WHERE node = ?';
const BEFORE = `SELECT before FROM journal WHERE object = 'user' AND object_id = ? AND action = 'suspend' ORDER BY id DESC LIMIT 1`;

/** Holds an account inactive, whatever passes say, until it is unsuspended; its other attributes go on to follow. */
export const suspendUser = (by: ByHand, person: Person, turn: Turn): Promise<Edited<Suspended>> =>
  editByHand(by, locksOf(person), turn, (hand) => {
    const { db, runId } = hand;
    const account = readAccount(db, person);
    const { id, userName, sourceId, node, reason: before } = account;
    if (before !== 'suspended') {
      setState(hand, account, 'suspend', 'suspended');
      db.prepare(IDENTITY).run(0, 'suspended', node);
      // Whoever had left belongs to its groups again, hidden, should it return.
      if (sourceId !== null && node !== null && !inScope(before)) lookAgain(db, sourceId, [node], runId);
    }
    return { id, userName, before };
  });

/**
 * Ends a suspension. A synced account becomes what its source says of it, by the mirror and today's rules, and the next
 * pass looks at it and at its groups again; one that was made by hand becomes what it was.
 */
export const unsuspendUser = (by: ByHand, person: Person, now: SourceNow, turn: Turn): Promise<Edited<Unsuspended>> =>
  editByHand(by, locksOf(person), turn, (hand) => {
    const { db, runId } = hand;
    const account = readAccount(db, person);
    mustBeSuspended(account);
    const { id, userName, sourceId, node } = account;
    const { reason, waits }: Standing =
      sourceId === null ? { reason: reasonBefore(db, id), waits: false } : stateAtSource(db, account, now);
    if (reason === null) regainName(hand, account);
    setState(hand, account, 'unsuspend', reason);
    if (sourceId !== null && node !== null) {
      db.prepare(IDENTITY).run(Number(reason === null), reason, node);
      if (!inScope(reason)) closeSourced(hand, id);
      lookAgain(db, sourceId, [node], runId);
    }
    return { id, userName, inactiveReason: reason, waits };
  });

function mustBeSuspended({ id, reason }: HandAccount): void {
  if (reason === 'suspended') return;
  const is = reason === null ? 'it is active' : `it is inactive for another reason, \`${reason}\``;
  throw refusal(`Account ${id} is not suspended: ${is}. Nothing was changed.`);
}

function reasonBefore(db: Db, id: number): InactiveReason | null {
  const before = db.prepare<[number], string>(BEFORE).pluck().get(id);
  // Written by suspendUser.
  const { inactiveReason } = JSON.parse(before ?? '{}') as { inactiveReason?: InactiveReason | null };
  return inactiveReason ?? null;
}
