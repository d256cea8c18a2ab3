import type { Connector } from '../../connectors/connector.ts';
import type { Db } from '../directory/open.ts';
import type { PassSource } from '../model/pass.ts';
import type { Cursor, Item, Listing, Want } from '../model/snapshot.ts';
import { believable } from './believable.ts';
import { confirm, confirmMissing, type Fetching } from './confirm.ts';
import { type Known, type KnownIds, loadKnown } from './known.ts';
import { printer } from './print.ts';
import type { Fetched } from './settle.ts';
import type { MirrorCounts } from './snapshot-figures.ts';
import { type Progress, stage } from './stage.ts';
import type { StageFile } from './stage-file.ts';
import { dropUnapplied } from './unapplied.ts';

/** What fetching reads and writes; no transaction is open on `db` meanwhile. */
export interface Reading {
  db: Db;
  sourceId: number;
  source: PassSource;
  connector: Connector;
  file: StageFile;
  signal: AbortSignal;
  /** The attributes beside the standard ones that rules read. */
  want: Want;
}

const APPLIED = 'SELECT applied_counts FROM sources WHERE id = ?';
const MISSING = (table: string) =>
  `SELECT n.ext FROM ${table} m JOIN nodes n ON n.id = m.node WHERE n.source_id = ? AND m.state = 1`;

/**
 * Fetches what changed since a cursor, by the same way as a whole snapshot; the listing says what it means that somebody
 * is not in it. Null where the cursor is too old to be answered, or something is in doubt: everything has to be listed.
 */
export async function fetchChanges(
  reading: Reading,
  since: Cursor,
  tell: (seen: Progress) => void,
): Promise<Fetched | null> {
  const listing = await reading.connector.changes?.(since, reading.want, reading.signal);
  if (listing === undefined || listing === 'expired') return null;
  const { items, isInDoubt } = watched(listing.items, loadKnown(reading.db, reading.sourceId));
  const fetched = await fetchAll(reading, tell, { ...listing, items }).catch((error: unknown) => {
    // Members that the mirror never had end a listing.
    if (!isInDoubt()) throw error;
    return null;
  });
  if (fetched && !isInDoubt()) return fetched;
  reading.file.clear();
  return null;
}

/**
 * Watches for users and groups that were absent and are there again. What they belong to has not changed in the
 * provider's eyes, so that no list of changes tells of it: memberships, and whom they manage. And for groups of which only
 * is told that nobody joined or left, though the mirror does not know who was there. Who was deleted before anything was
 * read is back too, though nobody met them.
 */
function watched(items: Listing['items'], known: Known): { items: Listing['items']; isInDoubt(): boolean } {
  let doubt = false;
  const isBack = ({ slots, nodes, prints, open }: KnownIds, id: string): boolean => {
    const slot = slots.get(id);
    return slot !== undefined && nodes[slot] !== 0 && Number.isNaN(prints[slot]) && !open.has(slot);
  };
  const isUnmet = ({ slots, nodes }: KnownIds, id: string): boolean => {
    const slot = slots.get(id);
    return slot === undefined || nodes[slot] === 0;
  };
  const hasReturned = (ids: KnownIds, id: string, elder = false): boolean =>
    isBack(ids, id) || (elder && isUnmet(ids, id));
  const isKnown = (group: string): boolean => {
    const slot = known.groups.slots.get(group);
    return slot !== undefined && known.members.has(known.groups.nodes[slot] ?? 0);
  };
  async function* passedOn(): AsyncGenerator<readonly Item[]> {
    for await (const batch of items) {
      for (const item of batch) {
        if ('user' in item) doubt ||= hasReturned(known.users, item.user.id, item.elder);
        else if ('group' in item) doubt ||= hasReturned(known.groups, item.group.id, item.elder);
        else if ('sameMembers' in item) doubt ||= !isKnown(item.sameMembers);
      }
      yield batch;
    }
  }
  return { items: passedOn(), isInDoubt: () => doubt };
}

/**
 * Fetches a whole snapshot: list and stage, see whether it can be believed, confirm what vanished.
 * @param listing another listing than that of everything
 */
export async function fetchAll(reading: Reading, tell: (seen: Progress) => void, listing?: Listing): Promise<Fetched> {
  const { db, sourceId, source, connector, file, signal } = reading;
  const fetching = begin(reading);
  const { known, want } = fetching;
  const staged = await stage(listing ?? connector.snapshot(want, signal), known, file, fetching.printer, tell);
  await believable(staged, connector, signal);
  const counts = db.prepare<[number], string | null>(APPLIED).pluck().get(sourceId);
  // Written by settle.ts.
  const applied = counts ? (JSON.parse(counts) as MirrorCounts) : { users: 0, groups: 0 };
  if (staged.absence === 'vanished') dropUnapplied(db, sourceId, known, file);
  await confirm(staged, fetching, { limits: source.limits, confirmMissing: source.confirmMissing, applied });
  return { known, file, staged, want };
}

/** Looks up only those whom earlier passes left as missing. */
export async function fetchMissing(reading: Reading): Promise<Fetched> {
  const { db, sourceId, file } = reading;
  const fetching = begin(reading);
  const ids = (table: string) => db.prepare<[number], string>(MISSING(table)).pluck().all(sourceId);
  await confirmMissing(fetching, { users: ids('mirror_users'), groups: ids('mirror_groups') });
  return { known: fetching.known, file, staged: null, want: fetching.want };
}

function begin({ db, sourceId, connector, file, signal, want }: Reading): Fetching {
  const seed = String(db.prepare("SELECT value FROM meta WHERE key = 'print_seed'").pluck().get());
  return { known: loadKnown(db, sourceId), connector, file, printer: printer(seed), want, signal };
}
