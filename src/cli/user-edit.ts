import type { Config } from '../config/load.ts';
import type { Db } from '../directory/open.ts';
import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import { printable } from '../report/text.ts';
import { addUser, deactivateUser, deleteUser, type Typed, updateUser } from '../sync/hand/local-user.ts';
import { releaseName } from '../sync/hand/release-name.ts';
import { relink } from '../sync/hand/relink.ts';
import type { SourceNow } from '../sync/hand/state-at-source.ts';
import { suspendUser, unsuspendUser } from '../sync/hand/suspend.ts';
import { compileRules } from '../sync/rules.ts';
import { type Found, findUser } from './find.ts';
import type { Io } from './io.ts';
import { knownSource, usage } from './options.ts';
import { editing, type HandOptions, named } from './user-hand.ts';

/** The flags of `user add` and `user update`: every standard attribute, as text. */
export type UserOptions = HandOptions & Partial<Record<StandardAttribute, string>> & { active?: boolean };

const reasonGiven = (options: HandOptions) => {
  if (options.reason === undefined || options.reason.trim() === '')
    throw usage('Say why, with --reason TEXT: it stands in the journal, for whoever asks later.');
};

/** Makes a local account. */
export const userAdd = (name: string, options: UserOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: options.manager === undefined || options.manager === '' ? null : (db) => managerIn(db, options),
    edit: (by, manager, turn) => addUser(by, name, typed(options, manager), turn),
    *say({ id, userName }) {
      yield `${named('Account', { id, name: userName })} was made; no sync ever touches it.`;
    },
  });

/** Edits a local account. */
export function userUpdate(person: string, options: UserOptions, io: Io): Promise<number> {
  if (!options.active && STANDARD_ATTRIBUTES.every((name) => options[name] === undefined))
    throw usage('Say what is to change, such as --email ADDRESS; "rosterd user update --help" lists it all.');
  return editing(options, io, {
    find: (db) => ({ who: findUser(db, person), manager: managerIn(db, options) }),
    edit: (by, { who, manager }, turn) => updateUser(by, who, typed(options, manager), options.active ?? false, turn),
    *say({ id, userName }) {
      yield `${named('Account', { id, name: userName })} was updated.`;
    },
  });
}

/** Deactivates a local account. */
export const userDeactivate = (person: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findUser(db, person),
    edit: (by, who, turn) => deactivateUser(by, who, turn),
    *say({ id, userName }) {
      yield `${named('Account', { id, name: userName })} is not active any more; "rosterd user update id:${id} --active" brings it back.`;
    },
  });

/** Deletes a local account. */
export const userDelete = (person: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findUser(db, person),
    edit: (by, who, turn) => deleteUser(by, who, turn),
    *say({ id, userName }) {
      yield `${named('Account', { id, name: userName })} was deleted, with its memberships; its history stays.`;
    },
  });

/** Holds an account inactive, whatever its source says. */
export async function userSuspend(person: string, options: HandOptions, io: Io): Promise<number> {
  reasonGiven(options);
  return await editing(options, io, {
    find: (db) => findUser(db, person),
    edit: async (by, who, turn) => ({ ...who, ...(await suspendUser(by, who, turn)) }),
    *say(done) {
      yield `${named('Account', done)} is suspended; "rosterd user unsuspend id:${done.id}" ends that.`;
    },
  });
}

/** Ends a suspension. */
export const userUnsuspend = (person: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findUser(db, person),
    edit: async (by, who, turn, config) => ({
      ...who,
      ...(await unsuspendUser(by, who, await sourceNow(config, who), turn)),
    }),
    *say(done) {
      const { waits, inactiveReason } = done;
      const state = waits
        ? 'stays inactive until the next sync tells whether it is to be active'
        : inactiveReason === null
          ? 'is active'
          : `is not active, for another reason: \`${inactiveReason}\``;
      yield `${named('Account', done)} is no longer suspended, and ${state}.`;
    },
  });

/** Ties an account to the same person's new id. */
export const userRelink = (
  person: string,
  options: HandOptions & { to: string; source?: string },
  io: Io,
): Promise<number> =>
  editing(options, io, {
    find: (db) => ({ who: findUser(db, person), source: knownSource(db, options.source) }),
    edit: async (by, { who, source }, turn) => ({
      ...who,
      ...(await relink(by, who, { source: source ?? who.source, ext: options.to }, turn)),
    }),
    *say(done) {
      yield `${named('Account', done)} is the user \`${printable(done.ext)}\` of source \`${done.source}\` from now on; the next sync makes it what that user is.`;
    },
  });

/** Makes an inactive account let go of its user name. */
export const userReleaseName = (person: string, options: HandOptions, io: Io): Promise<number> =>
  editing(options, io, {
    find: (db) => findUser(db, person),
    edit: async (by, who, turn) => ({ ...who, ...(await releaseName(by, who, turn)) }),
    *say(done) {
      yield `Account ${done.id} let go of the user name \`${printable(done.userName ?? '')}\`: whoever asks for it next gets it.`;
    },
  });

function managerIn(db: Db, { manager }: UserOptions): Found | null | undefined {
  return manager === undefined ? undefined : manager.trim() === '' ? null : findUser(db, manager);
}

function typed(options: UserOptions, manager: Found | null | undefined): Typed {
  const given = STANDARD_ATTRIBUTES.flatMap((name) => {
    const text = name === 'manager' ? undefined : options[name];
    return text === undefined ? [] : [[name, text] as const];
  });
  return { ...Object.fromEntries(given), ...(manager !== undefined && { manager: manager?.id ?? null }) };
}

async function sourceNow({ sources }: Config, { source }: Found): Promise<SourceNow> {
  const found = sources.find(({ name }) => name === source);
  return found ? { ...found, rules: await compileRules(found) } : null;
}
