import type { Db } from '../../directory/open.ts';
import { RuleFailure } from '../../expressions/rule.ts';
import { didYouMean } from '../../model/near.ts';
import { DIRECT, NESTED } from '../../model/words.ts';
import { accountIn } from '../plan/table.ts';
import type { Bearers } from './bearers.ts';

/** Which synced groups accounts are in, once the plan in the temporary tables is applied. */
export interface LocalBelonging {
  /** Throws a RuleFailure where no synced group is called so. */
  memberOf(account: number, nameOrId: string): boolean;
  /** The names of the groups of these accounts, ascending. */
  namesOf(accounts: readonly number[]): ReadonlyMap<number, readonly string[]>;
}

const SYNCED = `how & ${DIRECT | NESTED}`;
const MEMBERS = `SELECT account_id FROM memberships WHERE group_id = ? AND ${SYNCED}`;
const CHANGES = "SELECT change, list FROM temp.plan_members WHERE group_id = ? AND change <> 'update'";
const GROUPS_OF = `SELECT m.account_id, m.group_id FROM json_each(?) j CROSS JOIN memberships m ON m.account_id = j.value WHERE m.${SYNCED}`;
/** Only for rules that read the names of all groups: one row for each membership that comes or goes. */
const MOVES = `
CREATE TEMP TABLE IF NOT EXISTS local_moves (account INTEGER NOT NULL, grp INTEGER NOT NULL, comes INTEGER NOT NULL, PRIMARY KEY (account, grp)) WITHOUT ROWID;
DELETE FROM local_moves;
INSERT OR REPLACE INTO local_moves SELECT j.value / 16, p.group_id, p.change = 'add' FROM plan_members p, json_each(p.list) j
  WHERE p.change <> 'update';`;
const MOVES_OF = `SELECT m.account, m.grp, m.comes FROM json_each(?) j CROSS JOIN temp.local_moves m ON m.account = j.value`;

/** @param bearers the groups as the plan makes them */
export function localBelonging(db: Db, bearers: Bearers): LocalBelonging {
  const known = new Map<string, ReadonlySet<number> | RuleFailure>();
  const membersOf = (nameOrId: string): ReadonlySet<number> | RuleFailure => {
    const group = bearers.find(nameOrId);
    if (group !== undefined) return members(db, group);
    const sentence = `no group of a source is called \`${nameOrId}\`, nor has that id`;
    return new RuleFailure(`${sentence}${didYouMean(nameOrId, bearers.names())}`, true);
  };
  let moves = false;
  return {
    memberOf: (account, nameOrId) => {
      let found = known.get(nameOrId);
      if (found === undefined) known.set(nameOrId, (found = membersOf(nameOrId)));
      if (found instanceof RuleFailure) throw found;
      return found.has(account);
    },
    namesOf: (accounts) => {
      if (!moves) db.exec(MOVES);
      moves = true;
      return namesOf(db, bearers, accounts);
    },
  };
}

function members(db: Db, group: number): ReadonlySet<number> {
  const found = new Set(db.prepare<[number], number>(MEMBERS).pluck().all(group));
  for (const { change, list } of db.prepare<[number], { change: string; list: string }>(CHANGES).all(group)) {
    // Written by plan/table.ts.
    for (const member of JSON.parse(list) as number[]) {
      if (change === 'add') found.add(accountIn(member));
      else found.delete(accountIn(member));
    }
  }
  return found;
}

function namesOf(db: Db, bearers: Bearers, accounts: readonly number[]): ReadonlyMap<number, readonly string[]> {
  const list = JSON.stringify(accounts);
  const groups = new Map(accounts.map((account) => [account, new Set<number>()]));
  for (const [account, group] of db.prepare<[string], [number, number]>(GROUPS_OF).raw().all(list))
    groups.get(account)?.add(group);
  for (const [account, group, comes] of db.prepare<[string], [number, number, number]>(MOVES_OF).raw().all(list)) {
    if (comes === 1) groups.get(account)?.add(group);
    else groups.get(account)?.delete(group);
  }
  const named = ([account, ids]: [number, Set<number>]) =>
    [account, [...ids].flatMap((id) => bearers.nameOf(id) ?? []).sort()] as const;
  return new Map([...groups].map(named));
}
