import { type Person, readAccount } from './account.ts';
import { type ByHand, type Edited, editByHand, type Turn } from './edit.ts';
import { readLocalGroup } from './groups.ts';
import { joinByHand, leaveByHand } from './memberships.ts';

export interface Joined {
  group: number;
  /** Ids of accounts, in the order in which they were named. */
  added: number[];
  /** Who was in it by hand already. */
  already: number[];
}

export interface Left {
  group: number;
  removed: number[];
  /** Whom a rule keeps in the group. */
  byRule: number[];
  /** Who was not in it. */
  none: number[];
}

/** Puts accounts of any source into a group that was made by hand. */
export const addMembers = (by: ByHand, group: number, people: readonly Person[], turn: Turn): Promise<Edited<Joined>> =>
  editByHand(by, [], turn, (hand) => {
    readLocalGroup(hand.db, group, 'Put the people into it at the identity provider.');
    const done: Joined = { group, added: [], already: [] };
    for (const person of people) {
      const { id } = readAccount(hand.db, person);
      done[joinByHand(hand, group, id) ? 'added' : 'already'].push(id);
    }
    return done;
  });

/** Takes accounts out that were put in by hand; whom a rule put in stays. */
export const removeMembers = (
  by: ByHand,
  group: number,
  people: readonly Person[],
  turn: Turn,
): Promise<Edited<Left>> =>
  editByHand(by, [], turn, (hand) => {
    readLocalGroup(hand.db, group, 'Take the people out of it at the identity provider.');
    const done: Left = { group, removed: [], byRule: [], none: [] };
    const lists = { left: done.removed, rule: done.byRule, none: done.none };
    for (const person of people) {
      const { id } = readAccount(hand.db, person);
      lists[leaveByHand(hand, group, id)].push(id);
    }
    return done;
  });
