import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import type { InactiveReason } from '../../model/words.ts';
import { change, inScope, type Step, type Wanted } from '../change.ts';
import type { OtherNames } from '../other-names.ts';
import { settleNames } from '../settle-names.ts';
import { nameFault } from '../shape.ts';
import type { Shaper } from '../shaper.ts';
import { storedOf } from '../stored.ts';
import { planExpired } from './expired.ts';
import { type Holders, nameHolders } from './holders.ts';
import { nameRemedy } from './name-remedy.ts';
import { planNewcomers } from './newcomers.ts';
import type { People } from './people.ts';
import { remedyOf } from './remedy.ts';
import { addSteps } from './steps.ts';
import type { PlannedSource, PlanTable } from './table.ts';
import { accountRows, wantedOf } from './user-rows.ts';

/**
 * Plans the accounts of the users in `todo`, in the order of their ids at the source: first those who have an account,
 * for a name that one of them leaves is free for the others, then the newcomers. Keeps `people` to what the plan makes
 * of everyone's place in groups.
 */
export function planUsers(db: Db, source: PlannedSource, plan: PlanTable, people: People, shaper: Shaper): void {
  const holders = nameHolders(db, 'accounts', source.name);
  const moves = planExisting(db, source, plan, people, holders, shaper);
  const returning = new Set(moves.filter((move) => move.returns).map(({ id }) => id));
  planExpired(db, source, plan, people, holders, returning);
  const winners = settleNames(moves, (key) => holders.of(key));
  const losers: Move[] = [];
  for (const move of moves) {
    const { id, node, from } = move;
    const name = winners.has(id) ? move.name : nextFree(move, holders);
    if (name !== null && (name !== from || !move.holds)) takeName(plan, holders, move, name);
    else if (name === null) losers.push(move);
    // A returning account whose name is taken stays inactive: it is brought back only together with its name.
    if (name !== null || !move.returns) addSteps(plan, people, holders, { node, id, name: from }, move.steps);
  }
  // Told once the plan is made: whether the holder is active may be part of it.
  for (const loser of losers) raiseConflict(db, plan, holders, loser);
  planNewcomers(db, plan, people, holders, shaper);
}

function raiseConflict(
  db: Db,
  plan: PlanTable,
  holders: Holders,
  { node, from, name, key, holds, returns }: Move,
): void {
  const stays = returns && !holds ? 'this account stays inactive' : `this account keeps \`${from ?? ''}\``;
  plan.problem(
    'user-name-conflict',
    'user',
    node,
    `The user name \`${name}\` is ${holders.describe(key)}; ${stays}. ${nameRemedy(db, holders, key)}`,
  );
}

/** The name that an account is to have: its own where another is not asked for, or where it is one of those to try. */
function wantedName(wanted: Wanted, own: string | null, reason: InactiveReason | null): string | null {
  if (wanted.is !== 'in' && wanted.is !== 'unsure') return own;
  if (wanted.is === 'unsure' && wanted.active !== false && !inScope(reason)) return own;
  const name = wanted.attributes.userName;
  if (name === undefined) return own;
  return own !== null && name !== own && wanted.others?.include(own) ? own : name;
}

/** Somebody whose user name at the source is not the account's. */
interface Move {
  id: number;
  key: string;
  node: number;
  from: string | null;
  /** Whether it holds the name that it bears. */
  holds: boolean;
  name: string;
  steps: Step[];
  returns: boolean;
  others: OtherNames | null;
}

/** Gives an account another name, or its own back that it had let go of. */
function takeName(plan: PlanTable, holders: Holders, { id, node, from, holds }: Move, name: string): void {
  holders.move(from === null || !holds ? null : fold(from), fold(name), id);
  const renamed = name !== from;
  plan.add({
    object: 'user',
    id,
    name: from,
    related: null,
    node,
    action: renamed ? 'rename' : 'update',
    reason: 'source',
    before: { ...(renamed && { userName: from }), ...(!holds && { holdsName: false }) },
    after: { ...(renamed && { userName: name }), ...(!holds && { holdsName: true }) },
  });
}

/** The first of the other names that nobody holds, or its own; null where there is none. */
function nextFree({ id, others }: Move, holders: Holders): string | null {
  for (const name of others?.values(holders.reached) ?? []) {
    const holder = nameFault(name) === null ? holders.of(fold(name)) : 0;
    if (holder === undefined || holder === id) return name;
  }
  return null;
}

function planExisting(
  db: Db,
  source: PlannedSource,
  plan: PlanTable,
  people: People,
  holders: Holders,
  shaper: Shaper,
): Move[] {
  const moves: Move[] = [];
  for (const row of accountRows(db)) {
    const wanted = wantedOf(row, plan, shaper);
    const steps = change(storedOf(row), wanted, source.onMissing);
    const wish = wantedName(wanted, row.userName, row.reason);
    const fault = wish === row.userName ? null : nameFault(wish);
    const holds = row.nameKey !== null;
    const returns = steps.some((step) => step.action === 'reactivate');
    const name = fault === null ? wish : row.userName;
    if (fault !== null) {
      plan.problem(
        'user-name-invalid',
        'user',
        row.node,
        `The user name that it should have cannot be used: ${fault}. The account keeps \`${row.userName ?? ''}\`. ${remedyOf(shaper)}`,
      );
    }
    // Who let go of a name comes back only with one.
    if (name === null || (name === row.userName && (holds || !returns))) {
      addSteps(plan, people, holders, { node: row.node, id: row.account, name: row.userName }, steps);
      continue;
    }
    const others = wanted.is === 'in' || wanted.is === 'unsure' ? wanted.others : null;
    moves.push({
      id: row.account,
      key: fold(name),
      node: row.node,
      from: row.userName,
      holds,
      name,
      steps,
      returns,
      others,
    });
  }
  return moves;
}
