import type { GroupType } from '@okta/okta-sdk-nodejs';
import { type Random, randomFrom } from '../random.ts';
import {
  type GroupProfile,
  type NewGroup,
  type NewUser,
  type OrgGroup,
  type OrgUser,
  type Profile,
  type Status,
  toTheSecond,
} from './kinds.ts';
import { Past } from './past.ts';

/** The directory behind an emulated org. Edits that Okta would refuse throw: they are mistakes of the test. */
export class Org {
  /** Deactivating a user moves `lastMembershipUpdated` of its groups. The vendor does not say; Everyone's always moves. */
  deactivationMovesGroups = false;
  /** Deleting a user does. The vendor does not say that either. */
  deletionMovesGroups = false;
  /** Everyone lists the deactivated too, as one real org did. */
  everyoneKeepsDeactivated = false;
  readonly id: string;
  readonly everyone: OrgGroup;
  readonly pastUsers = new Past<OrgUser>();
  readonly pastGroups = new Past<OrgGroup>();
  readonly #random: Random;
  #now: () => number;
  #users: OrgUser[] = [];
  #groups: OrgGroup[] = [];
  readonly #byId = new Map<string, OrgUser>();
  readonly #byLogin = new Map<string, OrgUser>();
  readonly #groupsById = new Map<string, OrgGroup>();
  readonly #members = new Map<OrgGroup, readonly OrgUser[]>();
  /** Of the groups that were made in Okta. */
  readonly #names = new Set<string>(['Everyone']);
  #order = 0;

  /** Ids are the same for the same seed and the same edits in the same order. */
  constructor(seed: string | number, now: () => number) {
    this.#random = randomFrom(`org ${seed}`);
    this.#now = now;
    this.id = this.newId('00o');
    const profile = { name: 'Everyone', description: 'All users in your organization' };
    this.everyone = this.#addGroup(this.newId('00g'), 'BUILT_IN', profile);
  }

  /** Does edits as if it were another time: an org that was made a second ago is no usual one. */
  asOf<T>(ms: number, act: () => T): T {
    const now = this.#now;
    this.#now = () => ms;
    try {
      return act();
    } finally {
      this.#now = now;
    }
  }

  /** By id or by login. Throws when there is none. */
  user(idOrLogin: string): OrgUser {
    const user = this.findUser(idOrLogin);
    if (!user) throw new Error(`the emulated org has no user ${idOrLogin}`);
    return user;
  }

  /** By id or by name. Throws when there is none. */
  group(idOrName: string): OrgGroup {
    const group = this.findGroup(idOrName) ?? this.#groups.find(({ profile }) => profile.name === idOrName);
    if (!group) throw new Error(`the emulated org has no group ${idOrName}`);
    return group;
  }

