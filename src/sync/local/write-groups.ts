import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import type { Action } from '../../model/words.ts';
import type { Values } from '../change.ts';
import type { LocalEdits } from './edits.ts';
import { ruleName } from './rules.ts';

const CREATE = `INSERT INTO groups (id, name_key, name, description, rule, created_at, updated_at)
  VALUES (@id, @key, @name, @description, @rule, @at, @at)`;
const UPDATE =
  'UPDATE groups SET name = @name, description = @description, rule = @rule, updated_at = @at WHERE id = @id';
const LET_GO = 'UPDATE groups SET rule = NULL, updated_at = @at WHERE id = @id';
const REMOVE = 'UPDATE groups SET rule = NULL, name_key = NULL, removed_at = @at, updated_at = @at WHERE id = @id';
const BY_HAND = 'SELECT EXISTS (SELECT 1 FROM memberships WHERE group_id = ? AND how & 4)';
const JOURNAL = `INSERT INTO journal (run_id, at, source, object, object_id, object_name, action, reason, rule, before, after)
  VALUES (@runId, @at, 'local', 'group', @id, @name, @action, 'rule-edited', @rule, @before, @after)`;

/**
 * Makes the local groups what the file says, and journals it. A group whose rule left the file goes, and lets go of its
 * name; where a hand put somebody into it, it stays, made by hand from now on.
 * @param ids the ids of the groups that are created, in their order
 * @returns how many groups changed
 */
export function writeGroups(
  db: Db,
  { runId, at }: { runId: number; at: string },
  edits: LocalEdits,
  ids: readonly number[],
): number {
  let changed = 0;
  const json = (values: Values | null) => (values === null ? null : JSON.stringify(values));
  const journal = (id: number, name: string, action: Action, before: Values | null, after: Values | null) => {
    const row = { runId, at, id, name, action, rule: ruleName(name), before: json(before), after: json(after) };
    db.prepare(JOURNAL).run(row);
    changed++;
  };
  edits.created.forEach(({ name, description, members: rule }, index) => {
    const id = ids[index];
    if (id === undefined) throw new Error(`no id for the local group ${name}`);
    db.prepare(CREATE).run({ id, key: fold(name), name, description, rule, at });
    journal(id, name, 'create', null, { name, description, rule });
  });
  for (const { id, group, before, changes } of edits.kept) {
    if (changes === null) continue;
    const { name, description, members: rule } = group;
    db.prepare(UPDATE).run({ id, name, description, rule, at });
    journal(id, name, name === before.name ? 'update' : 'rename', changes.before, changes.after);
  }
  for (const { id, name, rule } of edits.left) {
    if (db.prepare(BY_HAND).pluck().get(id) === 1) {
      db.prepare(LET_GO).run({ id, at });
      journal(id, name, 'update', { rule }, { rule: null });
    } else {
      db.prepare(REMOVE).run({ id, at });
      const before = { removed: false, holdsName: true, rule };
      journal(id, name, 'remove', before, { removed: true, holdsName: false, rule: null });
    }
  }
  return changed;
}
