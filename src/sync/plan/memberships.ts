import type { Db } from '../../directory/open.ts';
import { DIRECT, NESTED } from '../../model/words.ts';
import { GROUP } from '../known.ts';
import type { Graph } from '../resolve.ts';
import type { People } from './people.ts';
import type { Places } from './places.ts';
import type { PlanTable } from './table.ts';

const CURRENT = `SELECT account_id, how FROM memberships WHERE group_id = ? AND how & ${DIRECT | NESTED} ORDER BY account_id`;
const CHANGED = `SELECT node FROM temp.todo WHERE kind = ${GROUP}`;

/** Plans who is in which group, for every group whose effective members may have changed. */
export function planMemberships(db: Db, plan: PlanTable, graph: Graph, people: People, places: Places): void {
  const current = db.prepare<[number], [number, number]>(CURRENT).raw();
  for (const [group, why] of places.left()) {
    for (const [account, how] of current.all(group)) plan.addMember(group, account, how, null, why);
  }
  const wanted = new Wanted();
  for (const position of dirty(db, graph, people, places)) {
    const group = places.groupOf(graph.groups[position]?.node ?? 0);
    if (group === 0) continue;
    wanted.clear();
    graph.members(position, (node, how) => {
      const account = people.accountOf(node);
      if (account !== 0) wanted.add(account, how);
    });
    compare(plan, group, current.all(group), wanted.sorted(), people);
  }
}

/** The positions of groups whose members may differ from the directory's. */
function dirty(db: Db, graph: Graph, people: People, places: Places): Set<number> {
  const start = new Set<number>();
  const add = (node: number) => {
    const position = graph.positionOf(node);
    if (position !== undefined) start.add(position);
  };
  for (const node of db.prepare<[], number>(CHANGED).pluck().all()) add(node);
  for (const node of places.joined()) add(node);
  const moved = people.changed();
  if (moved.size > 0) {
    graph.groups.forEach((group, position) => {
      if (group.everyone || holds(group.members, moved) || holds(group.kept, moved)) start.add(position);
    });
  }
  return graph.withAncestors(start);
}

function holds(list: Int32Array, nodes: ReadonlySet<number>): boolean {
  for (const node of list) if (nodes.has(node)) return true;
  return false;
}

/** The wanted members of one group: account and how, packed in one number each so that they sort fast. */
class Wanted {
  #packed = new Float64Array(1024);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  add(account: number, how: number): void {
    if (this.#length === this.#packed.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#packed);
      this.#packed = larger;
    }
    this.#packed[this.#length++] = account * 16 + how;
  }

  /** Ascending; an account that two identities bring in comes once, direct before nested. */
  sorted(): Float64Array {
    return this.#packed.subarray(0, this.#length).sort();
  }
}

/** Walks the members there are and those there should be, both in the order of accounts. */
function compare(
  plan: PlanTable,
  group: number,
  now: readonly [number, number][],
  wanted: Float64Array,
  people: People,
): void {
  let at = 0;
  let last = 0;
  for (const packed of wanted) {
    const account = Math.floor(packed / 16);
    const how = packed - account * 16;
    if (account === last) continue;
    last = account;
    for (let row = now[at]; row && row[0] < account; row = now[++at]) drop(plan, group, row, people);
    const row = now[at];
    if (row?.[0] !== account) plan.addMember(group, account, null, how, 0);
    else {
      at++;
      if (row[1] !== how) plan.addMember(group, account, row[1], how, 0);
    }
  }
  for (let row = now[at]; row; row = now[++at]) drop(plan, group, row, people);
}

function drop(plan: PlanTable, group: number, [account, how]: [number, number], people: People): void {
  plan.addMember(group, account, how, null, people.whyLeft(account) ?? 0);
}
