import type { Db } from '../../directory/open.ts';
import type { Reason } from '../../model/words.ts';
import { GROUP } from '../known.ts';
import { groupFromText } from '../record.ts';
import type { Shaper } from '../shaper.ts';
import { raiseFailed } from './failed.ts';
import { type Existing, groupStep, type Newcomer, planExisting, planNewcomers } from './group-names.ts';
import { nameHolders } from './holders.ts';
import type { Places } from './places.ts';
import { nextId, type PlannedSource, type PlanTable } from './table.ts';
import { type Part, type Union, unions } from './unite.ts';

interface Row extends Omit<Part, 'wanted'> {
  state: number;
  why: string | null;
  unread: string | null;
  asked: string;
  record: string;
  description: string | null;
}
type GroupPart = Row & Part;
interface Leaver {
  row: Row;
  reason: Reason;
  rule?: string;
}
type Parts = ReadonlyMap<number, readonly { node: number; ext: string }[]>;

const TODO = `SELECT t.node, t.ext, m.state, m.why, m.unread, m.asked, m.record, g.id, g.name, g.name_key AS key, g.description,
    g.removed_at IS NOT NULL AS removed
  FROM temp.todo t JOIN mirror_groups m ON m.node = t.node
    LEFT JOIN group_sources o ON o.node = t.node LEFT JOIN groups g ON g.id = o.group_id
  WHERE t.kind = ${GROUP} ORDER BY t.ext`;
const REMOVED = 'SELECT id FROM groups WHERE source_id = ? AND removed_at IS NOT NULL';
const PARTS = `SELECT o.group_id AS id, o.node, n.ext FROM group_sources o JOIN groups g ON g.id = o.group_id JOIN nodes n ON n.id = o.node
  WHERE g.source_id = ? ORDER BY o.group_id, o.is_primary DESC, n.ext`;

/**
 * Plans the groups in `todo`, in the order of their ids at the source: first those that the directory has, for a name
 * that one of them leaves is free for the others, then the newcomers.
 */
export function planGroups(
  db: Db,
  { id: sourceId, name: source }: PlannedSource,
  plan: PlanTable,
  places: Places,
  shaper: Shaper,
): void {
  const parts: GroupPart[] = [];
  const leavers: Leaver[] = [];
  for (const row of db.prepare<[], Row>(TODO).all()) sort(row, plan, shaper, parts, leavers);
  const before = loadParts(db, sourceId);
  const nodes = new Map([...before].map(([id, list]) => [id, list.map(({ node }) => node)]));
  const found = unions(parts, nodes, shaper.rules.unite);
  const kept = new Set(found.flatMap(({ id }) => (id === null ? [] : [id])));
  planLeavers(plan, places, leavers, kept);
  planEmptied(plan, places, parts, kept, before);
  const here: Existing[] = [];
  const newcomers: Newcomer[] = [];
  for (const union of found) {
    const [first] = union.parts;
    for (const { id, node } of union.parts) if (id !== null && id !== union.id && kept.has(id)) places.unbind(node);
    if (union.id !== null) here.push(existing(union, union.id));
    else if (first.wanted?.is === 'in' && first.wanted.failed.length === 0)
      newcomers.push({ ...first, wanted: first.wanted, parts: union.parts });
  }
  // A removed group keeps its name, except against a group of its own source that asks for it.
  const yielding = new Set([...db.prepare<[number], number>(REMOVED).pluck().all(sourceId), ...places.left().keys()]);
  for (const group of here) yielding.delete(group.id);
  const names = { db, holders: nameHolders(db, 'groups', source), yielding };
  for (const group of planExisting(plan, here, names, shaper)) bind(plan, places, group, before.get(group.id) ?? []);
  planNewcomers(plan, places, newcomers, names, nextId(db, 'groups'), shaper);
}

