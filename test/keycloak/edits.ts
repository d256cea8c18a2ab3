import type { AdminApi } from './admin.ts';
import type { Person, Reading } from './reading.ts';
import type { Realm } from './realm.ts';

/** What happens in the realm between two passes: one of each kind, well within the limits. */
export interface Edits {
  /** The lines that v1_changes must hold for them: object, name, action and reason. */
  changes: string[];
}

export async function edit(api: AdminApi, { realm }: Realm, { users, groups }: Reading): Promise<Edits> {
  const at = `/${realm}`;
  const user = (name: string) => idOf([...users.values()], ({ username }) => username === name, name);
  const group = (path: string) => idOf([...groups.values()], (one) => one.path === path, path);

  // A joiner, who is in a group at once.
  const joiner = await api.post(`${at}/users`, {
    username: 'joiner.ñ',
    enabled: true,
    email: 'joiner@example.org',
    firstName: 'Jo',
    lastName: 'Iñer',
    attributes: { department: ['Finance'] },
  });
  await api.put(`${at}/users/${joiner}/groups/${group('/org/sales/north')}`);
  // A leaver.
  await api.delete(`${at}/users/${user('person.11')}`);
  // A rename: Keycloak keeps the id.
  await change(api, `${at}/users/${user('person.12')}`, { username: 'renamed.twelve', lastName: 'Gift' });
  // Disabled, and somebody who is enabled for the first time.
  await change(api, `${at}/users/${user('person.13')}`, { enabled: false });
  await change(api, `${at}/users/${user('person.19')}`, { enabled: true });
  // A group moves to another branch, with everyone in it; another has a new name.
  const moved = { id: group('/org/engineering/platform/storage'), name: 'storage' };
  await api.post(`${at}/groups/${group('/org/sales')}/children`, moved);
  await change(api, `${at}/groups/${group('/sites/site 15')}`, { name: 'Straße 15' });
  // A member moves from one group to another.
  const mover = user('person.14');
  await api.delete(`${at}/users/${mover}/groups/${group('/size/101')}`);
  await api.put(`${at}/users/${mover}/groups/${group('/size/0')}`);

  const lines = [
    ['user', 'joiner.ñ', 'create', 'source'],
    ['user', 'person.11', 'deactivate', 'missing'],
    ['user', 'renamed.twelve', 'rename', 'source'],
    ['user', 'renamed.twelve', 'update', 'source'],
    ['user', 'person.13', 'deactivate', 'disabled'],
    ['user', 'person.19', 'create', 'source'],
    ['group', 'org/sales/storage', 'rename', 'source'],
    ['group', 'org/sales/storage/on call', 'rename', 'source'],
    ['group', 'sites/Straße 15', 'rename', 'source'],
  ];
  return { changes: lines.map((line) => JSON.stringify(line)) };
}

/** Keycloak takes whole representations only: what a PUT leaves out of `attributes` it deletes. */
async function change(api: AdminApi, path: string, fields: object): Promise<void> {
  // `as`: Keycloak's representation, sent back as it came.
  const now = (await api.get(path)) as object;
  await api.put(path, { ...now, ...fields });
}

function idOf<T extends { id: string }>(all: readonly T[], is: (one: T) => boolean, name: string): string {
  const found = all.find(is);
  if (!found) throw new Error(`The realm has no ${name}.`);
  return found.id;
}

/** Takes the right to see users from rosterd's service account and gives it the roles in `left`; the other way round later. */
export async function blind(api: AdminApi, realm: Realm, left: readonly string[]): Promise<() => Promise<void>> {
  const roles = await rolesOf(api, realm, ['view-users', ...left]);
  const view = [roles.of('view-users')];
  const others = left.map(roles.of);
  if (others.length > 0) await api.post(roles.mappings, others);
  await api.delete(roles.mappings, view);
  return async () => {
    await api.post(roles.mappings, view);
    if (others.length > 0) await api.delete(roles.mappings, others);
  };
}

async function rolesOf(api: AdminApi, { realm, clientId }: Realm, names: readonly string[]) {
  // `as`, three times: the shapes of Keycloak's client, user and role representations.
  const client = async (id: string) => ((await api.get(`/${realm}/clients?clientId=${id}`)) as { id: string }[])[0]?.id;
  const management = await client('realm-management');
  const account = (await api.get(`/${realm}/clients/${await client(clientId)}/service-account-user`)) as { id: string };
  const roles = (await api.get(`/${realm}/clients/${management}/roles`)) as { id: string; name: string }[];
  return {
    mappings: `/${realm}/users/${account.id}/role-mappings/clients/${management}`,
    of(name: string) {
      const role = roles.find((one) => one.name === name && names.includes(name));
      if (!role) throw new Error(`Keycloak has no role ${name}.`);
      return role;
    },
  };
}

/** Deletes one user who has an account. */
export async function deleteOne(api: AdminApi, { realm }: Realm, { users }: Reading): Promise<Person> {
  const person = named(users, 'person.15');
  await api.delete(`/${realm}/users/${person.id}`);
  return person;
}

/** Deletes everybody whose locale is `de`, which is half of the realm; disables somebody else, and makes a newcomer. */
export async function deleteHalf(api: AdminApi, { realm }: Realm, { users }: Reading): Promise<Half> {
  const gone = [...users.values()].filter(({ attributes }) => attributes?.['locale']?.[0] === 'de');
  const left = [...gone];
  const worker = async () => {
    for (let one = left.pop(); one; one = left.pop()) await api.delete(`/${realm}/users/${one.id}`);
  };
  await Promise.all(Array.from({ length: DELETING }, worker));
  const disabled = named(users, 'person.17');
  await change(api, `/${realm}/users/${disabled.id}`, { enabled: false });
  const joiner = 'second.joiner';
  await api.post(`/${realm}/users`, { username: joiner, enabled: true, email: 'second.joiner@example.org' });
  return { gone, disabled, joiner };
}

interface Half {
  gone: Person[];
  disabled: Person;
  joiner: string;
}

/** Requests at a time. */
const DELETING = 4;

function named(users: Reading['users'], name: string): Person {
  const found = [...users.values()].find(({ username }) => username === name);
  if (!found) throw new Error(`The realm has no ${name}.`);
  return found;
}
