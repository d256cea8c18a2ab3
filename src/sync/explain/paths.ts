import type { Graph } from '../resolve.ts';

/**
 * Every group that a node is a member of, each with one shortest way to it: positions from the group that lists the
 * node to the group itself. In the order of the length of the way.
 */
export function pathsOf(graph: Graph, node: number): Map<number, readonly number[]> {
  const paths = new Map<number, readonly number[]>();
  graph.groups.forEach(({ members, kept, everyone }, position) => {
    if (everyone || members.includes(node) || kept.includes(node)) paths.set(position, [position]);
  });
  const parents = new Map<number, number[]>();
  graph.groups.forEach((_, position) => {
    for (const child of graph.children(position)) {
      const list = parents.get(child);
      if (list) list.push(position);
      else parents.set(child, [position]);
    }
  });
  // A map is walked in the order in which it grows: breadth first.
  for (const [position, path] of paths) {
    for (const parent of parents.get(position) ?? []) if (!paths.has(parent)) paths.set(parent, [...path, parent]);
  }
  return paths;
}
