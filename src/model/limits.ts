/** What a limit counts. `rename` counts user names and group names apart from each other. */
export const LIMIT_KEYS = [
  'deactivate',
  'disable',
  'removeGroups',
  'removeMembers',
  'rename',
  'create',
  'addMembers',
] as const;
export type LimitKey = (typeof LIMIT_KEYS)[number];

/** So many in 24 hours, or that share (0 to 1) of what there was when they began. */
export type Limit = { count: number } | { share: number };
export type Limits = Readonly<Partial<Record<LimitKey, Limit>>>;

export const DEFAULT_LIMITS: Limits = {
  deactivate: { share: 0.1 },
  disable: { share: 0.2 },
  removeGroups: { share: 0.2 },
  removeMembers: { share: 0.3 },
  rename: { share: 0.1 },
};

/** As a limit stands in the file: `50`, `10%`. */
export const limitText = (limit: Limit): string =>
  'count' in limit ? String(limit.count) : `${Number((limit.share * 100).toFixed(4))}%`;
