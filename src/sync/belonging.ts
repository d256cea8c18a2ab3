import { fold } from '../directory/names.ts';
import type { Db } from '../directory/open.ts';
import { RuleFailure } from '../expressions/rule.ts';
import { near } from '../model/near.ts';
import type { Graph } from './resolve.ts';

/** Which groups of its identity provider a user is in, nested ones included; what rules ask. */
export interface Belonging {
  /** The names of every group that the user is in, ascending. Groups whose members cannot be read count as last known. */
  groups(node: number): readonly string[];
  /** Throws a RuleFailure where the group is not known, or its members are not. */
  memberOf(node: number, nameOrId: string): boolean;
  /** The positions of the groups that bear the name or id. */
  find(nameOrId: string): readonly number[];
}

/** A group of the graph, by its position. */
interface Bearer {
  ext: string;
  name: string;
  /** Nobody knows who is in it now. */
  unknown: boolean;
}

const GROUPS = `SELECT m.node, n.ext, json_extract(m.record, '$.name') AS name,
    m.unread IS NOT NULL OR m.state = 2 OR m.members_print IS NULL AS unknown
  FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE n.source_id = ? AND m.state NOT IN (1, 3)`;
const LAST_NODE = 'SELECT coalesce(max(id), 0) FROM nodes';

/** @param graph resolves nested groups, whatever the directory is to have */
export function belonging(db: Db, sourceId: number, graph: Graph): Belonging {
  const size = Number(db.prepare(LAST_NODE).pluck().get()) + 1;
  const bearers = loadBearers(db, sourceId, graph);
  const byId = new Map(bearers.map((bearer, position) => [bearer.ext, position]));
  const byName = new Map<string, number[]>();
  bearers.forEach(({ name }, position) => {
    const key = fold(name);
    const list = byName.get(key);
    if (list) list.push(position);
    else byName.set(key, [position]);
  });
  const find = (nameOrId: string): readonly number[] => {
    const exact = byId.get(nameOrId);
    return exact === undefined ? (byName.get(fold(nameOrId)) ?? []) : [exact];
  };
  const known = new Map<string, Uint8Array | RuleFailure>();
  const membersOf = (nameOrId: string): Uint8Array | RuleFailure => {
    const [position, ...others] = find(nameOrId);
    if (position === undefined) return new RuleFailure(noGroup(nameOrId, bearers), true);
    if (others.length > 0) {
      const ids = [position, ...others].map((at) => `\`${bearers[at]?.ext}\``);
      return new RuleFailure(
        `${ids.length} groups are called \`${nameOrId}\`; write the id of the one that is meant: ${ids.join(', ')}`,
        true,
      );
    }
    const dark = [position, ...graph.descendants(position)].find((at) => bearers[at]?.unknown);
    if (dark !== undefined) {
      const inner = dark === position ? '' : ', which is in it,';
      return new RuleFailure(
        `the members of group \`${bearers[dark]?.name}\`${inner} could not be read, so nobody knows who is in \`${nameOrId}\``,
        true,
      );
    }
    const members = new Uint8Array(size);
    graph.members(position, (node) => {
      members[node] = 1;
    });
    return members;
  };
  let names: ((node: number) => readonly string[]) | undefined;
  return {
    find,
    groups: (node) => (names ??= namesOfGroups(graph, bearers, size))(node),
    memberOf(node, nameOrId) {
      let members = known.get(nameOrId);
      if (members === undefined) known.set(nameOrId, (members = membersOf(nameOrId)));
      if (members instanceof RuleFailure) throw members;
      return members[node] === 1;
    },
  };
}

function loadBearers(db: Db, sourceId: number, graph: Graph): Bearer[] {
  type Row = { node: number; ext: string; name: string; unknown: number };
  const bearers: Bearer[] = [];
  for (const { node, ext, name, unknown } of db.prepare<[number], Row>(GROUPS).iterate(sourceId)) {
    const position = graph.positionOf(node);
    if (position !== undefined) bearers[position] = { ext, name, unknown: unknown === 1 };
  }
  return bearers;
}

function noGroup(nameOrId: string, bearers: readonly Bearer[]): string {
  const candidate = near(
    nameOrId,
    bearers.map(({ name }) => name),
  );
  return `no group is called \`${nameOrId}\`, nor has that id${candidate === undefined ? '' : `; did you mean \`${candidate}\`?`}`;
}

/** Groups by member, packed: four bytes for each membership. */
function namesOfGroups(graph: Graph, bearers: readonly Bearer[], size: number): (node: number) => readonly string[] {
  const starts = new Int32Array(size + 1);
  const each = (visit: (node: number, position: number) => void) => {
    graph.groups.forEach((_, position) => {
      graph.members(position, (node) => visit(node, position));
    });
  };
  each((node) => {
    starts[node + 1] = (starts[node + 1] ?? 0) + 1;
  });
  for (let node = 0; node < size; node++) starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  const list = new Int32Array(starts[size] ?? 0);
  const next = starts.slice();
  each((node, position) => {
    const at = next[node] ?? 0;
    list[at] = position;
    next[node] = at + 1;
  });
  const none: readonly string[] = Object.freeze([]);
  return (node) => {
    const own = list.subarray(starts[node], starts[node + 1]);
    if (own.length === 0) return none;
    return [...new Set(Array.from(own, (position) => bearers[position]?.name ?? ''))].sort();
  };
}
