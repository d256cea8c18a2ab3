import type { Connector } from '../../connectors/connector.ts';
import type { Db } from '../directory/open.ts';
import type { PassSource } from '../model/pass.ts';
import type { Cursor, Item, Listing, Want } from '../model/snapshot.ts';
import { believable } from './believable.ts';
import { confirm, confirmMissing, type Fetching } from './confirm.ts';
import { GROUP, type Known, type KnownIds, loadKnown, USER } from './known.ts';
import { fromBlob } from './packed.ts';
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
  /** Where the last listing left off; null where nothing is to be compared with it. */
  last: Cursor | null;
}

const APPLIED = 'SELECT applied_counts FROM sources WHERE id = ?';
const UNSETTLED = `SELECT m.node, m.kept, m.unread FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND (m.kept IS NOT NULL OR m.unread IS NOT NULL)`;
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
  const { db, sourceId } = reading;
  const before = unsettled(db, sourceId);
  const { items, isInDoubt } = watched(listing, loadKnown(db, sourceId), before);
  const fetched = await fetchAll(reading, tell, { ...listing, items }).catch((error: unknown) => {
    // Members that the mirror never had end a listing.
    if (!isInDoubt()) throw error;
    return null;
  });
  if (fetched && !isInDoubt() && !foundAmong(before.kept, fetched)) return fetched;
  reading.file.clear();
  return null;
}

/** Whether a look-up by id found somebody who keeps a place in a group only because nobody knew what became of them. */
const foundAmong = (kept: ReadonlySet<number>, { file, known }: Fetched): boolean =>
  [[USER, known.users] as const, [GROUP, known.groups] as const].some(([kind, { nodes }]) =>
    file.verdicts(kind).some(([slot, state]) => state === 0 && kept.has(nodes[slot] ?? 0)),
  );

/** What earlier passes left open, as nodes. */
interface Unsettled {
  /** Members that a group has although its last list left them out. */
  kept: ReadonlySet<number>;
  /** Groups whose members could not be read last. */
  unread: ReadonlySet<number>;
}

function unsettled(db: Db, sourceId: number): Unsettled {
  const rows = db
    .prepare<[number], { node: number; kept: Buffer | null; unread: string | null }>(UNSETTLED)
    .all(sourceId);
  return {
    kept: new Set(rows.flatMap(({ kept }) => [...fromBlob(kept)])),
    unread: new Set(rows.filter(({ unread }) => unread !== null).map(({ node }) => node)),
  };
}

/**
 * Watches for users and groups that were absent and are there again. What they belong to has not changed in the
 * provider's eyes, so that no list of changes tells of it: memberships, and whom they manage. And for groups of which only
 * is told that nobody joined or left, though the mirror does not know who was there, or could not read it. Who was deleted
 * before anything was read is back too, though nobody met them; and so is whoever keeps a place in a group only because
 * nobody knew what became of them: whether they are still in it is for that group to say. Whom a listing of everybody left
 * out, nobody saw in groups either.
 */
function watched(
  { items, absence }: Listing,
  known: Known,
  { kept, unread }: Unsettled,
): { items: Listing['items']; isInDoubt(): boolean } {
  let doubt = false;
  const isBack = ({ slots, nodes, prints, open }: KnownIds, id: string): boolean => {
    const slot = slots.get(id);
    if (slot === undefined || nodes[slot] === 0) return false;
    return open.has(slot) ? absence === 'vanished' : Number.isNaN(prints[slot]);
  };
  const nodeOf = ({ slots, nodes }: KnownIds, id: string): number => nodes[slots.get(id) ?? -1] ?? 0;
  const isUnmet = (ids: KnownIds, id: string): boolean => nodeOf(ids, id) === 0;
  const hasReturned = (ids: KnownIds, id: string, elder = false): boolean =>
    isBack(ids, id) || kept.has(nodeOf(ids, id)) || (elder && isUnmet(ids, id));
  const isKnown = (group: string): boolean => {
    const node = nodeOf(known.groups, group);
    return known.members.has(node) && !unread.has(node);
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
  const staged = await stage(
    listing ?? connector.snapshot(want, signal, reading.last),
    known,
    file,
    fetching.printer,
    tell,
  );
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
