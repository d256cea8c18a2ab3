import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { STANDARD_ATTRIBUTES } from '../../model/user.ts';
import type { InactiveReason } from '../../model/words.ts';
import { change, inScope, type Step, type Stored, type Wanted } from '../change.ts';
import { USER } from '../known.ts';
import { userFromText } from '../record.ts';
import { settleNames } from '../settle-names.ts';
import { nameFault, shape } from '../shape.ts';
import { nameHolders } from './holders.ts';
import type { People } from './people.ts';
import { nextId, type PlanTable } from './table.ts';

interface Row extends AccountRow {
  node: number;
  ext: string;
  state: number;
  why: string | null;
  record: string;
  account: number | null;
  heldReason: InactiveReason | null;
}

const PAGE = 1000;
const TODO = `SELECT t.node, t.ext, m.state, m.why, m.record, i.account_id AS account, i.reason AS heldReason,
    a.active, a.reason, ${ATTRIBUTE_LIST}
  FROM temp.todo t JOIN mirror_users m ON m.node = t.node
    LEFT JOIN identities i ON i.node = t.node LEFT JOIN accounts a ON a.id = i.account_id
  WHERE t.kind = ${USER} AND t.ext > ? AND (i.node IS NULL) = ? ORDER BY t.ext LIMIT ${PAGE}`;

/**
 * Plans the accounts of the users in `todo`, in the order of their ids at the source: first those who have an account,
 * for a name that one of them leaves is free for the others, then the newcomers. Keeps `people` to what the plan makes
 * of everyone's place in groups.
 */
export function planUsers(db: Db, source: string, plan: PlanTable, people: People): void {
  const holders = nameHolders(db, 'accounts', source);
  const moves = planExisting(db, plan, people);
  const winners = settleNames(moves, (key) => holders.of(key));
  for (const move of moves) {
    if (winners.has(move.id)) {
      holders.move(move.from === null ? null : fold(move.from), move.key, move.id);
      const step: Step = {
        action: 'rename',
        reason: 'source',
        before: { userName: move.from },
        after: { userName: move.name },
      };
      plan.add({ ...step, object: 'user', id: move.id, name: move.from, related: null, node: move.node });
    } else {
      plan.problem(
        'user-name-conflict',
        'user',
        move.node,
        `The user name \`${move.name}\` is ${holders.describe(move.key)}; this account keeps \`${move.from ?? ''}\`. Rename one of the two at the identity provider.`,
      );
    }
    // A returning account whose name is taken stays inactive: it is brought back only together with its name.
    if (winners.has(move.id) || !move.returns) addSteps(plan, people, move.node, move.id, move.from, move.steps);
  }
  planNewcomers(db, plan, people, holders);
}

interface Move {
  id: number;
  key: string;
  node: number;
  from: string | null;
  name: string;
  steps: Step[];
  returns: boolean;
}

function planExisting(db: Db, plan: PlanTable, people: People): Move[] {
  const moves: Move[] = [];
  for (const row of rows(db, false)) {
    if (row.account === null) continue;
    const wanted = wantedOf(row, plan);
    const stored = storedOf(row);
    const steps = change(stored, wanted);
    if (wanted.is === 'in' && wanted.active === null) raiseActiveUnknown(plan, row.node);
    const name = wanted.is === 'in' ? wanted.attributes.userName : row.userName;
    if (name === row.userName) {
      addSteps(plan, people, row.node, row.account, row.userName, steps);
      continue;
    }
    const fault = nameFault(name);
    if (fault !== null || name === null) {
      plan.problem(
        'user-name-invalid',
        'user',
        row.node,
        `The user name at the source cannot be used: ${fault}. The account keeps \`${row.userName ?? ''}\`; change it at the identity provider.`,
      );
      addSteps(plan, people, row.node, row.account, row.userName, steps);
      continue;
    }
    const returns = steps.some((step) => step.action === 'reactivate');
    moves.push({ id: row.account, key: fold(name), node: row.node, from: row.userName, name, steps, returns });
  }
  return moves;
}

function planNewcomers(db: Db, plan: PlanTable, people: People, holders: ReturnType<typeof nameHolders>): void {
  let id = nextId(db, 'accounts');
  for (const row of rows(db, true)) {
    const wanted = wantedOf(row, plan);
    if (wanted.is !== 'in') continue;
    if (wanted.active === null) raiseActiveUnknown(plan, row.node);
    const [creation] = change(null, wanted);
    const name = wanted.attributes.userName;
    if (!creation) continue;
    const fault = nameFault(name);
    if (fault !== null || name === null) {
      plan.problem(
        'user-name-invalid',
        'user',
        row.node,
        `No account was made: the user name at the source cannot be used: ${fault}. Change it at the identity provider.`,
      );
      continue;
    }
    const key = fold(name);
    if (holders.of(key) !== undefined) {
      plan.problem(
        'user-name-conflict',
        'user',
        row.node,
        `No account was made: the user name \`${name}\` is ${holders.describe(key)}. Rename one of the two at the identity provider.`,
      );
      continue;
    }
    holders.move(null, key, id);
    plan.add({ ...creation, object: 'user', id, name, related: null, node: row.node });
    people.joins(row.node, id);
    if (wanted.attributes.manager !== null) people.managers.set(id, wanted.attributes.manager);
    id++;
  }
}

function raiseActiveUnknown(plan: PlanTable, node: number): void {
  plan.problem(
    'active-unknown',
    'user',
    node,
    'The identity provider did not say whether this user is active; the last known state stays. Check that the permission to read users covers this user.',
  );
}

/** Reads `todo` page by page: a statement of this connection cannot be walked while another one writes. */
function* rows(db: Db, newcomers: boolean): Generator<Row> {
  const page = db.prepare<[string, number], Row>(TODO);
  for (let last = ''; ; ) {
    const found = page.all(last, Number(newcomers));
    yield* found;
    const end = found.at(-1);
    if (found.length < PAGE || !end) return;
    last = end.ext;
  }
}

function wantedOf(row: Row, plan: PlanTable): Wanted {
  if (row.state === 3) return { is: 'absent' };
  if (row.state !== 0) {
    plan.problem(
      'user-unknown',
      'user',
      row.node,
      `The listing left this user out and the look-up by id did not say why (${row.why ?? 'not looked up yet'}); the account stays as it is. The next pass looks again.`,
    );
    return { is: 'unknown' };
  }
  return shape(userFromText(row.ext, row.record));
}

function storedOf(row: Row): Stored {
  const attributes = Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, row[name]]));
  // Every standard attribute was just put in.
  return { active: row.active === 1, reason: row.reason, attributes: attributes as Stored['attributes'] };
}

function addSteps(
  plan: PlanTable,
  people: People,
  node: number,
  id: number,
  name: string | null,
  steps: readonly Step[],
): void {
  for (const step of steps) {
    plan.add({ ...step, object: 'user', id, name, related: null, node });
    if (step.after?.manager !== undefined) people.managers.set(id, step.after.manager as string | null);
    if (step.after?.inactiveReason === undefined) continue;
    // Written by change.ts.
    const reason = step.after.inactiveReason as InactiveReason | null;
    if (inScope(reason)) people.joins(node, id);
    else people.leaves(node, step.reason);
  }
}
