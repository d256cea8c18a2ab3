import { type Random, randomFrom } from '../random.ts';

/** A user of the emulated realm, changed through the realm only: it keeps names unique and lists in order. */
export interface RealmUser {
  readonly id: string;
  /** Lower case, as the vendor stores it; unique in the realm. */
  readonly username: string;
  readonly enabled: boolean;
  readonly emailVerified: boolean;
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since the epoch. */
  readonly createdTimestamp: number;
  /** The client this is the service account of. */
  readonly serviceAccountOf?: string | undefined;
  /** The JSON of its representations, kept until the user or the profile changes: a million members list quickly. */
  readonly texts: { brief: string | null; full: string | null };
}

export interface RealmGroup {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly parent: RealmGroup | null;
  readonly children: Set<RealmGroup>;
  readonly members: Set<RealmUser>;
}

export type NewUser = Partial<Omit<RealmUser, 'id' | 'username' | 'texts'>> & { username: string };
export type UserEdit = Partial<
  Pick<RealmUser, 'username' | 'enabled' | 'email' | 'firstName' | 'lastName' | 'attributes'>
>;
export type NewGroup = { name: string; description?: string | undefined; attributes?: RealmGroup['attributes'] };

/** Which attributes the realm shows at all: declared ones, and the others where a policy says so. */
export interface UserProfile {
  readonly declared: readonly string[];
  readonly unmanaged: 'ENABLED' | 'ADMIN_VIEW' | 'ADMIN_EDIT' | null;
}

/** The directory behind an emulated realm. Edits that the vendor would refuse throw: they are mistakes of the test. */
export class Realm {
  readonly #random: Random;
  #profile: UserProfile = { declared: [], unmanaged: 'ENABLED' };
  readonly #users = new Map<string, RealmUser>();
  readonly #byName = new Map<string, RealmUser>();
  readonly #groups = new Map<string, RealmGroup>();
  readonly #top = new Set<RealmGroup>();
  #usersInOrder: readonly RealmUser[] | null = null;
  #groupsInOrder: readonly RealmGroup[] | null = null;
  readonly #membersInOrder = new Map<RealmGroup, readonly RealmUser[]>();

  /** Ids are UUIDs, the same ones for the same seed and the same edits in the same order. */
  constructor(seed: string | number) {
    this.#random = randomFrom(`realm ${seed}`);
  }

  get profile(): UserProfile {
    return this.#profile;
  }

