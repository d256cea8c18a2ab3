import type { Connector } from '../../connectors/connector.ts';
import type { Db } from '../directory/open.ts';
import type { PassSource } from '../model/pass.ts';
import type { Cursor, Listing, Want } from '../model/snapshot.ts';
import { believable } from './believable.ts';
import { confirm, confirmMissing, type Fetching } from './confirm.ts';
import { loadKnown } from './known.ts';
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
 * Fetches what changed since a cursor, by the same way as a whole snapshot: what is not listed is unchanged. Null where
 * the cursor is too old to be answered.
 */
export async function fetchChanges(
  reading: Reading,
  since: Cursor,
  tell: (seen: Progress) => void,
): Promise<Fetched | null> {
  const listing = await reading.connector.changes?.(since, reading.want, reading.signal);
  return listing === undefined || listing === 'expired' ? null : await fetchAll(reading, tell, listing);
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
