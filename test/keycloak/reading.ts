import { type AdminApi, paged } from './admin.ts';
import type { Realm } from './realm.ts';

/** A realm as this run reads it: by other requests than the connector's, so that both cannot be wrong alike. */
export interface Reading {
  users: ReadonlyMap<string, Person>;
  groups: ReadonlyMap<string, Group>;
}

/** What of Keycloak's UserRepresentation is compared. */
export interface Person {
  id: string;
  username: string;
  enabled: boolean;
  email?: string;
  firstName?: string;
  lastName?: string;
  attributes?: Record<string, string[]>;
}

export interface Group {
  id: string;
  path: string;
  parentId?: string;
  description?: string;
  /** The users it lists; service accounts, which no list of users has, are left out. */
  direct: Set<string>;
}

/** One user in so many is asked for their own groups too. */
const SAMPLE = 40;

/** Users and members by small pages, groups by walking down from the top; some memberships from the user's side too. */
export async function readRealm(api: AdminApi, { realm }: Realm): Promise<Reading> {
  const people = await paged<Person>(api, `/${realm}/users?briefRepresentation=false`, 250);
  const users = new Map(people.map((person) => [person.id, person]));
  const groups = new Map<string, Group>();
  await descend(api, `/${realm}/groups?briefRepresentation=false`, realm, groups);
  for (const group of groups.values())
    for (const { id } of await paged<{ id: string }>(api, `/${realm}/groups/${group.id}/members?`, 300))
      if (users.has(id)) group.direct.add(id);
  for (const { id, username } of people.filter((_, index) => index % SAMPLE === 0)) {
    const own = (await paged<{ id: string }>(api, `/${realm}/users/${id}/groups?`, 100)).map((group) => group.id);
    const listed = [...groups.values()].filter(({ direct }) => direct.has(id)).map((group) => group.id);
    if (own.sort().join() !== listed.sort().join())
      throw new Error(`Keycloak itself disagrees about the groups of ${username}: ${own} and ${listed}.`);
  }
  return { users, groups };
}

async function descend(api: AdminApi, path: string, realm: string, into: Map<string, Group>): Promise<void> {
  for (const group of await paged<Omit<Group, 'direct'>>(api, path, 7)) {
    into.set(group.id, { ...group, direct: new Set() });
    await descend(api, `/${realm}/groups/${group.id}/children?briefRepresentation=false`, realm, into);
  }
}

/** Every user of a group and of the groups below it. */
export function effective({ groups }: Reading, id: string): Set<string> {
  const members = new Set(groups.get(id)?.direct);
  for (const group of groups.values())
    if (group.parentId === id)
      for (const member of effective({ users: new Map(), groups }, group.id)) members.add(member);
  return members;
}
