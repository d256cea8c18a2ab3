import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import type { Step } from '../change.ts';
import { GROUP } from '../known.ts';
import { groupFromText } from '../record.ts';
import { settleNames } from '../settle-names.ts';
import { nameFault, type ShapedGroup } from '../shape.ts';
import type { Shaper } from '../shaper.ts';
import { raiseFailed } from './failed.ts';
import { type Holders, nameHolders } from './holders.ts';
import type { Places } from './places.ts';
import { remedyOf } from './remedy.ts';
import { nextId, type PlannedSource, type PlanTable } from './table.ts';

interface Row {
  node: number;
  ext: string;
  state: number;
  why: string | null;
  unread: string | null;
  asked: string;
  record: string;
  id: number | null;
  name: string;
  key: string | null;
  description: string | null;
  removed: number;
}

/** A group that the directory does not have yet; every rule gave a value. */
interface Newcomer {
  node: number;
  wanted: ShapedGroup & { is: 'in' | 'unsure' };
}

/** A group that the directory has, and what the source says of it now. */
interface Existing extends Row {
  id: number;
  wanted: ShapedGroup & { is: 'in' | 'unsure' };
}

const TODO = `SELECT t.node, t.ext, m.state, m.why, m.unread, m.asked, m.record, g.id, g.name, g.name_key AS key, g.description,
    g.removed_at IS NOT NULL AS removed
  FROM temp.todo t JOIN mirror_groups m ON m.node = t.node
    LEFT JOIN group_sources o ON o.node = t.node LEFT JOIN groups g ON g.id = o.group_id
  WHERE t.kind = ${GROUP} ORDER BY t.ext`;
const REMOVED = 'SELECT id FROM groups WHERE source_id = ? AND removed_at IS NOT NULL';

/** Plans the groups in `todo`, in the order of their ids at the source; the same way as planUsers. */
export function planGroups(
  db: Db,
  { id: sourceId, name: source }: PlannedSource,
  plan: PlanTable,
  places: Places,
  shaper: Shaper,
): void {
  const holders = nameHolders(db, 'groups', source);
  const rows = db.prepare<[], Row>(TODO).all();
  const here: Existing[] = [];
  const newcomers: Newcomer[] = [];
  for (const row of rows) {
    raise(plan, row);
    if (row.state === 1 || row.state === 3) {
      if (row.id !== null && row.removed === 0) {
        step(plan, { id: row.id, name: row.name }, 'remove', 'missing', { removed: false }, { removed: true });
        places.leaves(row.node, row.id, 'missing');
      }
    } else if (row.state === 0) {
      const wanted = shaper.group(groupFromText(row.ext, row.record), row.asked);
      if (wanted.is === 'out') {
        if (row.id !== null && row.removed === 0) {
          const id = { id: row.id, name: row.name };
          step(plan, id, 'remove', 'filtered', { removed: false }, { removed: true }, wanted.rule);
          places.leaves(row.node, row.id, 'filtered');
        }
        continue;
      }
      raiseFailed(plan, shaper, 'group', row.node, wanted.failed);
      // Where a filter gives no answer, a group that is there stays, and one that is not stays away.
      if (wanted.is === 'unsure' && (row.id === null || row.removed === 1)) continue;
      if (row.id !== null) here.push({ ...row, id: row.id, wanted });
      else if (wanted.failed.length === 0) newcomers.push({ node: row.node, wanted });
    }
  }
  // A removed group keeps its name, except against a group of its own source that asks for it.
  const yielding = new Set([...db.prepare<[number], number>(REMOVED).pluck().all(sourceId), ...places.left().keys()]);
  for (const group of here) yielding.delete(group.id);
  const names: Names = { holders, yielding };
  planExisting(plan, places, here, names, shaper);
  planNewcomers(plan, places, newcomers, names, nextId(db, 'groups'), shaper);
}

interface Names {
  holders: Holders;
  yielding: Set<number>;
}

/** A group that asks for another name than it has, or for its own back. */
interface Mover extends Existing {
  to: string;
}

