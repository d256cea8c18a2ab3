import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { Failure } from '../../model/failure.ts';
import { asText } from '../values.ts';
import { type ByHand, type Edited, editByHand, refusal, type Turn } from './edit.ts';
import { closeAll } from './memberships.ts';
import { freeGroupName } from './names.ts';

/** A group that was made by hand. */
export interface HandGroup {
  id: number;
  name: string;
}

interface Row extends HandGroup {
  source: string | null;
  description: string | null;
  rule: string | null;
}

const GROUP = `SELECT g.id, g.name, g.description, g.rule, s.name AS source FROM groups g LEFT JOIN sources s ON s.id = g.source_id
  WHERE g.id = ? AND g.removed_at IS NULL`;
const CREATE = `INSERT INTO groups (name_key, name, description, created_at, updated_at) VALUES (@key, @name, @description, @at, @at)`;
const RENAME = 'UPDATE groups SET name = @name, name_key = @key, updated_at = @at WHERE id = @id';
const REMOVE = 'UPDATE groups SET removed_at = @at, name_key = NULL, updated_at = @at WHERE id = @id';

/** Makes a group that no pass ever touches. */
export const addGroup = (
  by: ByHand,
  text: string,
  description: string | null,
  turn: Turn,
): Promise<Edited<HandGroup>> =>
  editByHand(by, [], turn, (hand) => {
    const { db, at } = hand;
    const name = freeGroupName(db, text);
    const after = { name, description: asText(description) ?? null };
    const id = Number(db.prepare(CREATE).run({ key: fold(name), ...after, at }).lastInsertRowid);
    hand.journal({ object: 'group', id, name, action: 'create', before: null, after });
    return { id, name };
  });

export const renameGroup = (by: ByHand, id: number, text: string, turn: Turn): Promise<Edited<HandGroup>> =>
  editByHand(by, [], turn, (hand) => {
    const { db, at } = hand;
    const before = readLocalGroup(db, id, 'Rename it at the identity provider, or by a rule of that source.');
    mustNotBeDeclared(before);
    const name = freeGroupName(db, text, id);
    if (name === before.name) return { id, name };
    db.prepare(RENAME).run({ id, name, key: fold(name), at });
    const values = { before: { name: before.name }, after: { name } };
    hand.journal({ object: 'group', id, name: before.name, action: 'rename', ...values });
    return { id, name };
  });

/** Removes a group and closes its memberships; it lets go of its name, and its id is never given again. */
export const deleteGroup = (by: ByHand, id: number, turn: Turn): Promise<Edited<HandGroup>> =>
  editByHand(by, [], turn, (hand) => {
    const { db, at } = hand;
    const group = readLocalGroup(db, id, 'Delete it at the identity provider, or leave it out by `groups.where`.');
    mustNotBeDeclared(group);
    closeAll(hand, 'group', id);
    db.prepare(REMOVE).run({ id, at });
    const values = { before: { removed: false, holdsName: true }, after: { removed: true, holdsName: false } };
    hand.journal({ object: 'group', id, name: group.name, action: 'remove', ...values });
    return { id, name: group.name };
  });

/** A group that no source keeps; refuses others, and says `instead` what to do. */
export function readLocalGroup(db: Db, id: number, instead: string): Row {
  const group = db.prepare<[number], Row>(GROUP).get(id);
  if (!group)
    throw new Failure('busy', `Group ${id} was removed meanwhile; nothing was done.`, {
      exit: 5,
    });
  if (group.source === null) return group;
  throw refusal(
    `Group ${id} comes from source \`${group.source}\`, which would undo that; nothing was changed. ${instead}`,
  );
}

/** A group that stands in the configuration file is what the file says. */
function mustNotBeDeclared({ id, rule }: Row): void {
  if (rule === null) return;
  throw refusal(
    `Group ${id} stands in the configuration file, under \`localGroups\`. Nothing was changed; change it there.`,
  );
}
