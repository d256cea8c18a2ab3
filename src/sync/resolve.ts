import type { Db } from '../directory/open.ts';
import { DIRECT, NESTED } from '../model/words.ts';
import { fromBlob, type Packed } from './packed.ts';

/** A group of the mirror with its direct members, users and groups mixed; members that are neither are ignored. */
export interface GroupNode {
  node: number;
  members: Packed;
  kept: Packed;
  /** Every user of the source is a member, without being listed. */
  everyone: boolean;
}

/** Who is in which group, nested groups resolved. Groups are named by their position in `groups`. */
export interface Graph {
  groups: readonly GroupNode[];
  positionOf(node: number): number | undefined;
  /** The groups that this group lists as members, itself left out. */
  children(position: number): readonly number[];
  /** Every group that this one contains, at any depth; itself only where it is in a circle. */
  descendants(position: number): Set<number>;
  /** The given groups and every group that contains one of them, at any depth. */
  withAncestors(positions: Iterable<number>): Set<number>;
  /**
   * Calls `visit` once for each node that is a member of the group: DIRECT where the group itself lists it, else
   * NESTED. Nodes that are no users are visited too. Takes time in proportion to the members of the groups below.
   */
  members(position: number, visit: (node: number, how: number) => void): void;
}

const GROUPS = `SELECT m.node, m.members, m.kept, m.everyone FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.state NOT IN (1, 3) ORDER BY m.node`;
const PEOPLE = `SELECT m.node FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE n.source_id = ? AND m.state NOT IN (1, 3)`;

/** The groups of one source as the mirror has them, groups that are absent or missing left out. */
export function loadGraph(db: Db, sourceId: number, depth: 'flatten' | 'direct'): Graph {
  type Row = { node: number; members: Buffer; kept: Buffer | null; everyone: number };
  const groups: GroupNode[] = [];
  for (const row of db.prepare<[number], Row>(GROUPS).iterate(sourceId)) {
    const { node, everyone } = row;
    groups.push({ node, members: fromBlob(row.members), kept: fromBlob(row.kept), everyone: everyone === 1 });
  }
  const everybody = groups.some((group) => group.everyone)
    ? Int32Array.from(db.prepare<[number], number>(PEOPLE).pluck().all(sourceId))
    : new Int32Array(0);
  return resolve(groups, everybody, depth);
}

/**
 * Resolves nested groups. Groups that contain each other in a circle have the same members: circles are condensed
 * first (Tarjan's strongly connected components), so they are data, not errors, and nothing here recurses.
 * @param everybody the users of the source, for groups that hold everyone
 * @param depth `direct` leaves nesting out
 */
export function resolve(groups: readonly GroupNode[], everybody: Packed, depth: 'flatten' | 'direct'): Graph {
  const positions = new Map(groups.map((group, position) => [group.node, position]));
  const children = groups.map((group, position) => childrenOf(group, position, positions));
  const component = condense(children);
  const below = componentsBelow(children, component);
  const groupsIn = membersOfComponents(component);
  const visited = new Stamps();
  const met = new Stamps();

  const visitListed = (group: GroupNode, how: number, visit: (node: number, how: number) => void) => {
    for (const list of [group.members, group.kept]) {
      for (const node of list) if (met.mark(node)) visit(node, how);
    }
    if (group.everyone) for (const node of everybody) if (met.mark(node)) visit(node, NESTED);
  };

  return {
    groups,
    positionOf: (node) => positions.get(node),
    children: (position) => children[position] ?? [],
    descendants: (position) => reachable(children[position] ?? [], children),
    withAncestors: (start) => reachable(start, parentsOf(children)),
    members(position, visit) {
      const group = groups[position];
      if (!group) return;
      met.next();
      visitListed(group, DIRECT, visit);
      if (depth === 'direct') return;
      visited.next();
      const todo = [component[position] ?? 0];
      visited.mark(component[position] ?? 0);
      for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
        for (const inner of groupsIn[next] ?? []) {
          const innerGroup = groups[inner];
          if (innerGroup && inner !== position) visitListed(innerGroup, NESTED, visit);
        }
        for (const lower of below[next] ?? []) if (visited.mark(lower)) todo.push(lower);
      }
    },
  };
}

/** Remembers what was marked since `next`, without clearing anything in between. */
class Stamps {
  #stamps = new Int32Array(1024);
  #now = 0;

  next(): void {
    this.#now++;
  }

  /** @returns whether it was not marked before */
  mark(index: number): boolean {
    if (index >= this.#stamps.length) {
      const larger = new Int32Array(Math.max(index + 1, this.#stamps.length * 2));
      larger.set(this.#stamps);
      this.#stamps = larger;
    }
    if (this.#stamps[index] === this.#now) return false;
    this.#stamps[index] = this.#now;
    return true;
  }
}

function childrenOf(group: GroupNode, own: number, positions: ReadonlyMap<number, number>): number[] {
  const children: number[] = [];
  for (const list of [group.members, group.kept]) {
    for (const node of list) {
      const position = positions.get(node);
      if (position !== undefined && position !== own) children.push(position);
    }
  }
  return children;
}

/** Tarjan's algorithm with a stack of its own. Gives each group the number of its component, inner ones first. */
function condense(children: readonly (readonly number[])[]): Int32Array {
  const count = children.length;
  const component = new Int32Array(count).fill(-1);
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const path: number[] = [];
  let met = 0;
  let components = 0;
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue;
    const calls: { at: number; child: number }[] = [{ at: root, child: 0 }];
    order[root] = low[root] = met++;
    path.push(root);
    for (let call = calls.at(-1); call; call = calls.at(-1)) {
      const { at } = call;
      const child = children[at]?.[call.child++];
      if (child !== undefined) {
        if (order[child] === -1) {
          order[child] = low[child] = met++;
          path.push(child);
          calls.push({ at: child, child: 0 });
        } else if (component[child] === -1) low[at] = Math.min(low[at] ?? 0, order[child] ?? 0);
        continue;
      }
      calls.pop();
      const caller = calls.at(-1)?.at;
      if (caller !== undefined) low[caller] = Math.min(low[caller] ?? 0, low[at] ?? 0);
      if (low[at] !== order[at]) continue;
      for (let member = path.pop(); member !== undefined; member = path.pop()) {
        component[member] = components;
        if (member === at) break;
      }
      components++;
    }
  }
  return component;
}

function membersOfComponents(component: Int32Array): number[][] {
  const groups: number[][] = [];
  component.forEach((number, position) => {
    (groups[number] ??= []).push(position);
  });
  return groups;
}

function componentsBelow(children: readonly (readonly number[])[], component: Int32Array): number[][] {
  const below: Set<number>[] = [];
  children.forEach((list, position) => {
    const own = component[position] ?? 0;
    const set = (below[own] ??= new Set());
    for (const child of list) if (component[child] !== own) set.add(component[child] ?? 0);
  });
  return below.map((set) => [...set]);
}

function parentsOf(children: readonly (readonly number[])[]): number[][] {
  const parents: number[][] = children.map(() => []);
  children.forEach((list, position) => {
    for (const child of list) parents[child]?.push(position);
  });
  return parents;
}

function reachable(start: Iterable<number>, next: readonly (readonly number[])[]): Set<number> {
  const found = new Set(start);
  const todo = [...found];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const one of next[at] ?? []) {
      if (found.has(one)) continue;
      found.add(one);
      todo.push(one);
    }
  }
  return found;
}
