import type { Db } from '../directory/open.ts';

export const USER = 1;
export const GROUP = 2;
export type Kind = typeof USER | typeof GROUP;

/**
 * Every id of one kind that the source ever showed, with its fingerprint in the mirror; what a listing is compared
 * with. A slot is the position of an id; ids met for the first time get one when the mirror takes them in.
 */
export class KnownIds {
  readonly slots = new Map<string, number>();
  readonly nodes: number[] = [];
  /** NaN where the mirror does not hold the object as present. */
  readonly prints: number[] = [];
  /** The mirror holds it as missing or unknown: not seen lately, and not confirmed as gone. */
  readonly open = new Set<number>();
  seen = new Uint8Array(0);

  add(ext: string, node: number, print: number): void {
    this.slots.set(ext, this.nodes.length);
    this.nodes.push(node);
    this.prints.push(print);
  }

  /** Call once everything known was added, before a listing is walked. */
  beginListing(): void {
    this.seen = new Uint8Array(this.nodes.length);
  }

  nodeOf(ext: string): number | undefined {
    const slot = this.slots.get(ext);
    return slot === undefined ? undefined : this.nodes[slot];
  }

  /** The ids that the mirror holds, present or open, and the listing did not show. */
  unseen(): string[] {
    const ids: string[] = [];
    for (const [ext, slot] of this.slots) {
      if (this.seen[slot] === 0 && (!Number.isNaN(this.prints[slot]) || this.open.has(slot))) ids.push(ext);
    }
    return ids;
  }
}

export interface Known {
  users: KnownIds;
  groups: KnownIds;
  /** Group node to the fingerprint of its members and how many they are; absent where they were never read. */
  members: Map<number, { print: number; count: number }>;
}

const NODES = 'SELECT id, kind, ext, print FROM nodes WHERE source_id = ?';
const OPEN_USERS =
  'SELECT n.ext FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state IN (1, 2) AND n.source_id = ?';
const GROUPS = `SELECT m.node, n.ext, m.state, m.members_print, length(m.members) / 4 FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ?`;

/** Loads what the mirror holds of one source. About 150 bytes of memory for each id. */
export function loadKnown(db: Db, sourceId: number): Known {
  const known: Known = { users: new KnownIds(), groups: new KnownIds(), members: new Map() };
  const nodes = db.prepare<[number], [number, Kind, string, number | null]>(NODES).raw();
  for (const [id, kind, ext, print] of nodes.iterate(sourceId)) {
    (kind === USER ? known.users : known.groups).add(ext, id, print ?? Number.NaN);
  }
  for (const ext of db.prepare<[number], string>(OPEN_USERS).pluck().all(sourceId)) {
    known.users.open.add(known.users.slots.get(ext) ?? -1);
  }
  const groups = db.prepare<[number], [number, string, number, number | null, number]>(GROUPS).raw();
  for (const [node, ext, state, print, count] of groups.all(sourceId)) {
    if (state === 1 || state === 2) known.groups.open.add(known.groups.slots.get(ext) ?? -1);
    if (print !== null) known.members.set(node, { print, count });
  }
  known.users.beginListing();
  known.groups.beginListing();
  return known;
}
