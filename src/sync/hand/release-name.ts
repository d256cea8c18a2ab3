import { locksOf, type Person, readAccount } from './account.ts';
import { type ByHand, type Edited, editByHand, refusal, type Turn } from './edit.ts';
import { holdsName, patchAccount } from './write-account.ts';

/**
 * Makes an account that is not active let go of its user name, so that somebody else may have it. The account still
 * shows it, and asks for it again when it comes back.
 */
export const releaseName = (by: ByHand, person: Person, turn: Turn): Promise<Edited<{ userName: string | null }>> =>
  editByHand(by, locksOf(person), turn, (hand) => {
    const account = readAccount(hand.db, person);
    const { id, userName } = account;
    if (account.active === 1) {
      throw refusal(
        `Account ${id} is active, and an active account keeps its user name; nothing was changed. Rename it where it comes from, or deactivate it first.`,
      );
    }
    if (account.holdsName === 1) {
      patchAccount(hand, id, { name_key: null });
      holdsName(hand, account, false);
    }
    return { userName };
  });