  /** A new realm of the vendor declares no attribute and shows no other; here, unless told, every one is shown. */
  set profile(profile: UserProfile) {
    this.#profile = profile;
    for (const user of this.#users.values()) Object.assign(user.texts, { brief: null, full: null });
  }

  /** By id or by user name. Throws when there is none. */
  user(idOrName: string): RealmUser {
    const user = this.findUser(idOrName) ?? this.#byName.get(idOrName.toLowerCase());
    if (!user) throw new Error(`the emulated realm has no user ${idOrName}`);
    return user;
  }

  /** By id or by path, such as `/engineering/platform`. Throws when there is none. */
  group(idOrPath: string): RealmGroup {
    const group = this.findGroup(idOrPath) ?? this.groups().find((each) => pathOf(each) === idOrPath);
    if (!group) throw new Error(`the emulated realm has no group ${idOrPath}`);
    return group;
  }

  findUser(id: string): RealmUser | undefined {
    return this.#users.get(id);
  }

  findGroup(id: string): RealmGroup | undefined {
    return this.#groups.get(id);
  }

  /** By user name; service accounts are among them. */
  users(): readonly RealmUser[] {
    this.#usersInOrder ??= inOrder(this.#users.values());
    return this.#usersInOrder;
  }

  /** Of every level, by name. */
  groups(): readonly RealmGroup[] {
    this.#groupsInOrder ??= byName(this.#groups.values());
    return this.#groupsInOrder;
  }

  topGroups(): readonly RealmGroup[] {
    return byName(this.#top);
  }

  childrenOf(group: RealmGroup): readonly RealmGroup[] {
    return byName(group.children);
  }

  /** Direct members by user name. */
  membersOf(group: RealmGroup): readonly RealmUser[] {
    const members = this.#membersInOrder.get(group) ?? inOrder(group.members);
    this.#membersInOrder.set(group, members);
    return members;
  }

  /** Those that list the user itself, by name. */
  groupsOf(user: RealmUser): RealmGroup[] {
    return this.groups().filter((group) => group.members.has(user));
  }

  /** The attributes that the user profile lets administrators see. */
  shownAttributes(user: RealmUser): RealmUser['attributes'] {
    if (this.profile.unmanaged) return user.attributes;
    const { declared } = this.profile;
    return Object.fromEntries(Object.entries(user.attributes).filter(([name]) => declared.includes(name)));
  }

  addUser(user: NewUser): RealmUser {
    const username = user.username.toLowerCase();
    this.#refuseTaken(username);
    const made: RealmUser = {
      enabled: true,
      emailVerified: false,
      attributes: {},
      createdTimestamp: Date.UTC(2026, 0, 1) + this.#users.size * 1000,
      ...user,
      username,
      id: this.#random.uuid(),
      texts: { brief: null, full: null },
    };
    this.#users.set(made.id, made);
    this.#byName.set(username, made);
    this.#usersInOrder = null;
    return made;
  }

  editUser(user: RealmUser, edit: UserEdit): void {
    const username = edit.username?.toLowerCase() ?? user.username;
    if (username !== user.username) {
      this.#refuseTaken(username);
      this.#byName.delete(user.username);
      this.#byName.set(username, user);
      this.#usersInOrder = null;
      this.#membersInOrder.clear();
    }
    Object.assign(user, edit, { username, texts: { brief: null, full: null } });
  }

  /** Gives back the groups that listed the user. */
  removeUser(user: RealmUser): RealmGroup[] {
    const groups = this.groupsOf(user);
    for (const group of groups) this.leave(user, group);
    this.#users.delete(user.id);
    this.#byName.delete(user.username);
    this.#usersInOrder = null;
    return groups;
  }

  /** A removed user comes back under the same id, as from a backup. */
  restoreUser(user: RealmUser, groups: readonly RealmGroup[]): void {
    this.#refuseTaken(user.username);
    this.#users.set(user.id, user);
    this.#byName.set(user.username, user);
    this.#usersInOrder = null;
    for (const group of groups) this.join(user, group);
  }

  addGroup(group: string | NewGroup, parent: RealmGroup | null = null): RealmGroup {
    const wanted = typeof group === 'string' ? { name: group } : group;
    this.#refuseSibling(wanted.name, parent);
    const made: RealmGroup = {
      attributes: {},
      ...wanted,
      id: this.#random.uuid(),
      parent,
      children: new Set(),
      members: new Set(),
    };
    this.#groups.set(made.id, made);
    this.#siblings(parent).add(made);
    this.#groupsInOrder = null;
    return made;
  }

  renameGroup(group: RealmGroup, name: string): void {
    if (name === group.name) return;
    this.#refuseSibling(name, group.parent);
    Object.assign(group, { name });
    this.#groupsInOrder = null;
  }

  /** Moves the group, and everything in it, below another one, or to the top. */
  moveGroup(group: RealmGroup, parent: RealmGroup | null): void {
    for (let above = parent; above; above = above.parent) {
      if (above === group) throw new Error(`${pathOf(group)} cannot be moved into itself`);
    }
    this.#refuseSibling(group.name, parent);
    this.#siblings(group.parent).delete(group);
    this.#siblings(parent).add(group);
    Object.assign(group, { parent });
  }

  /** With everything inside it, as the vendor does. */
  removeGroup(group: RealmGroup): void {
    for (const child of [...group.children]) this.removeGroup(child);
    this.#siblings(group.parent).delete(group);
    this.#groups.delete(group.id);
    this.#membersInOrder.delete(group);
    this.#groupsInOrder = null;
  }

  join(user: RealmUser, group: RealmGroup): void {
    group.members.add(user);
    this.#membersInOrder.delete(group);
  }

  leave(user: RealmUser, group: RealmGroup): void {
    if (group.members.delete(user)) this.#membersInOrder.delete(group);
  }

  #siblings(parent: RealmGroup | null): Set<RealmGroup> {
    return parent ? parent.children : this.#top;
  }

  #refuseTaken(username: string): void {
    if (this.#byName.has(username)) throw new Error(`the emulated realm already has a user ${username}`);
  }

  #refuseSibling(name: string, parent: RealmGroup | null): void {
    for (const sibling of this.#siblings(parent)) {
      if (sibling.name === name) throw new Error(`the emulated realm already has a group ${pathOf(sibling)}`);
    }
  }
}

/** As the vendor writes it: names joined by slashes, which are not escaped unless the server is told to. */
export function pathOf(group: RealmGroup): string {
  return `${group.parent ? pathOf(group.parent) : ''}/${group.name}`;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (users: Iterable<RealmUser>) => [...users].sort((a, b) => compare(a.username, b.username));
const byName = (groups: Iterable<RealmGroup>) =>
  [...groups].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
