import { type Random, randomFrom } from '../random.ts';
import { Changes } from './changes.ts';
import {
  type GroupProperties,
  groupTypes,
  isGroup,
  isUser,
  type Kind,
  type NewGroup,
  type NewUser,
  type TenantGroup,
  type TenantObject,
  type TenantUser,
  type UserProperties,
} from './kinds.ts';

/** The directory behind an emulated tenant. Edits that Entra would refuse throw: they are mistakes of the test. */
export class Tenant {
  readonly domain: string;
  readonly changes: Changes;
  readonly #random: Random;
  readonly #objects = new Map<string, TenantObject>();
  readonly #byName = new Map<string, TenantUser>();
  readonly #listed = new Map<Kind, readonly TenantObject[]>();
  readonly #members = new Map<TenantObject, readonly TenantObject[]>();
  #order = 0;

  /** Ids are UUIDs, the same ones for the same seed and the same edits in the same order. */
  constructor(seed: string | number, domain: string, now: () => number) {
    this.#random = randomFrom(`tenant ${seed}`);
    this.domain = domain;
    this.changes = new Changes(now);
  }

  /** By id or by user principal name; not a soft-deleted one. Throws when there is none. */
  user(idOrName: string): TenantUser {
    const user = this.findUser(idOrName);
    if (!user) throw new Error(`the emulated tenant has no user ${idOrName}`);
    return user;
  }

  /** By id or by display name. Throws when there is none. */
  group(idOrName: string): TenantGroup {
    const found =
      this.findGroup(idOrName) ?? this.groups().find(({ properties }) => properties.displayName === idOrName);
    if (!found) throw new Error(`the emulated tenant has no group ${idOrName}`);
    return found;
  }

  findUser(idOrName: string): TenantUser | undefined {
    const found = this.find(idOrName) ?? this.#byName.get(idOrName.toLowerCase());
    return found && isUser(found) && !found.deleted ? found : undefined;
  }

  findGroup(id: string): TenantGroup | undefined {
    const found = this.find(id);
    return found && isGroup(found) && !found.deleted ? found : undefined;
  }

  /** Of any kind, soft-deleted ones too. */
  find(id: string): TenantObject | undefined {
    return this.#objects.get(id.toLowerCase());
  }

  users(): readonly TenantUser[] {
    return this.#list('user').filter(isUser);
  }

  groups(): readonly TenantGroup[] {
    return this.#list('group').filter(isGroup);
  }

  /** Of one kind, without the soft-deleted, in the order of listings. */
  list(kind: Kind): readonly TenantObject[] {
    return this.#list(kind);
  }

