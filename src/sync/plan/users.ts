import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { change, type Step } from '../change.ts';
import { settleNames } from '../settle-names.ts';
import { nameFault } from '../shape.ts';
import { planExpired } from './expired.ts';
import { type Holders, nameHolders } from './holders.ts';
import { planNewcomers } from './newcomers.ts';
import type { People } from './people.ts';
import { addSteps } from './steps.ts';
import type { PlannedSource, PlanTable } from './table.ts';
import { accountRows, storedOf, wantedOf } from './user-rows.ts';

/**
 * Plans the accounts of the users in `todo`, in the order of their ids at the source: first those who have an account,
 * for a name that one of them leaves is free for the others, then the newcomers. Keeps `people` to what the plan makes
 * of everyone's place in groups.
 */
export function planUsers(db: Db, source: PlannedSource, plan: PlanTable, people: People): void {
  const holders = nameHolders(db, 'accounts', source.name);
  const moves = planExisting(db, source, plan, people, holders);
  const returning = new Set(moves.filter((move) => move.returns).map(({ id }) => id));
  planExpired(db, source, plan, people, holders, returning);
  const winners = settleNames(moves, (key) => holders.of(key));
  for (const move of moves) {
    const { id, node, from, name } = move;
    if (winners.has(id)) {
      holders.move(from === null ? null : fold(from), move.key, id);
      const values = { before: { userName: from }, after: { userName: name } };
      plan.add({ object: 'user', id, name: from, related: null, node, action: 'rename', reason: 'source', ...values });
    } else {
      plan.problem(
        'user-name-conflict',
        'user',
        node,
        `The user name \`${name}\` is ${holders.describe(move.key)}; this account keeps \`${from ?? ''}\`. Rename one of the two at the identity provider.`,
      );
    }
    // A returning account whose name is taken stays inactive: it is brought back only together with its name.
    if (winners.has(id) || !move.returns) addSteps(plan, people, holders, { node, id, name: from }, move.steps);
  }
  planNewcomers(db, plan, people, holders);
}

/** Somebody whose user name at the source is not the account's. */
interface Move {
  id: number;
  key: string;
  node: number;
  from: string | null;
  name: string;
  steps: Step[];
  returns: boolean;
}

function planExisting(db: Db, source: PlannedSource, plan: PlanTable, people: People, holders: Holders): Move[] {
  const moves: Move[] = [];
  for (const row of accountRows(db)) {
    const wanted = wantedOf(row, plan);
    const steps = change(storedOf(row), wanted, source.onMissing);
    const name = wanted.is === 'in' ? wanted.attributes.userName : row.userName;
    const fault = name === row.userName ? null : nameFault(name);
    if (fault !== null) {
      plan.problem(
        'user-name-invalid',
        'user',
        row.node,
        `The user name at the source cannot be used: ${fault}. The account keeps \`${row.userName ?? ''}\`; change it at the identity provider.`,
      );
    }
    if (name === row.userName || name === null || fault !== null) {
      addSteps(plan, people, holders, { node: row.node, id: row.account, name: row.userName }, steps);
      continue;
    }
    const returns = steps.some((step) => step.action === 'reactivate');
    moves.push({ id: row.account, key: fold(name), node: row.node, from: row.userName, name, steps, returns });
  }
  return moves;
}
