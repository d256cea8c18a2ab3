import type { Db } from '../directory/open.ts';
import type { Want } from '../model/snapshot.ts';
import { GROUP, type Kind, type Known, type KnownIds, USER } from './known.ts';
import { EMPTY, fromBlob, type Packed, pack, same, toBlob } from './packed.ts';
import type { Fetched } from './settle.ts';
import type { StagedMembers, StageFile } from './stage-file.ts';

const NEW_NODE = 'INSERT INTO nodes (source_id, kind, ext, print) VALUES (?, ?, ?, ?)';
const PRINT = 'UPDATE nodes SET print = ? WHERE id = ?';
const PUT_USER = `INSERT INTO mirror_users (node, state, run, asked, why, record) VALUES (?, 0, ?, ?, NULL, ?)
  ON CONFLICT (node) DO UPDATE SET state = 0, run = excluded.run, asked = excluded.asked, why = NULL, record = excluded.record`;
const PUT_GROUP = `INSERT INTO mirror_groups (node, state, run, asked, why, record) VALUES (?, 0, ?, ?, NULL, ?)
  ON CONFLICT (node) DO UPDATE SET state = 0, run = excluded.run, asked = excluded.asked, why = NULL, record = excluded.record`;
const TABLE_OF = { [USER]: 'mirror_users', [GROUP]: 'mirror_groups' } as const;
const ASKED = (table: string) => `UPDATE ${table} SET asked = @asked WHERE asked <> @asked AND state = 0
  AND node IN (SELECT id FROM nodes WHERE source_id = @sourceId AND print IS NOT NULL)`;
const OPEN = ['mirror_users', 'mirror_groups']
  .map(
    (table) =>
      `SELECT m.node FROM ${table} m JOIN nodes n ON n.id = m.node WHERE m.state IN (1, 2) AND n.source_id = @sourceId`,
  )
  .join(' UNION ALL ');
const READ_MEMBERS = 'SELECT members, kept, everyone FROM mirror_groups WHERE node = ?';
const PUT_MEMBERS = `UPDATE mirror_groups SET members = @members, kept = @kept, everyone = @everyone, others = @others,
  members_print = @print, run = CASE WHEN @changed THEN @run ELSE run END WHERE node = @node`;
const KEPT = `SELECT m.node, m.kept FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.kept IS NOT NULL`;
const UNREAD = `SELECT m.node, m.unread FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ? AND m.unread IS NOT NULL`;

/**
 * Brings the mirror of one source to what was staged; part of the one transaction of a pass. The mirror is what the
 * provider said: what nobody confirmed as gone stays in it, memberships included.
 * @returns whether the mirror changed in anything that planning looks at
 */
export function absorb(db: Db, sourceId: number, runId: number, { known, file, want, staged }: Fetched): boolean {
  const listed = staged !== null && staged.absence === 'vanished';
  let changed = false;
  giveNodes(db, sourceId, USER, known.users);
  giveNodes(db, sourceId, GROUP, known.groups);
  const setPrint = db.prepare(PRINT);

  const putRecords = (kind: Kind, ids: KnownIds, sql: string, asked: string) => {
    const put = db.prepare(sql);
    for (const [slot, record] of file.records(kind)) {
      const node = ids.nodes[slot] ?? 0;
      if (!ids.isNew(slot)) setPrint.run(ids.prints[slot] ?? null, node);
      put.run(node, runId, asked, record);
      changed = true;
    }
  };
  putRecords(USER, known.users, PUT_USER, JSON.stringify(want.users));
  putRecords(GROUP, known.groups, PUT_GROUP, JSON.stringify(want.groups));

  // Not listed, yet not confirmed as gone: their memberships are kept.
  const lingering = new Set<number>();
  const absent = new Set<number>();
  for (const [kind, ids] of [
    [USER, known.users],
    [GROUP, known.groups],
  ] as const) {
    const settle = stateSetter(db, kind, runId);
    for (const [slot, state, why] of file.verdicts(kind)) {
      const node = ids.nodes[slot] ?? 0;
      (state === 3 ? absent : lingering).add(node);
      if (settle(node, state, why)) changed = true;
    }
  }

  // Where not everything was listed, nobody was seen again either: whoever is not confirmed as gone stays.
  const stays = (node: number) => (listed ? lingering.has(node) : !absent.has(node));
  // A list that came is the truth about everybody who is there; about others, nobody knows.
  const open = listed ? lingering : openNodes(db, sourceId);
  if (putMembers(db, sourceId, runId, file, known, { stays, open })) changed = true;
  if (staged) markUnread(db, sourceId, file, known, listed ? staged.same : null);
  if (listed) markAsked(db, sourceId, want);
  if (changed) db.prepare('UPDATE sources SET mirror_run = ? WHERE id = ?').run(runId, sourceId);
  return changed;
}

/** Gives a node to every id that was met for the first time. In the order of ids, since their index grows best so. */
function giveNodes(db: Db, sourceId: number, kind: Kind, ids: KnownIds): void {
  const add = db.prepare(NEW_NODE);
  for (const [ext, slot] of ids.withoutNode()) {
    const print = ids.prints[slot] ?? Number.NaN;
    ids.nodes[slot] = Number(add.run(sourceId, kind, ext, Number.isNaN(print) ? null : print).lastInsertRowid);
  }
}

