import type { Db } from '../../directory/open.ts';
import { REASONS, type Reason } from '../../model/words.ts';

/** Which groups of a source the directory shows, once the plan is applied. */
export interface Places {
  /** The directory's group for a node, or 0 where it has none that is shown. */
  groupOf(node: number): number;
  joins(node: number, group: number): void;
  leaves(node: number, group: number, reason: Reason): void;
  /** The node is no part of its group any more, which stays. */
  unbind(node: number): void;
  /** The group of the node is made of others than before. */
  touch(node: number): void;
  touched(): ReadonlySet<number>;
  /** The nodes whose groups come or return in this plan. */
  joined(): ReadonlySet<number>;
  /** Groups that go in this plan, with the reason as an index into REASONS. */
  left(): ReadonlyMap<number, number>;
}

const SHOWN = `SELECT o.node, o.group_id FROM group_sources o JOIN groups g ON g.id = o.group_id
  WHERE g.source_id = ? AND g.removed_at IS NULL`;

export function loadPlaces(db: Db, sourceId: number): Places {
  const groups = new Map(db.prepare<[number], [number, number]>(SHOWN).raw().all(sourceId));
  const joined = new Set<number>();
  const touched = new Set<number>();
  const left = new Map<number, number>();
  return {
    groupOf: (node) => groups.get(node) ?? 0,
    joins: (node, group) => {
      groups.set(node, group);
      joined.add(node);
    },
    leaves: (node, group, reason) => {
      groups.delete(node);
      left.set(group, REASONS.indexOf(reason));
    },
    unbind: (node) => {
      groups.delete(node);
    },
    touch: (node) => {
      touched.add(node);
    },
    touched: () => touched,
    joined: () => joined,
    left: () => left,
  };
}
