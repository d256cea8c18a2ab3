import type { Db } from '../directory/open.ts';

export const USER = 1;
export const GROUP = 2;
export type Kind = typeof USER | typeof GROUP;

/**
 * Every id of one kind that the source ever showed, with its fingerprint in the mirror; what a listing is compared with.
 * A slot is the position of an id. Ids met for the first time get one while a listing is walked; their node comes when
 * the mirror takes them in.
 */
export class KnownIds {
  readonly slots = new Map<string, number>();
  /** By slot; 0 where the directory has no node yet. */
  readonly nodes: number[] = [];
  /** By slot; NaN where the mirror does not hold the object as present. A listing puts what it saw. */
  readonly prints: number[] = [];
  /** By slot: 1 once a listing showed it. */
  readonly seen: number[] = [];
  /** The mirror holds it as missing or unknown: not seen lately, and not confirmed as gone. */
  readonly open = new Set<number>();
  #known = 0;

  add(ext: string, node: number, print: number): number {
    const slot = this.nodes.length;
    this.slots.set(ext, slot);
    this.nodes.push(node);
    this.prints.push(print);
    this.seen.push(0);
    return slot;
  }

  /** The slot of an id, a new one where it was never met. */
  slotOf(ext: string): number {
    return this.slots.get(ext) ?? this.add(ext, 0, Number.NaN);
  }

  /** Call once everything that the directory knows was added: whatever comes later is new. */
  beginListing(): void {
    this.#known = this.nodes.length;
  }

  /** Whoever has no node yet, in the order of ids. */
  withoutNode(): [ext: string, slot: number][] {
    if (this.#known === this.nodes.length) return [];
    const fresh = [...this.slots].slice(this.#known);
    return fresh.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Whether a listing met this id for the first time. */
  isNew(slot: number): boolean {
    return slot >= this.#known;
  }

  /** An object that is not to be taken in after all. */
  forget(slot: number): void {
    if (this.nodes[slot] === 0) this.prints[slot] = Number.NaN;
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

const PAGE = 10_000;
const NODES = `SELECT id, kind, ext, print FROM nodes WHERE id > ? AND +source_id = ? ORDER BY id LIMIT ${PAGE}`;
const OPEN_USERS =
  'SELECT n.ext FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state IN (1, 2) AND n.source_id = ?';
const GROUPS = `SELECT m.node, n.ext, m.state, m.members_print, length(m.members) / 4
  FROM mirror_groups m JOIN nodes n ON n.id = m.node WHERE n.source_id = ?`;

/** Loads what the mirror holds of one source. About 150 bytes of memory for each id. */
export function loadKnown(db: Db, sourceId: number): Known {
  const known: Known = { users: new KnownIds(), groups: new KnownIds(), members: new Map() };
  const nodes = db.prepare<[number, number], [number, Kind, string, number | null]>(NODES).raw();
  for (let page = nodes.all(0, sourceId); page.length > 0; page = nodes.all(page.at(-1)?.[0] ?? 0, sourceId)) {
    for (const [id, kind, ext, print] of page) {
      (kind === USER ? known.users : known.groups).add(ext, id, print ?? Number.NaN);
    }
    if (page.length < PAGE) break;
  }
  for (const ext of db.prepare<[number], string>(OPEN_USERS).pluck().all(sourceId)) {
    known.users.open.add(known.users.slotOf(ext));
  }
  const groups = db.prepare<[number], [number, string, number, number | null, number]>(GROUPS).raw();
  for (const [node, ext, state, print, count] of groups.all(sourceId)) {
    if (state === 1 || state === 2) known.groups.open.add(known.groups.slotOf(ext));
    if (print !== null) known.members.set(node, { print, count });
  }
  known.users.beginListing();
  known.groups.beginListing();
  return known;
}
