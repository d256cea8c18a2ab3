import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import type { LocalGroup, LocalRequest } from '../../model/local.ts';
import type { Tables } from '../../model/rules.ts';
import type { Values } from '../change.ts';
import { nameHolders } from '../plan/holders.ts';
import { nameFault } from '../shape.ts';
import { type LocalState, localState, type StoredRule, storedRules } from './stored.ts';

/** What the file says of local groups, against what was applied last. */
export interface LocalEdits {
  state: LocalState;
  /** Groups of the file that the directory does not have. */
  created: LocalGroup[];
  /** Groups of the file that the directory has; `changes` is null where nothing about them differs. */
  kept: { id: number; group: LocalGroup; before: StoredRule | HandGroup; changes: Changes | null }[];
  /** Groups that were by rule and left the file. */
  left: StoredRule[];
  /** Names that another group has, or that cannot be used: a problem for each, by its place in the file. */
  conflicts: { at: number; detail: string }[];
  /** The tables that the rules read. */
  tables: Tables;
  /** Tables that differ from those that were applied. */
  edited: { name: string; before: string | null; after: string | null }[];
}

export interface Changes {
  before: Values;
  after: Values;
}

/** A local group that no rule fills yet: one that was made by hand. */
type HandGroup = Omit<StoredRule, 'rule'> & { rule: null };

const HAND = 'SELECT id, name, description, rule FROM groups WHERE id = ? AND source_id IS NULL AND removed_at IS NULL';

/** Reads nothing but the directory and the request; changes nothing. */
export function localEdits(db: Db, { groups, tables }: Pick<LocalRequest, 'groups' | 'tables'>): LocalEdits {
  const state = localState(db);
  const stored = new Map(storedRules(db).map((rule) => [fold(rule.name), rule]));
  const holders = nameHolders(db, 'groups', 'local');
  const hand = db.prepare<[number], HandGroup>(HAND);
  const read = tablesRead(groups, tables);
  const edits: LocalEdits = {
    ...{ state, created: [], kept: [], left: [], conflicts: [], tables: read },
    edited: tablesEdited(state.tables, read),
  };
  groups.forEach((group, at) => {
    const key = fold(group.name);
    const holder = holders.of(key);
    const before = stored.get(key) ?? (holder === undefined ? undefined : hand.get(holder));
    const fault = nameFault(group.name);
    if (fault !== null)
      edits.conflicts.push({ at, detail: `The local group was left out: its name cannot be used: ${fault}.` });
    else if (before) edits.kept.push({ id: before.id, group, before, changes: changesOf(before, group) });
    else if (holder === undefined) edits.created.push(group);
    else edits.conflicts.push({ at, detail: taken(group.name, holders.describe(key)) });
    stored.delete(key);
  });
  edits.left = [...stored.values()];
  return edits;
}

/** Whether the rules, or what they read, are others than were applied last. */
export const anyEdits = ({ state, created, kept, left, edited }: LocalEdits): boolean =>
  state.stale === true ||
  created.length + left.length + edited.length > 0 ||
  kept.some(({ changes }) => changes !== null);

const taken = (name: string, held: string) =>
  `The local group was left out: the group name \`${name}\` is ${held}. Give it another name in the configuration file, under \`localGroups\`, or rename the other group.`;

function changesOf(before: StoredRule | HandGroup, { name, description, members }: LocalGroup): Changes | null {
  const pairs = [
    ['name', before.name, name],
    ['description', before.description, description],
    ['rule', before.rule, members],
  ] as const;
  const changed = pairs.filter(([, was, is]) => was !== is);
  if (changed.length === 0) return null;
  return {
    before: Object.fromEntries(changed.map(([key, was]) => [key, was])),
    after: Object.fromEntries(changed.map(([key, , is]) => [key, is])),
  };
}

/** Rules name their tables in quotes: whatever stands in no rule is not read. */
function tablesRead(groups: readonly LocalGroup[], tables: Tables): Tables {
  const looking = groups.map(({ members }) => members).filter((rule) => /\blookup\b/.test(rule));
  return Object.fromEntries(
    Object.entries(tables).filter(([name]) => looking.some((rule) => rule.includes(name) || rule.includes('\\'))),
  );
}

function tablesEdited(before: Tables, after: Tables): LocalEdits['edited'] {
  const text = (tables: Tables, name: string) => (Object.hasOwn(tables, name) ? JSON.stringify(tables[name]) : null);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .map((name) => ({ name, before: text(before, name), after: text(after, name) }))
    .filter((table) => table.before !== table.after);
}
