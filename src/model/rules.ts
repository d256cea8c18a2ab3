/** Look-up tables of the configuration, by name: texts to texts. */
export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The filters and transformations of one source as they stand in the file: plain data, compiled where they are used. */
export interface SourceRules {
  users: {
    /** Null: everybody is in scope. */
    where: string | null;
    /** An attribute of the account, standard or custom, to its expressions: one, or for `userName` several to try in turn. */
    attributes: Readonly<Record<string, readonly string[]>>;
  };
  groups: {
    where: string | null;
    attributes: Readonly<Partial<Record<GroupAttribute, string>>>;
    /** What becomes of two groups with one name: the second is left out, or both become one. */
    onConflict: 'skip' | 'unite';
  };
  /** The attributes of accounts beside the standard ones. */
  customAttributes: readonly string[];
  tables: Tables;
}

/** What a rule may set of a group. */
export const GROUP_ATTRIBUTES = ['name', 'description'] as const;
export type GroupAttribute = (typeof GROUP_ATTRIBUTES)[number];

/** A source without rules: everything is in scope, and is what the source says. */
export const NO_RULES: SourceRules = {
  users: { where: null, attributes: {} },
  groups: { where: null, attributes: {}, onConflict: 'skip' },
  customAttributes: [],
  tables: {},
};