  /** By id, by login, or by the part of a login before its @ where only one user has it. */
  findUser(name: string): OrgUser | undefined {
    const found = this.#byId.get(name) ?? this.#byLogin.get(name.toLowerCase());
    if (found || name.includes('@')) return found;
    const short = this.#users.filter(
      ({ profile }) => profile.login?.split('@')[0]?.toLowerCase() === name.toLowerCase(),
    );
    return short.length === 1 ? short[0] : undefined;
  }

  findGroup(id: string): OrgGroup | undefined {
    return this.#groupsById.get(id);
  }

  /** In the order of listings, the deactivated among them. */
  users(): readonly OrgUser[] {
    return this.#users;
  }

  groups(): readonly OrgGroup[] {
    return this.#groups;
  }

  /** In the order of listings. Deactivated users stay members, but for Everyone. */
  membersOf(group: OrgGroup): readonly OrgUser[] {
    if (group === this.everyone) return this.#users.filter((user) => this.isInEveryone(user));
    const known = this.#members.get(group) ?? [...group.members.keys()];
    this.#members.set(group, known);
    return known;
  }

  groupsOf(user: OrgUser): OrgGroup[] {
    return this.#groups.filter((group) =>
      group === this.everyone ? this.isInEveryone(user) : group.members.has(user),
    );
  }

  isInEveryone({ status }: OrgUser): boolean {
    return status !== 'DEPROVISIONED' || this.everyoneKeepsDeactivated;
  }

  /** ACTIVE unless told; the address is the login unless told, as every user has one. */
  addUser({ id, status = 'ACTIVE', ...profile }: NewUser): OrgUser {
    this.#refuseTaken(profile.login);
    const at = this.#second();
    const started = status !== 'STAGED';
    const user: OrgUser = {
      id: id ?? this.newId('00u'),
      order: ++this.#order,
      profile: {
        firstName: null,
        lastName: null,
        mobilePhone: null,
        secondEmail: null,
        email: profile.login,
        ...profile,
      },
      status,
      ...{ created: at, lastUpdated: at, lastLogin: null, transitioningToStatus: null },
      ...{ activated: started ? at : null, statusChanged: started ? at : null, passwordChanged: started ? at : null },
    };
    if (this.#byId.has(user.id)) throw new Error(`the emulated org already has a user ${user.id}`);
    this.#users.push(user);
    this.#byId.set(user.id, user);
    this.#byLogin.set(profile.login.toLowerCase(), user);
    this.pastUsers.keep(user, null, this.#now());
    this.#membershipMoved(this.everyone);
    return user;
  }

  editProfile(user: OrgUser, edit: Profile): void {
    const { login } = edit;
    if (login !== undefined && login !== user.profile.login) {
      this.#refuseTaken(login);
      this.#byLogin.delete(loginOf(user));
      this.#byLogin.set(login.toLowerCase(), user);
    }
    this.#editUser(user, { profile: { ...user.profile, ...edit }, lastUpdated: this.#second() });
  }

  setStatus(user: OrgUser, status: Status): void {
    const [at, before] = [this.#second(), user.status];
    const activated = status === 'ACTIVE' && user.activated === null ? at : user.activated;
    this.#editUser(user, { status, activated, statusChanged: at, lastUpdated: at });
    if ((before === 'DEPROVISIONED') === (status === 'DEPROVISIONED')) return;
    this.#membershipMoved(this.everyone);
    if (this.deactivationMovesGroups) for (const group of this.#listing(user)) this.#membershipMoved(group);
  }

  /** The status that an asynchronous change leads to, while it is under way. */
  setTransition(user: OrgUser, transitioningToStatus: OrgUser['transitioningToStatus']): void {
    this.#editUser(user, { transitioningToStatus });
  }

  /** Signing in moves no other date. */
  signIn(user: OrgUser): void {
    this.#editUser(user, { lastLogin: this.#second() });
  }

  /** For good, with nothing left behind. Only who is deactivated can be deleted: `deactivateAndDelete` does both. */
  deleteUser(user: OrgUser): void {
    if (user.status !== 'DEPROVISIONED') throw new Error(`${user.profile.login} is not deactivated`);
    this.pastUsers.keep(user, user, this.#now());
    this.pastUsers.gone.push(user);
    this.#users = this.#users.filter((each) => each !== user);
    this.#byId.delete(user.id);
    this.#byLogin.delete(loginOf(user));
    for (const group of this.#listing(user)) {
      editable(group).delete(user);
      this.#members.delete(group);
      if (this.deletionMovesGroups) this.#membershipMoved(group);
    }
  }

  deactivateAndDelete(user: OrgUser): void {
    if (user.status !== 'DEPROVISIONED') this.setStatus(user, 'DEPROVISIONED');
    this.deleteUser(user);
  }

  /** Two groups made in Okta cannot bear one name; one that was imported may bear another's. BUILT_IN: Okta Administrators. */
  addGroup({ id, type = 'OKTA_GROUP', ...profile }: NewGroup): OrgGroup {
    if (type === 'OKTA_GROUP') this.#takeName(profile.name);
    return this.#addGroup(id ?? this.newId('00g'), type, { description: null, ...profile });
  }

  renameGroup(group: OrgGroup, name: string): void {
    this.editGroup(group, { name });
  }

  editGroup(group: OrgGroup, edit: GroupProfile): void {
    this.#refuseEveryone(group);
    if (edit.name !== undefined && edit.name !== group.profile.name && group.type === 'OKTA_GROUP') {
      this.#takeName(edit.name);
      this.#names.delete(group.profile.name ?? '');
    }
    this.#editGroup(group, { profile: { ...group.profile, ...edit }, lastUpdated: this.#second() });
  }

  removeGroup(group: OrgGroup): void {
    this.#refuseEveryone(group);
    this.pastGroups.keep(group, group, this.#now());
    this.pastGroups.gone.push(group);
    this.#groups = this.#groups.filter((each) => each !== group);
    this.#groupsById.delete(group.id);
    if (group.type === 'OKTA_GROUP') this.#names.delete(group.profile.name ?? '');
    this.#members.delete(group);
  }

  /** Joining twice is once. */
  join(user: OrgUser, group: OrgGroup): void {
    this.#refuseEveryone(group);
    if (group.members.has(user)) return;
    editable(group).set(user, ++this.#order);
    this.#members.delete(group);
    this.#membershipMoved(group);
  }

  leave(user: OrgUser, group: OrgGroup): void {
    this.#refuseEveryone(group);
    if (!editable(group).delete(user)) return;
    this.#members.delete(group);
    this.#membershipMoved(group);
  }

  /** Twenty characters: what kind of thing it is, then letters and digits, then the cell that it was made in. */
  newId(prefix: string): string {
    let id = prefix;
    while (id.length < 17) id += LETTERS.charAt(this.#random.below(LETTERS.length));
    return `${id}5d7`;
  }

  #addGroup(id: string, type: GroupType, profile: GroupProfile): OrgGroup {
    if (this.#groupsById.has(id)) throw new Error(`the emulated org already has a group ${id}`);
    const at = this.#second();
    const source = type === 'APP_GROUP' ? this.newId('0oa') : null;
    const dates = { created: at, lastUpdated: at, lastMembershipUpdated: at };
    const group: OrgGroup = { id, order: ++this.#order, ...dates, profile, type, source, members: new Map() };
    this.#groups.push(group);
    this.#groupsById.set(id, group);
    this.pastGroups.keep(group, null, this.#now());
    return group;
  }

  #editUser(user: OrgUser, edit: Partial<OrgUser>): void {
    this.pastUsers.keep(user, user, this.#now());
    Object.assign(user, edit);
  }

  #editGroup(group: OrgGroup, edit: Partial<OrgGroup>): void {
    this.pastGroups.keep(group, group, this.#now());
    Object.assign(group, edit);
  }

  #membershipMoved(group: OrgGroup): void {
    const at = this.#second();
    // Loading a large org moves the same date over and over: only what differs is kept for later.
    if (group.lastMembershipUpdated !== at) this.#editGroup(group, { lastMembershipUpdated: at });
  }

  #listing(user: OrgUser): OrgGroup[] {
    return this.#groups.filter(({ members }) => members.has(user));
  }

  #second(): number {
    return toTheSecond(this.#now());
  }

  #refuseTaken(login: string): void {
    if (this.#byLogin.has(login.toLowerCase())) throw new Error(`the emulated org already has a user ${login}`);
  }

  #takeName(name: string): void {
    if (this.#names.has(name)) throw new Error(`the emulated org already has a group ${name}`);
    this.#names.add(name);
  }

  #refuseEveryone(group: OrgGroup): void {
    if (group === this.everyone) throw new Error('Everyone is who there is, and cannot be changed');
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Every group is made here, with a map that can be written to. */
const editable = (group: OrgGroup) => group.members as Map<OrgUser, number>;

const loginOf = ({ profile }: OrgUser): string => (profile.login ?? '').toLowerCase();
