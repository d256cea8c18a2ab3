import type { Db } from '../../directory/open.ts';
import { REASONS, type Reason } from '../../model/words.ts';
import type { PlannedSource } from './table.ts';

/** Who of a source's users has a place in groups, once the plan is applied. */
export interface People {
  /** The account of a user who belongs to groups, or 0: disabled people do, absent and filtered ones do not. */
  accountOf(node: number): number;
  /** The account of a user, whether it belongs to groups or not, or 0. */
  anyAccountOf(node: number): number;
  joins(node: number, account: number): void;
  leaves(node: number, reason: Reason): void;
  /** The account is no more. */
  forget(node: number): void;
  /** The nodes whose place changed. */
  changed(): ReadonlySet<number>;
  /** Why an account lost its place in this plan, as an index into REASONS; undefined where it did not. */
  whyLeft(account: number): number | undefined;
  /** An account that stays as it is although its user is gone or filtered, memberships included: `onMissing: keep`. */
  isFrozen(account: number): boolean;
  /** Whether accounts are frozen at all here: who comes back may have memberships that the source took meanwhile. */
  readonly freezes: boolean;
  /** What the plan makes of accounts' managers, as the source names them; accounts that keep theirs are not in it. */
  readonly managers: Map<number, string | null>;
}

const PEOPLE = 'SELECT node, account_id, reason FROM identities WHERE source_id = ?';
const GONE = `SELECT i.account_id FROM identities i JOIN mirror_users m ON m.node = i.node
  WHERE i.source_id = ? AND m.state IN (1, 3) AND (i.reason IS NULL OR i.reason NOT IN ('missing', 'filtered', 'source-removed'))`;
const LAST_NODE = 'SELECT coalesce(max(id), 0) FROM nodes';

/** Loads everyone who has an account: 8 bytes for each node. */
export function loadPeople(db: Db, { id: sourceId, onMissing }: Pick<PlannedSource, 'id' | 'onMissing'>): People {
  const size = Number(db.prepare(LAST_NODE).pluck().get()) + 1;
  const inGroups = new Int32Array(size);
  const accounts = new Int32Array(size);
  for (const [node, account, reason] of db
    .prepare<[number], [number, number, string | null]>(PEOPLE)
    .raw()
    .iterate(sourceId)) {
    accounts[node] = account;
    if (reason !== 'missing' && reason !== 'filtered' && reason !== 'source-removed') inGroups[node] = account;
  }
  const changed = new Set<number>();
  const left = new Map<number, number>();
  const freezes = onMissing === 'keep';
  const frozen = new Set(freezes ? db.prepare<[number], number>(GONE).pluck().all(sourceId) : []);
  return {
    accountOf: (node) => inGroups[node] ?? 0,
    anyAccountOf: (node) => accounts[node] ?? 0,
    joins: (node, account) => {
      accounts[node] = account;
      if (inGroups[node] === account) return;
      inGroups[node] = account;
      changed.add(node);
    },
    leaves: (node, reason) => {
      if (inGroups[node] === 0) return;
      left.set(inGroups[node] ?? 0, REASONS.indexOf(reason));
      inGroups[node] = 0;
      changed.add(node);
    },
    forget: (node) => {
      accounts[node] = 0;
    },
    changed: () => changed,
    whyLeft: (account) => left.get(account),
    isFrozen: (account) => frozen.has(account),
    freezes,
    managers: new Map(),
  };
}
