import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import type { Step } from '../change.ts';
import { settleNames } from '../settle-names.ts';
import { nameFault } from '../shape.ts';
import type { Shaper } from '../shaper.ts';
import type { Holders } from './holders.ts';
import { groupNameRemedy } from './name-remedy.ts';
import type { Places } from './places.ts';
import { remedyOf } from './remedy.ts';
import type { PlanTable } from './table.ts';
import type { WantedGroup } from './unite.ts';

/** The groups of the source that one of the directory's is made of, the first first. */
interface Made {
  node: number;
  parts: readonly { node: number; ext: string }[];
}

/** A group that the directory does not have yet; every rule gave a value. */
export interface Newcomer extends Made {
  wanted: WantedGroup;
}

/** A group that the directory has, and what the source says of it now: null where nothing is known today. */
export interface Existing extends Made {
  id: number;
  name: string;
  key: string | null;
  description: string | null;
  removed: number;
  wanted: WantedGroup | null;
}

/** Who holds the names, and which removed groups let go of theirs. */
export interface Names {
  db: Db;
  holders: Holders;
  yielding: Set<number>;
}

/** A group that asks for another name than it has, or for its own back. */
interface Mover extends Existing {
  to: string;
}

/**
 * Plans names, descriptions and returns of groups that the directory has.
 * @returns the groups that it shows from now on
 */
export function planExisting(plan: PlanTable, groups: readonly Existing[], names: Names, shaper: Shaper): Existing[] {
  const movers: Mover[] = [];
  for (const group of groups) {
    const to = group.wanted?.name ?? group.name;
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
      if (group.to === group.name)
        groupStep(plan, group, 'update', 'source', { holdsName: false }, { holdsName: true });
      else {
        const before = { name: group.name, ...(regained && { holdsName: false }) };
        const after = { name: group.to, ...(regained && { holdsName: true }) };
        groupStep(plan, group, 'rename', 'source', before, after);
      }
    } else {
      losers.add(group.id);
      const stays = group.removed === 1 ? 'it stays removed' : `it keeps \`${group.name}\``;
      plan.problem(
        'group-name-conflict',
        'group',
        group.node,
        `The group name \`${group.to}\` is ${names.holders.describe(key)}; ${stays}. ${groupNameRemedy(names.db, names.holders, key)}`,
      );
    }
  }
  const shown: Existing[] = [];
  for (const group of groups) {
    if (group.removed === 1) {
      if (losers.has(group.id) || (group.key === null && !winners.has(group.id))) continue;
      groupStep(plan, group, 'return', 'source', { removed: true }, { removed: false });
    }
    shown.push(group);
    const description = group.wanted?.description;
    if (description !== undefined && description !== group.description)
      groupStep(plan, group, 'update', 'source', { description: group.description }, { description });
  }
  return shown;
}

/** Plans groups that the directory does not have, and gives them their ids. */
export function planNewcomers(
  plan: PlanTable,
  places: Places,
  newcomers: readonly Newcomer[],
  names: Names,
  firstId: number,
  shaper: Shaper,
): void {
  let id = firstId;
  for (const { node, wanted, parts } of newcomers) {
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
        `The group was left out: the group name \`${name}\` is ${names.holders.describe(key)}. ${groupNameRemedy(names.db, names.holders, key)}`,
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
      after: { name, description, ...(parts.length > 1 && { sources: parts.map(({ ext }) => ext) }) },
    });
    for (const part of parts) places.joins(part.node, id);
    id++;
  }
}

/** Takes a name for a group; a removed group that held it lets go of it. */
function takeName(plan: PlanTable, { holders, yielding }: Names, key: string, id: number, from: string | null): void {
  const holder = holders.of(key);
  if (holder !== undefined && holder !== id && yielding.delete(holder)) {
    groupStep(plan, { id: holder, name: null }, 'update', 'source', { holdsName: true }, { holdsName: false });
  }
  holders.move(from, key, id);
}

/** Plans one step about one group. */
export function groupStep(
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