/** Finds out what becomes of one of the source's groups, and raises what stands in the way of knowing it. */
function sort(row: Row, plan: PlanTable, shaper: Shaper, parts: GroupPart[], leavers: Leaver[]): void {
  raise(plan, row);
  if (row.state === 1 || row.state === 3) leavers.push({ row, reason: 'missing' });
  else if (row.state === 2) {
    if (row.id !== null && row.removed === 0) parts.push({ ...row, wanted: null });
  } else {
    const wanted = shaper.group(groupFromText(row.ext, row.record), row.asked);
    if (wanted.is === 'out') {
      leavers.push({ row, reason: 'filtered', rule: wanted.rule });
      return;
    }
    raiseFailed(plan, shaper, 'group', row.node, wanted.failed);
    // Where a filter gives no answer, a group that is there stays, and one that is not stays away.
    if (wanted.is === 'unsure' && (row.id === null || row.removed === 1)) return;
    if (row.id !== null || wanted.failed.length === 0) parts.push({ ...row, wanted });
  }
}

function loadParts(db: Db, sourceId: number): Parts {
  const parts = new Map<number, { node: number; ext: string }[]>();
  for (const { id, node, ext } of db
    .prepare<[number], { id: number; node: number; ext: string }>(PARTS)
    .all(sourceId)) {
    const list = parts.get(id);
    if (list) list.push({ node, ext });
    else parts.set(id, [{ node, ext }]);
  }
  return parts;
}

function existing({ parts }: Union<GroupPart>, id: number): Existing {
  const [first] = parts;
  // Another part may be the first from now on: what the directory's group is called now, any of its parts knows.
  const own = parts.find((part) => part.id === id) ?? first;
  const { name, key, description, removed } = own;
  return { ...first, id, name, key, description, removed, parts };
}

/** A group goes with the last of its parts. */
function planLeavers(plan: PlanTable, places: Places, leavers: readonly Leaver[], kept: ReadonlySet<number>): void {
  for (const { row, reason, rule } of leavers) {
    const { id, node, name, removed } = row;
    if (id === null || removed === 1) continue;
    if (kept.has(id)) places.unbind(node);
    else {
      if (!places.left().has(id))
        groupStep(plan, { id, name }, 'remove', reason, { removed: false }, { removed: true }, rule);
      places.leaves(node, id, reason);
    }
  }
}

/** Groups whose parts all become part of others. */
function planEmptied(
  plan: PlanTable,
  places: Places,
  parts: readonly GroupPart[],
  kept: ReadonlySet<number>,
  before: Parts,
): void {
  for (const { id, node, name, removed } of parts) {
    if (id === null || removed === 1 || kept.has(id)) continue;
    if (!places.left().has(id)) {
      const sources = (before.get(id) ?? []).map(({ ext }) => ext);
      groupStep(plan, { id, name }, 'remove', 'source', { removed: false, sources }, { removed: true, sources: [] });
    }
    places.leaves(node, id, 'source');
  }
}

/** Binds the source's groups that a group of the directory is made of. */
function bind(
  plan: PlanTable,
  places: Places,
  group: Existing,
  before: readonly { node: number; ext: string }[],
): void {
  const now = group.parts.map(({ node, ext }) => ({ node, ext }));
  const same = now.length === before.length && now.every(({ node }, at) => node === before[at]?.node);
  for (const { node } of now) {
    if (places.groupOf(node) !== group.id) places.joins(node, group.id);
    else if (!same) places.touch(node);
  }
  if (same) return;
  const ids = (list: readonly { ext: string }[]) => list.map(({ ext }) => ext);
  groupStep(plan, group, 'update', 'source', { sources: ids(before) }, { sources: ids(now) });
}

function raise(plan: PlanTable, row: Row): void {
  if (row.state === 2) {
    plan.problem(
      'group-unknown',
      'group',
      row.node,
      `The listing left this group out and the look-up by id did not say why (${row.why ?? 'not looked up yet'}); the group stays as it is. The next pass looks again.`,
    );
  }
  if (row.unread !== null && row.state !== 1 && row.state !== 3) {
    plan.problem(
      'members-unread',
      'group',
      row.node,
      `Its members could not be read (${row.unread}); the last known members stay.`,
    );
  }
}