  deletedItems(kind: Kind): TenantObject[] {
    return [...this.#objects.values()].filter((object) => object.deleted && object.kind === kind);
  }

  /** Direct members that are not soft-deleted, in the order of listings. */
  membersOf(group: TenantGroup): readonly TenantObject[] {
    const known = this.#members.get(group);
    if (known) return known;
    const members = [...group.members.keys()].filter(({ deleted }) => !deleted);
    this.#members.set(group, members);
    return members;
  }

  /** The groups that list the object itself. */
  groupsOf(object: TenantObject): TenantGroup[] {
    return this.groups().filter((group) => group.members.has(object));
  }

  addUser({ id, manager, ...properties }: NewUser): TenantUser {
    this.#refuseTaken(properties.userPrincipalName);
    const user = this.#add('user', id, {
      accountEnabled: true,
      displayName: properties.userPrincipalName.split('@')[0],
      userType: 'Member',
      businessPhones: [],
      mail: properties.userPrincipalName,
      ...properties,
    });
    const made: TenantUser = Object.assign(user, { kind: 'user' as const, manager: manager ?? null });
    this.#byName.set(properties.userPrincipalName.toLowerCase(), made);
    return made;
  }

  /** A guest as an invitation makes one: the name of the tenant, the mail of elsewhere. */
  addGuest(mail: string, more: UserProperties = {}): TenantUser {
    const userPrincipalName = `${mail.replace('@', '_')}#EXT#@${this.domain}`;
    const state = { userType: 'Guest', externalUserState: 'PendingAcceptance', creationType: 'Invitation' };
    return this.addUser({ ...state, ...more, userPrincipalName, mail });
  }

  editUser(user: TenantUser, edit: UserProperties): void {
    if (edit.userPrincipalName && edit.userPrincipalName !== user.properties.userPrincipalName) {
      this.#refuseTaken(edit.userPrincipalName);
      this.#byName.delete(nameOf(user));
      this.#byName.set(edit.userPrincipalName.toLowerCase(), user);
    }
    this.#edit(user, edit);
  }

  setManager(user: TenantUser, manager: TenantUser | null): void {
    const before = user.manager;
    Object.assign(user, { manager });
    this.changes.manager(user, before, manager);
  }

  /** Soft: for 30 days it can be restored, and until then its name is free but its memberships stay. */
  removeUser(user: TenantUser): void {
    this.#byName.delete(nameOf(user));
    this.#bury(user);
  }

  restoreUser(user: TenantUser): void {
    this.#refuseTaken(user.properties.userPrincipalName ?? '');
    this.#byName.set(nameOf(user), user);
    this.#unearth(user);
  }

  /** For good, from the listing or from among the soft-deleted. */
  purge(object: TenantObject): void {
    if (isUser(object) && !object.deleted) this.#byName.delete(nameOf(object));
    for (const group of this.#all('group')) if (isGroup(group)) editable(group).delete(object);
    for (const user of this.#all('user'))
      if (isUser(user) && user.manager === object) Object.assign(user, { manager: null });
    this.#objects.delete(object.id);
    Object.assign(object, { deleted: true });
    this.#forget(object.kind);
    this.changes.removed(object, 'deleted');
  }

  addGroup({ id, type = 'security', ...properties }: NewGroup): TenantGroup {
    const nick = properties.displayName.normalize('NFKD').replace(/[^A-Za-z0-9]/g, '');
    const { mailEnabled } = { ...groupTypes[type], ...properties };
    const mail = mailEnabled ? `${nick.toLowerCase()}@${this.domain}` : null;
    const group = this.#add('group', id, {
      description: null,
      mailNickname: nick,
      mail,
      ...groupTypes[type],
      ...properties,
    });
    return Object.assign(group, { kind: 'group' as const, members: new Map<TenantObject, number>() });
  }

  editGroup(group: TenantGroup, edit: GroupProperties): void {
    this.#edit(group, edit);
  }

  /** A Microsoft 365 group is soft-deleted; every other kind is gone at once. */
  removeGroup(group: TenantGroup): void {
    if (group.properties.groupTypes?.includes('Unified')) this.#bury(group);
    else this.purge(group);
  }

  restoreGroup(group: TenantGroup): void {
    this.#unearth(group);
  }

  addDevice(displayName: string): TenantObject {
    return this.#add('device', undefined, { displayName, accountEnabled: true });
  }

  addServicePrincipal(displayName: string, properties: { id?: string; appId?: string } = {}): TenantObject {
    const { id, appId = this.#random.uuid() } = properties;
    return this.#add('servicePrincipal', id, { displayName, appId });
  }

  addContact(displayName: string, mail: string): TenantObject {
    return this.#add('orgContact', undefined, { displayName, mail });
  }

  /** A user, a group, a device, a service principal or a contact. Joining twice is once. */
  join(object: TenantObject, group: TenantGroup): void {
    const unified = group.properties.groupTypes?.includes('Unified') ?? false;
    if (unified && object.kind !== 'user') throw new Error('a Microsoft 365 group has users only as members');
    if (group.members.has(object)) return;
    editable(group).set(object, ++this.#order);
    this.#members.delete(group);
    this.changes.member(group, object, true);
  }

  leave(object: TenantObject, group: TenantGroup): void {
    if (!editable(group).delete(object)) return;
    this.#members.delete(group);
    this.changes.member(group, object, false);
  }

  #add(kind: Kind, id: string | undefined, properties: Readonly<Record<string, unknown>>): TenantObject {
    const createdDateTime = new Date(this.changes.now()).toISOString().replace(/\.\d+/, '');
    const object: TenantObject = {
      id: id ?? this.#random.uuid(),
      kind,
      order: ++this.#order,
      properties: { createdDateTime, ...properties },
      deleted: false,
    };
    if (this.#objects.has(object.id)) throw new Error(`the emulated tenant already has an object ${object.id}`);
    this.#objects.set(object.id, object);
    this.#listed.delete(kind);
    this.changes.added(object);
    return object;
  }

  #edit(object: TenantObject, edit: Readonly<Record<string, unknown>>): void {
    Object.assign(object, { properties: { ...object.properties, ...edit } });
    this.changes.edited(object, Object.keys(edit));
  }

  #bury(object: TenantObject): void {
    if (object.deleted) throw new Error(`${object.id} is deleted already`);
    const deletedDateTime = new Date(this.changes.now()).toISOString().replace(/\.\d+/, '');
    Object.assign(object, { deleted: true, properties: { ...object.properties, deletedDateTime } });
    this.#forget(object.kind);
    this.changes.removed(object, 'changed');
  }

  #unearth(object: TenantObject): void {
    if (!object.deleted || !this.#objects.has(object.id)) throw new Error(`${object.id} cannot be restored`);
    Object.assign(object, { deleted: false, properties: { ...object.properties, deletedDateTime: null } });
    this.#forget(object.kind);
    this.changes.added(object);
  }

  #forget(kind: Kind): void {
    this.#listed.delete(kind);
    this.#members.clear();
  }

  #list(kind: Kind): readonly TenantObject[] {
    const known = this.#listed.get(kind);
    if (known) return known;
    // In the order in which they were made, which is that of the map, but for restored ones: they keep their place.
    const listed = this.#all(kind).filter(({ deleted }) => !deleted);
    this.#listed.set(kind, listed);
    return listed;
  }

  #all(kind: Kind): TenantObject[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind);
  }

  #refuseTaken(userPrincipalName: string): void {
    if (this.#byName.has(userPrincipalName.toLowerCase())) {
      throw new Error(`the emulated tenant already has a user ${userPrincipalName}`);
    }
  }
}

/** Every group is made here, with a map that can be written to. */
const editable = (group: TenantGroup) => group.members as Map<TenantObject, number>;

const nameOf = (user: TenantUser): string => (user.properties.userPrincipalName ?? '').toLowerCase();
