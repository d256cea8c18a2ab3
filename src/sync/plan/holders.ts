import type { Db } from '../../directory/open.ts';

/** Who holds which folded name, as the plan changes it. */
export interface Holders {
  of(key: string): number | undefined;
  move(from: string | null, to: string, id: number): void;
  release(key: string, id: number): void;
  /** The name of the source that is planned. */
  readonly source: string;
  /** What the plan makes of accounts: whether they are active; those that it leaves as they are, are not in it. */
  readonly activity: Map<number, boolean>;
  /** How far numbered names were tried in this plan (other-names.ts). */
  readonly reached: Map<string, number>;
  /** Who made the holder of the name, where no source did: people, or a rule of the configuration file. */
  madeBy(key: string): 'hand' | 'rule' | null;
  /** The name of the source whose account or group holds the name; `local` where none brought it. */
  sourceOf(key: string): string;
  /** Who holds the name, for people: `held by account 7 (source corp)`. */
  describe(key: string): string;
}

const QUERIES = {
  accounts: {
    holder: 'SELECT id FROM accounts WHERE name_key = ?',
    any: 'SELECT EXISTS (SELECT 1 FROM accounts)',
    source: `SELECT coalesce(s.name, 'local') FROM accounts a LEFT JOIN sources s ON s.id = a.source_id WHERE a.id = ?`,
    local: "SELECT CASE WHEN source_id IS NULL THEN 'hand' END FROM accounts WHERE id = ?",
    word: 'account',
  },
  groups: {
    holder: 'SELECT id FROM groups WHERE name_key = ?',
    any: 'SELECT EXISTS (SELECT 1 FROM groups)',
    source: `SELECT coalesce(s.name, 'local') FROM groups g LEFT JOIN sources s ON s.id = g.source_id WHERE g.id = ?`,
    local: "SELECT CASE WHEN source_id IS NULL THEN iif(rule IS NULL, 'hand', 'rule') END FROM groups WHERE id = ?",
    word: 'group',
  },
} as const;

/** @param source the name of the source that is planned */
export function nameHolders(db: Db, table: 'accounts' | 'groups', source: string): Holders {
  const queries = QUERIES[table];
  const holder = db.prepare<[string], number>(queries.holder).pluck();
  // A first import asks for every name: there is nobody to find.
  const nobody = db.prepare(queries.any).pluck().get() === 0;
  const taken = new Map<string, number>();
  const freed = new Set<string>();
  const of = (key: string) => taken.get(key) ?? (nobody || freed.has(key) ? undefined : holder.get(key));
  // A newcomer of this very plan is not in the table yet.
  const sourceOf = (key: string) =>
    db
      .prepare<[number], string>(queries.source)
      .pluck()
      .get(of(key) ?? 0) ?? source;
  const release = (key: string, id: number) => {
    freed.add(key);
    if (taken.get(key) === id) taken.delete(key);
  };
  return {
    of,
    release,
    source,
    activity: new Map(),
    reached: new Map(),
    move: (from, to, id) => {
      if (from !== null) release(from, id);
      taken.set(to, id);
    },
    madeBy: (key) =>
      db
        .prepare<[number], 'hand' | 'rule' | null>(queries.local)
        .pluck()
        .get(of(key) ?? 0) ?? null,
    sourceOf,
    describe: (key) => `held by ${queries.word} ${of(key) ?? 0} of source ${sourceOf(key)}`,
  };
}
