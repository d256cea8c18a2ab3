import type { Limit, LimitKey, Limits } from '../model/limits.ts';

/** One thing that a plan takes away, in figures. */
export interface Figure {
  key: LimitKey;
  /** What is counted and what becomes of it, in the plural, for people: `accounts would be deactivated`. */
  what: string;
  /** How many this plan takes. */
  planned: number;
  /** How many the source lost in the 24 hours before, approved plans excepted, and did not get back. */
  recent: number;
  /** How many there were when those 24 hours began. */
  base: number;
  /** How many are left once the plan is applied; null where it does not matter whether any are. */
  left: number | null;
}

/** A figure that is over its limit. */
export interface Excess extends Figure {
  /** Absent where no figure is small enough. */
  limit?: Limit;
  /** How many the limit allows in 24 hours. */
  allowed: number;
  /** Nothing would be left, whatever the limit says. */
  emptied: boolean;
  /** What is said instead of the figures. */
  sentence?: string;
}

/** What these count comes, and is no part of what there was. */
export const GROWTH: ReadonlySet<LimitKey> = new Set(['create', 'addMembers']);

/** Removals a day that pass a share however small the source is. */
const ALWAYS_ALLOWED = 5;

/**
 * The figures that stop a plan. Pure.
 *
 * - A plan that takes nothing of a kind is never stopped by its key; a key without a limit stops nothing.
 * - A count is the most in 24 hours. A share is a share of what there was when they began, and never less than 5.
 * - Zero after non-zero is always stopped.
 * - What grows from nothing is no share of anything: a first import passes a share, and not a count.
 */
export function verdict(figures: readonly Figure[], limits: Limits): Excess[] {
  return figures.flatMap((figure) => {
    const limit = limits[figure.key];
    if (figure.planned === 0 || limit === undefined) return [];
    if (figure.base === 0 && 'share' in limit && GROWTH.has(figure.key)) return [];
    const allowed = allowance(limit, figure.base);
    const emptied = figure.left === 0;
    return emptied || figure.planned + figure.recent > allowed ? [{ ...figure, limit, allowed, emptied }] : [];
  });
}

function allowance(limit: Limit, base: number): number {
  // A hair more, since a share such as 0.07 of 100 is a little less than 7 in binary.
  return 'count' in limit ? limit.count : Math.max(ALWAYS_ALLOWED, Math.floor(limit.share * base + 1e-9));
}
