import type { Db } from '../../directory/open.ts';
import { DIRECT, NESTED } from '../../model/words.ts';
import { GROUP, USER } from '../known.ts';
import type { Graph } from '../resolve.ts';
import type { People } from './people.ts';
import type { Places } from './places.ts';
import { accountIn, memberOf, type PlanTable } from './table.ts';

const CURRENT = `SELECT account_id * 16 + how FROM memberships WHERE group_id = ? AND how & ${DIRECT | NESTED} ORDER BY account_id`;
const NOBODY = 'SELECT NOT EXISTS (SELECT 1 FROM memberships)';
const CHANGED = `SELECT node FROM temp.todo WHERE kind = ${GROUP}`;
const OF_PEOPLE = `SELECT DISTINCT s.node FROM temp.todo t JOIN identities i ON i.node = t.node
  JOIN memberships m ON m.account_id = i.account_id JOIN group_sources s ON s.group_id = m.group_id WHERE t.kind = ${USER}`;

/** Plans who is in which group, for every group whose effective members may have changed. */
export function planMemberships(db: Db, plan: PlanTable, graph: Graph, people: People, places: Places): void {
  const current = db.prepare<[number], number>(CURRENT).pluck();
  for (const [group, why] of places.left()) {
    const stay = (member: number) => people.whyLeft(accountIn(member)) === undefined;
    const members = current.all(group);
    plan.changeMembers('drop', group, members.filter(stay), why);
    plan.changeMembers(
      'drop',
      group,
      members.filter((member) => !stay(member)),
      why,
      false,
    );
  }
  const wanted = new Wanted();
  // A first import asks for every group: nobody is in any.
  const nobody = db.prepare(NOBODY).pluck().get() === 1;
  const groupAt = (position: number) => places.groupOf(graph.groups[position]?.node ?? 0);
  const positionsOf = groupBy(graph.groups.keys(), groupAt);
  const groups = new Set([...dirty(db, graph, people, places)].map(groupAt));
  groups.delete(0);
  // In the order of groups, so that what is added later is added in the order of its table.
  for (const group of [...groups].sort((a, b) => a - b)) {
    wanted.clear();
    for (const position of positionsOf.get(group) ?? []) {
      graph.members(position, (node, how) => {
        const account = people.accountOf(node);
        if (account !== 0) wanted.add(memberOf(account, how));
      });
    }
    compare(plan, group, nobody ? [] : current.all(group), wanted.sorted(), people);
  }
}

/** The positions of groups whose members may differ from the directory's. */
function dirty(db: Db, graph: Graph, people: People, places: Places): Set<number> {
  const start = new Set<number>();
  const moved = new Set(people.changed());
  const add = (node: number) => {
    const position = graph.positionOf(node);
    if (position !== undefined) start.add(position);
  };
  for (const node of db.prepare<[], number>(CHANGED).pluck().all()) {
    add(node);
    // A group that is gone has no place, and those that list it lose its members, though nobody told of them.
    if (graph.positionOf(node) === undefined) moved.add(node);
  }
  for (const node of places.joined()) add(node);
  for (const node of places.touched()) add(node);
  if (people.freezes) for (const node of db.prepare<[], number>(OF_PEOPLE).pluck().all()) add(node);
  if (moved.size > 0) {
    graph.groups.forEach((group, position) => {
      if (group.everyone || holds(group.members, moved) || holds(group.kept, moved)) start.add(position);
    });
  }
  return graph.withAncestors(start);
}

function groupBy(positions: Iterable<number>, groupAt: (position: number) => number): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const position of positions) {
    const list = found.get(groupAt(position));
    if (list) list.push(position);
    else found.set(groupAt(position), [position]);
  }
  return found;
}

function holds(list: Int32Array, nodes: ReadonlySet<number>): boolean {
  for (const node of list) if (nodes.has(node)) return true;
  return false;
}

/** The wanted members of one group, each a memberOf(). */
class Wanted {
  #members = new Float64Array(1024);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  add(member: number): void {
    if (this.#length === this.#members.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#members);
      this.#members = larger;
    }
    this.#members[this.#length++] = member;
  }

  /** Ascending; an account that two identities bring in comes twice, direct before nested. */
  sorted(): Float64Array {
    return this.#members.subarray(0, this.#length).sort();
  }
}

/** Walks the members there are and those there should be, both in the order of accounts. */
function compare(plan: PlanTable, group: number, now: readonly number[], wanted: Float64Array, people: People): void {
  const added: number[] = [];
  const updated: number[] = [];
  const dropped = new Map<number | undefined, number[]>();
  const drop = (member: number) => {
    const account = accountIn(member);
    if (people.isFrozen(account)) return;
    const why = people.whyLeft(account);
    const list = dropped.get(why);
    if (list) list.push(member);
    else dropped.set(why, [member]);
  };
  let at = 0;
  let last = 0;
  for (const member of wanted) {
    const account = accountIn(member);
    if (account === last) continue;
    last = account;
    let here = now[at];
    for (; here !== undefined && accountIn(here) < account; here = now[++at]) drop(here);
    if (here === undefined || accountIn(here) !== account) added.push(member);
    else {
      at++;
      if (here !== member) updated.push(member);
    }
  }
  for (let here = now[at]; here !== undefined; here = now[++at]) drop(here);
  plan.changeMembers('add', group, added);
  plan.changeMembers('update', group, updated);
  for (const [why, members] of dropped) plan.changeMembers('drop', group, members, why, why === undefined);
}