function planExisting(
  plan: PlanTable,
  places: Places,
  groups: readonly Existing[],
  names: Names,
  shaper: Shaper,
): void {
  const movers: Mover[] = [];
  for (const group of groups) {
    const to = group.wanted.name ?? group.name;
    if (to === group.name && group.key !== null) continue;
    const fault = nameFault(to);
    if (fault === null) movers.push({ ...group, to });
    else {
      plan.problem(
        'group-name-invalid',
        'group',
        group.node,
        `The name that the group should have cannot be used: ${fault}. It keeps \`${group.name}\`. ${remedyOf(shaper, 'groups')}`,
      );
    }
  }
  const winners = settleNames(
    movers.map(({ id, to }) => ({ id, key: fold(to) })),
    (key) => names.holders.of(key),
    (holder) => names.yielding.has(holder),
  );
  const losers = new Set<number>();
  for (const group of movers) {
    const key = fold(group.to);
    if (winners.has(group.id)) {
      takeName(plan, names, key, group.id, group.key);
      const regained = group.key === null;
      if (group.to === group.name) step(plan, group, 'update', 'source', { holdsName: false }, { holdsName: true });
      else {
        const before = { name: group.name, ...(regained && { holdsName: false }) };
        const after = { name: group.to, ...(regained && { holdsName: true }) };
        step(plan, group, 'rename', 'source', before, after);
      }
    } else {
      losers.add(group.id);
      const stays = group.removed === 1 ? 'it stays removed' : `it keeps \`${group.name}\``;
      plan.problem(
        'group-name-conflict',
        'group',
        group.node,
        `The group name \`${group.to}\` is ${names.holders.describe(key)}; ${stays}. Rename one of the two at the identity provider.`,
      );
    }
  }
  for (const group of groups) {
    if (group.removed === 1) {
      if (losers.has(group.id) || (group.key === null && !winners.has(group.id))) continue;
      step(plan, group, 'return', 'source', { removed: true }, { removed: false });
      places.joins(group.node, group.id);
    }
    const { description } = group.wanted;
    if (description !== undefined && description !== group.description)
      step(plan, group, 'update', 'source', { description: group.description }, { description });
  }
}

function planNewcomers(
  plan: PlanTable,
  places: Places,
  newcomers: readonly Newcomer[],
  names: Names,
  firstId: number,
  shaper: Shaper,
): void {
  let id = firstId;
  for (const { node, wanted } of newcomers) {
    const name = wanted.name ?? '';
    const description = wanted.description ?? null;
    const fault = nameFault(name);
    if (fault !== null) {
      plan.problem(
        'group-name-invalid',
        'group',
        node,
        `The group was left out: the name that it should have cannot be used: ${fault}. ${remedyOf(shaper, 'groups')}`,
      );
      continue;
    }
    const key = fold(name);
    const holder = names.holders.of(key);
    if (holder !== undefined && !names.yielding.has(holder)) {
      plan.problem(
        'group-name-conflict',
        'group',
        node,
        `The group was left out: the group name \`${name}\` is ${names.holders.describe(key)}. Rename one of the two at the identity provider.`,
      );
      continue;
    }
    takeName(plan, names, key, id, null);
    plan.add({
      object: 'group',
      id,
      name,
      related: null,
      node,
      action: 'create',
      reason: 'source',
      before: null,
      after: { name, description },
    });
    places.joins(node, id);
    id++;
  }
}

/** Takes a name for a group; a removed group that held it lets go of it. */
function takeName(plan: PlanTable, { holders, yielding }: Names, key: string, id: number, from: string | null): void {
  const holder = holders.of(key);
  if (holder !== undefined && holder !== id && yielding.delete(holder)) {
    step(plan, { id: holder, name: null }, 'update', 'source', { holdsName: true }, { holdsName: false });
  }
  holders.move(from, key, id);
}

function step(
  plan: PlanTable,
  group: { id: number; name: string | null },
  action: Step['action'],
  reason: Step['reason'],
  before: Step['before'],
  after: Step['after'],
  rule?: string,
): void {
  plan.add({
    object: 'group',
    id: group.id,
    name: group.name,
    related: null,
    node: null,
    action,
    reason,
    before,
    after,
    ...(rule !== undefined && { rule }),
  });
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
