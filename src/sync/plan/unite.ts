import { fold } from '../../directory/names.ts';
import { nameFault, type ShapedGroup } from '../shape.ts';

/** What the rules say of a group that is in scope, or may be. */
export type WantedGroup = ShapedGroup & { is: 'in' | 'unsure' };

/** One of the source's groups, and the directory's group that it is part of, if any. */
export interface Part {
  node: number;
  /** Its id at the source. */
  ext: string;
  id: number | null;
  /** Of the directory's group. */
  name: string;
  key: string | null;
  removed: number;
  /** Null where nothing is known of it today: it stays what it is. */
  wanted: WantedGroup | null;
}

/** Groups of the source that are one group in the directory. */
export interface Union<P extends Part> {
  /** The directory's group; null for one that has to be made. */
  id: number | null;
  /** The first gives it its name and description. */
  parts: readonly [P, ...P[]];
}

/**
 * Groups the parts by the name that they are to have, where `unite`; else each is for itself. A directory's group whose
 * parts go different ways stays with those who keep its name, else with the first of it. Of several groups that become
 * one, the one with the smallest id is kept. Pure.
 * @param parts in the order of their ids at the source
 * @param before the directory's groups, each with the nodes of its parts, the first first
 */
export function unions<P extends Part>(
  parts: readonly P[],
  before: ReadonlyMap<number, readonly number[]>,
  unite: boolean,
): Union<P>[] {
  const clusters = new Map<string, P[]>();
  for (const part of parts) {
    const key = unite ? keyOf(part) : String(part.node);
    const cluster = clusters.get(key);
    if (cluster) cluster.push(part);
    else clusters.set(key, [part]);
  }
  const owner = owners(clusters, before, unite);
  return [...clusters].map(([key, members]) => {
    const ids = new Map(
      members.flatMap((part) => (part.id !== null && owner.get(part.id) === key ? [[part.id, part]] : [])),
    );
    const [kept] = [...ids].sort(([a, x], [b, y]) => x.removed - y.removed || a - b);
    const id = kept?.[0] ?? null;
    const order = id === null ? [] : (before.get(id) ?? []);
    const rank = (part: P) => (part.id === id && order.includes(part.node) ? order.indexOf(part.node) : order.length);
    const [first, ...others] = members.toSorted((a, b) => rank(a) - rank(b));
    if (!first) throw new Error('a cluster has a part');
    return { id, parts: [first, ...others] };
  });
}

/** The cluster that each of the directory's groups stays with. */
function owners<P extends Part>(
  clusters: ReadonlyMap<string, readonly P[]>,
  before: ReadonlyMap<number, readonly number[]>,
  unite: boolean,
): Map<number, string> {
  const owner = new Map<number, string>();
  const strength = new Map<number, number>();
  for (const [key, members] of clusters) {
    for (const { id, node, key: own } of members) {
      if (id === null) continue;
      const strong = unite && own === key ? 2 : before.get(id)?.[0] === node ? 1 : 0;
      if (strong <= (strength.get(id) ?? -1)) continue;
      owner.set(id, key);
      strength.set(id, strong);
    }
  }
  return owner;
}

/** The folded name that a part asks for; its group's own where it asks for none that can be used. */
function keyOf({ node, id, key, name, wanted }: Part): string {
  const asked = wanted?.name;
  if (asked !== undefined && nameFault(asked) === null) return fold(asked);
  return id === null ? `\0${node}` : (key ?? fold(name));
}