/** Sets the state of an object that was not listed; gives true where planning has to look at it. */
function stateSetter(db: Db, kind: Kind, runId: number) {
  const table = TABLE_OF[kind];
  const read = db.prepare<[number], { state: number; why: string | null }>(
    `SELECT state, why FROM ${table} WHERE node = ?`,
  );
  const write = db.prepare(
    `UPDATE ${table} SET state = ?, why = ?, run = CASE WHEN ? THEN ? ELSE run END WHERE node = ?`,
  );
  const forget = db.prepare(PRINT);
  const print = db.prepare<[number], number | null>('SELECT print FROM nodes WHERE id = ?').pluck();
  return (node: number, state: number, why: string | null): boolean => {
    const now = read.get(node);
    if (now === undefined || now.state === 3) return false;
    const matters = now.state !== state;
    // Found by id with the mirror's own record: present again, though no listing showed it. Without a fingerprint it
    // is looked at anew in every pass until a listing shows it.
    if (state === 0 && now.state === 0 && print.get(node) !== null) return false;
    if (matters || now.why !== why) write.run(state, why, Number(matters), runId, node);
    if (state !== 0 && print.get(node) !== null) forget.run(null, node);
    return matters;
  };
}

/** Whoever is missing or unknown, once the verdicts of this pass are in. */
function openNodes(db: Db, sourceId: number): Set<number> {
  return new Set(db.prepare<{ sourceId: number }, number>(OPEN).pluck().all({ sourceId }));
}

function putMembers(
  db: Db,
  sourceId: number,
  runId: number,
  file: StageFile,
  known: Known,
  { stays, open }: { stays: (node: number) => boolean; open: ReadonlySet<number> },
): boolean {
  const read = db.prepare<[number], { members: Buffer; kept: Buffer | null; everyone: number }>(READ_MEMBERS);
  const put = db.prepare(PUT_MEMBERS);
  const done = new Set<number>();
  let changed = false;
  for (const [slot, print, list] of file.members()) {
    const node = known.groups.nodes[slot] ?? 0;
    const now = read.get(node);
    // Members of a group that was deleted while it was being listed.
    if (now === undefined) continue;
    done.add(node);
    const members = pack(nodesOf(list, known));
    const before = { members: fromBlob(now.members), kept: fromBlob(now.kept) };
    const kept = keep([before.members, before.kept], (member) => open.has(member), members);
    const differs =
      !same(members, before.members) || !same(kept, before.kept) || Boolean(now.everyone) !== list.everyone;
    put.run({
      node,
      print,
      members: toBlob(members),
      kept: kept.length > 0 ? toBlob(kept) : null,
      everyone: Number(list.everyone),
      others: list.others,
      changed: Number(differs),
      run: runId,
    });
    changed ||= differs;
  }
  // Groups whose lists did not change: whoever they kept is dropped once the provider confirms that they are gone.
  const setKept = db.prepare('UPDATE mirror_groups SET kept = ?, run = ? WHERE node = ?');
  for (const row of db.prepare<[number], { node: number; kept: Buffer }>(KEPT).all(sourceId)) {
    if (done.has(row.node)) continue;
    const before = fromBlob(row.kept);
    const kept = keep([before], stays, EMPTY);
    if (same(kept, before)) continue;
    setKept.run(kept.length > 0 ? toBlob(kept) : null, runId, row.node);
    changed = true;
  }
  return changed;
}

function keep(before: readonly Packed[], stays: (node: number) => boolean, listed: Packed): Packed {
  const kept: number[] = [];
  const now = new Set(listed);
  for (const packed of before) for (const node of packed) if (stays(node) && !now.has(node)) kept.push(node);
  return kept.length === 0 ? EMPTY : pack(kept);
}

function nodesOf({ users, groups }: StagedMembers, known: Known): Packed {
  const nodes = new Int32Array(users.length + groups.length);
  users.forEach((slot, at) => {
    nodes[at] = known.users.nodes[slot] ?? 0;
  });
  groups.forEach((slot, at) => {
    nodes[users.length + at] = known.groups.nodes[slot] ?? 0;
  });
  return nodes;
}

/** A record that did not change was read with today's attributes all the same: what it lacks it does not have. */
function markAsked(db: Db, sourceId: number, want: Want): void {
  const key = JSON.stringify(want);
  if (db.prepare('SELECT select_key FROM sources WHERE id = ?').pluck().get(sourceId) === key) return;
  db.prepare('UPDATE sources SET select_key = ? WHERE id = ?').run(key, sourceId);
  for (const [kind, names] of [
    [USER, want.users],
    [GROUP, want.groups],
  ] as const) {
    db.prepare(ASKED(TABLE_OF[kind])).run({ asked: JSON.stringify(names), sourceId });
  }
}

/**
 * Marks the groups whose members could not be read this time, and takes the mark from those that could; where only
 * changes were listed, the others keep theirs.
 * @param same of a listing of everybody: slots of groups whose members were not asked for; null: only changes were listed
 */
function markUnread(db: Db, sourceId: number, file: StageFile, known: Known, same: ReadonlySet<number> | null): void {
  const set = db.prepare('UPDATE mirror_groups SET unread = ? WHERE node = ?');
  const nodeOf = (slot: number) => known.groups.nodes[slot] ?? 0;
  const now = new Map(file.unread().map(([slot, why]) => [nodeOf(slot), why]));
  const read = new Set(same ? [] : Array.from(file.members(), ([slot]) => nodeOf(slot)));
  const notAsked = same && new Set(Array.from(same, nodeOf));
  const before = db.prepare<[number], { node: number; unread: string }>(UNREAD).all(sourceId);
  for (const { node, unread } of before) {
    const told = notAsked ? !notAsked.has(node) : now.has(node) || read.has(node);
    if (told && now.get(node) !== unread) set.run(now.get(node) ?? null, node);
  }
  const marked = new Set(before.map(({ node }) => node));
  for (const [node, why] of now) if (!marked.has(node)) set.run(why, node);
}
