import { type Random, randomFrom } from '../random.ts';
import { Addresses } from './addresses.ts';
import type {
  DirectoryGroup,
  DirectoryUser,
  GroupMember,
  GroupProperties,
  Membership,
  NewGroup,
  NewUser,
  Outsider,
  Privileges,
  Role,
  UserProperties,
} from './kinds.ts';
import { Listings, type Place } from './listing.ts';

/** Deleted users can be restored for so long (support.google.com/a/answer/1397578). */
export const RESTORABLE_MS = 20 * 86_400_000;

export type OrderBy = 'email' | 'familyName' | 'givenName';

/**
 * The directory behind an emulated Google Workspace account. Edits that the vendor would refuse throw: they are mistakes
 * of the test. Only circles of groups are let pass: the vendor refuses to make one, and a reader must survive one.
 */
export class Directory {
  readonly customerId: string;
  /** The primary domain first. */
  readonly domains: readonly string[];
  readonly now: () => number;
  readonly #random: Random;
  readonly #users = new Map<string, DirectoryUser>();
  readonly #groups = new Map<string, DirectoryGroup>();
  readonly #outsiders = new Map<string, Outsider>();
  readonly #addresses: Addresses;
  readonly #orgUnits = new Set<string>(['/']);
  readonly #schemas = new Set<string>();
  readonly #userListings = new Listings(this.#users);
  readonly #groupListings = new Listings(this.#groups);
  readonly #members = new Map<DirectoryGroup, readonly Membership[]>();
  #order = 0;

  /** Ids are the same ones for the same seed and the same edits in the same order. @param domains the primary one first */
  constructor(seed: string | number, domains: readonly string[], customerId: string | undefined, now: () => number) {
    this.#random = randomFrom(`google ${seed}`);
    this.domains = domains.map((domain) => domain.toLowerCase());
    this.#addresses = new Addresses(this.domains);
    this.customerId = customerId ?? `C0${this.#letters(7)}`;
    this.now = now;
  }

  get domain(): string {
    return this.domains[0] ?? '';
  }

  /** By id, address or alias. Throws when there is none. */
  user(key: string): DirectoryUser {
    const user = this.findUser(key);
    if (!user) throw new Error(`the emulated directory has no user ${key}`);
    return user;
  }

  /** By id, address, alias or name. Throws when there is none. */
  group(key: string): DirectoryGroup {
    const group = this.findGroup(key) ?? this.groups().find(({ properties }) => properties.name === key);
    if (!group) throw new Error(`the emulated directory has no group ${key}`);
    return group;
  }

  findUser(key: string): DirectoryUser | undefined {
    const found = this.#users.get(key) ?? this.#addresses.ownerOf(key);
    return found?.kind === 'user' && found.deleted === null ? found : undefined;
  }

  findGroup(key: string): DirectoryGroup | undefined {
    const found = this.#groups.get(key) ?? this.#addresses.ownerOf(key);
    return found?.kind === 'group' ? found : undefined;
  }

  /** By id, while it can be restored. */
  findDeleted(id: string): DirectoryUser | undefined {
    const user = this.#users.get(id);
    return user && user.deleted !== null && user.deleted + RESTORABLE_MS > this.now() ? user : undefined;
  }

  /** Of another organisation, by address or id. */
  findOutsider(key: string): Outsider | undefined {
    return [...this.#outsiders.values()].find(({ id, email }) => id === key || email === key.toLowerCase());
  }

  /** Who is there, in the order of their addresses. */
  users(): readonly DirectoryUser[] {
    return this.listedUsers('email').map(({ object }) => object);
  }

  groups(): readonly DirectoryGroup[] {
    return this.listedGroups().map(({ object }) => object);
  }

  listedUsers(by: OrderBy): readonly Place<DirectoryUser>[] {
    return this.#userListings.get(by, ({ deleted }) => deleted === null, textOf(by));
  }

  listedDeleted(by: OrderBy): readonly Place<DirectoryUser>[] {
    const listed = this.#userListings.get(`deleted ${by}`, ({ deleted }) => deleted !== null, textOf(by));
    return listed.filter(({ object }) => this.findDeleted(object.id));
  }

  listedGroups(): readonly Place<DirectoryGroup>[] {
    return this.#groupListings.get(
      'all',
      () => true,
      ({ email }) => email,
    );
  }

