import { count } from '../report/text.ts';
import { addGroup, deleteGroup, renameGroup } from '../sync/hand/groups.ts';
import { addMembers, removeMembers } from '../sync/hand/members.ts';
import { findGroup, findUser } from './find.ts';
import type { Io } from './io.ts';
import { editing, type HandOptions, named } from './user-hand.ts';

/** Makes a local group. */
export const groupAdd = (name: string, options: HandOptions & { description?: string }, io: Io): Promise<number> =>
  editing(options, io, {
    find: null,
    edit: (by, _, turn) => addGroup(by, name, options.description ?? null, turn),
    *say(group) {
      yield `${named('Group', group)} was made; "rosterd group add-member id:${group.id} PERSON" puts people into it.`;
    },
  });

/** Gives a local group another name. */
export const groupRename = (group: string, to: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findGroup(db, group),
    edit: (by, { id }, turn) => renameGroup(by, id, to, turn),
    *say({ id, name }) {
      yield `Group ${id} is called ${named('Group', { id, name }).split(' ').slice(2).join(' ')} from now on.`;
    },
  });

/** Removes a local group. */
export const groupDelete = (group: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findGroup(db, group),
    edit: (by, { id }, turn) => deleteGroup(by, id, turn),
    *say(done) {
      yield `${named('Group', done)} was removed, with its memberships; its history stays.`;
    },
  });

/** Puts people into a local group. */
export const groupAddMember = (
  group: string,
  people: readonly string[],
  options: HandOptions,
  io: Io,
): Promise<number> =>
  editing(options, io, {
    find: (db) => ({ to: findGroup(db, group), who: people.map((person) => findUser(db, person)) }),
    edit: async (by, { to, who }, turn) => ({ ...to, ...(await addMembers(by, to.id, who, turn)) }),
    *say(done) {
      yield `${named('Group', done)}: ${count(done.added.length, 'member')} added${already(done.already.length, 'in it')}.`;
    },
  });

/** Takes people out of a local group. */
export const groupRemoveMember = (
  group: string,
  people: readonly string[],
  options: HandOptions,
  io: Io,
): Promise<number> =>
  editing(options, io, {
    find: (db) => ({ from: findGroup(db, group), who: people.map((person) => findUser(db, person)) }),
    edit: async (by, { from, who }, turn) => ({ ...from, ...(await removeMembers(by, from.id, who, turn)) }),
    *say(done) {
      yield `${named('Group', done)}: ${count(done.removed.length, 'member')} removed${already(done.none.length, 'not in it')}.`;
    },
    *yet(done) {
      if (done.byRule.length > 0)
        yield `A rule keeps ${count(done.byRule.length, 'person', 'people')} in the group: edit \`localGroups\` in the configuration file.`;
    },
  });

const already = (n: number, what: string) => (n === 0 ? '' : `, ${n} already ${what}`);