  /** Direct members, in the order of listings. */
  membersOf(group: DirectoryGroup): readonly Membership[] {
    const known = this.#members.get(group) ?? [...group.members.values()];
    this.#members.set(group, known);
    return known;
  }

  /** The groups that list the member itself. */
  groupsOf(id: string): DirectoryGroup[] {
    return this.groups().filter(({ members }) => members.has(id));
  }

  hasOrgUnit(path: string): boolean {
    return [...this.#orgUnits].some((each) => each.toLowerCase() === path.toLowerCase());
  }

  hasSchema(name: string): boolean {
    return this.#schemas.has(name);
  }

  /** With the units above it. Users bring theirs along. */
  addOrgUnit(path: string): void {
    const parts = path.split('/').filter((part) => part !== '');
    parts.forEach((_, at) => {
      this.#orgUnits.add(`/${parts.slice(0, at + 1).join('/')}`);
    });
  }

  /** A custom schema that may be asked for though nobody has a value in it. Users bring theirs along. */
  addSchema(name: string): void {
    this.#schemas.add(name);
  }

  addUser({ id, primaryEmail, aliases = [], privileges = null, ...properties }: NewUser): DirectoryUser {
    const user: DirectoryUser = {
      kind: 'user',
      id: id ?? `1${this.#digits(20)}`,
      primaryEmail: primaryEmail.toLowerCase(),
      aliases: aliases.map((alias) => alias.toLowerCase()),
      properties: { creationTime: this.#creation(), orgUnitPath: '/', ...properties },
      privileges,
      deleted: null,
      revision: 0,
    };
    this.#refuseTaken(user.id);
    this.#addresses.take(user, addressesOf(user));
    this.#users.set(user.id, user);
    this.#learn(properties);
    this.#userListings.forget();
    return user;
  }

  editUser(user: DirectoryUser, edit: UserProperties): void {
    const properties: UserProperties = { ...user.properties, ...edit };
    Object.assign(user, { properties, revision: user.revision + 1 });
    this.#learn(edit);
    this.#userListings.forget();
  }

  setPrivileges(user: DirectoryUser, privileges: Privileges): void {
    Object.assign(user, { privileges, revision: user.revision + 1 });
  }

  /** The old address becomes an alias, as at the vendor. */
  renameUser(user: DirectoryUser, primaryEmail: string): void {
    const address = primaryEmail.toLowerCase();
    if (address === user.primaryEmail) return;
    this.#addresses.take(user, [address]);
    const aliases = [...user.aliases.filter((alias) => alias !== address), user.primaryEmail];
    Object.assign(user, { primaryEmail: address, aliases, revision: user.revision + 1 });
    this.#userListings.forget();
  }

  setAliases(object: DirectoryUser | DirectoryGroup, wanted: readonly string[]): void {
    const aliases = wanted.map((alias) => alias.toLowerCase());
    this.#addresses.take(object, aliases);
    this.#addresses.release(object.aliases.filter((alias) => !aliases.includes(alias)));
    Object.assign(object, { aliases, revision: object.revision + 1 });
  }

  /**
   * Restorable for 20 days. The addresses are free at once.
   * @param lingers groups go on listing the user, as they do at the vendor for a while
   */
  removeUser(user: DirectoryUser, { lingers = false }: { lingers?: boolean } = {}): void {
    if (user.deleted !== null) throw new Error(`${user.primaryEmail} is deleted already`);
    this.#addresses.release(addressesOf(user));
    Object.assign(user, { deleted: this.now(), revision: user.revision + 1 });
    if (!lingers) for (const group of this.#groups.values()) this.#leave(user.id, group);
    this.#userListings.forget();
  }

  restoreUser(user: DirectoryUser): void {
    if (!this.findDeleted(user.id)) throw new Error(`${user.primaryEmail} cannot be restored`);
    this.#addresses.take(user, addressesOf(user));
    Object.assign(user, { deleted: null, revision: user.revision + 1 });
    this.#userListings.forget();
  }

  addGroup({ id, email, aliases = [], ...properties }: NewGroup): DirectoryGroup {
    const group: DirectoryGroup = {
      kind: 'group',
      id: id ?? `0${this.#letters(14)}`,
      email: email.toLowerCase(),
      aliases: aliases.map((alias) => alias.toLowerCase()),
      properties: { name: email.split('@')[0] ?? email, description: '', adminCreated: true, ...properties },
      deleted: false,
      revision: 0,
      members: new Map<string, Membership>(),
    };
    this.#refuseTaken(group.id);
    this.#addresses.take(group, addressesOf(group));
    this.#groups.set(group.id, group);
    this.#groupListings.forget();
    return group;
  }

  editGroup(group: DirectoryGroup, edit: GroupProperties): void {
    Object.assign(group, { properties: { ...group.properties, ...edit }, revision: group.revision + 1 });
  }

  /** For good: a deleted group cannot be restored. */
  removeGroup(group: DirectoryGroup): void {
    this.#addresses.release(addressesOf(group));
    this.#groups.delete(group.id);
    for (const other of this.#groups.values()) this.#leave(group.id, other);
    Object.assign(group, { deleted: true });
    this.#groupListings.forget();
  }

  /** A user or a group of this directory. Joining twice changes the role. */
  join(group: DirectoryGroup, member: DirectoryUser | DirectoryGroup, role: Role = 'MEMBER'): void {
    this.#join(group, member, role);
  }

  /** Everybody of the account becomes a member, whoever that is at each moment. */
  joinCustomer(group: DirectoryGroup): void {
    this.#join(group, { kind: 'customer', id: this.customerId }, 'MEMBER');
  }

  /** Somebody of another organisation; `type` GROUP is a group there, and EXTERNAL what the vendor reserves for them. */
  joinExternal(
    group: DirectoryGroup,
    email: string,
    { type = 'USER', role = 'MEMBER' }: ExternalMember = {},
  ): Outsider {
    const known = this.#outsiders.get(email.toLowerCase());
    const id = type === 'GROUP' ? `0${this.#letters(14)}` : `1${this.#digits(20)}`;
    const outsider: Outsider = known ?? { kind: 'outsider', id, email: email.toLowerCase(), type };
    this.#outsiders.set(outsider.email, outsider);
    this.#join(group, outsider, role);
    return outsider;
  }

  /** The customer too, by its id. */
  leave(group: DirectoryGroup, member: GroupMember | string): void {
    this.#leave(typeof member === 'string' ? member : member.id, group);
  }

  #join(group: DirectoryGroup, member: GroupMember, role: Role): void {
    if (group.deleted) throw new Error(`${group.email} is deleted`);
    const order = group.members.get(member.id)?.order ?? ++this.#order;
    editable(group).set(member.id, { member, role, order });
    this.#members.delete(group);
  }

  #leave(id: string, group: DirectoryGroup): void {
    if (editable(group).delete(id)) this.#members.delete(group);
  }

  #learn({ orgUnitPath, customSchemas }: UserProperties): void {
    if (orgUnitPath) this.addOrgUnit(orgUnitPath);
    for (const name of Object.keys(customSchemas ?? {})) this.#schemas.add(name);
  }

  #refuseTaken(id: string): void {
    if (this.#users.has(id) || this.#groups.has(id)) throw new Error(`the id ${id} is taken`);
  }

  #creation(): string {
    return new Date(Date.UTC(2026, 0, 1) + ++this.#order * 1000).toISOString();
  }

  #digits(count: number): string {
    return Array.from({ length: count }, () => this.#random.below(10)).join('');
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => this.#random.below(36).toString(36)).join('');
  }
}

interface ExternalMember {
  type?: Outsider['type'];
  role?: Role;
}

const addressesOf = (object: DirectoryUser | DirectoryGroup): string[] => [
  object.kind === 'user' ? object.primaryEmail : object.email,
  ...object.aliases,
];

/** What a listing of users is sorted by. */
const textOf = (by: OrderBy) => (user: DirectoryUser) =>
  by === 'email' ? user.primaryEmail : (user.properties.name?.[by] ?? '');

/** Every group is made here, with a map that can be written to. */
const editable = (group: DirectoryGroup) => group.members as Map<string, Membership>;
