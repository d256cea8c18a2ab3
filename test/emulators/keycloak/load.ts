import type { Organisation, Person, Unit } from '../organisation.ts';
import type { NewUser, Realm, RealmGroup, RealmUser } from './realm.ts';

/** Puts an organisation into an emulated realm: people as users, units as groups in one another. */
export function loadOrganisation(realm: Realm, organisation: Organisation): void {
  const users = new Map<string, RealmUser>();
  for (const person of organisation.people)
    users.set(person.userName, realm.addUser(userOf(person, organisation.name)));
  for (const username of organisation.serviceAccounts) {
    users.set(username, realm.addUser({ username, serviceAccountOf: username.replace('service-account-', '') }));
  }
  const place = (unit: Unit, parent: RealmGroup | null) => {
    const group = realm.addGroup({ name: unit.name, description: unit.description ?? undefined }, parent);
    for (const name of unit.members) {
      const user = users.get(name);
      if (!user) throw new Error(`the unit ${unit.name} has a member ${name}, and there is no such person`);
      realm.join(user, group);
    }
    for (const inner of unit.units) place(inner, group);
  };
  for (const unit of organisation.units) place(unit, null);
}

/** What is no field of the vendor's becomes an attribute of the same name. */
export function userOf(person: Person, organization: string): NewUser {
  const { title, department, employeeNumber, userType, manager, phoneNumber, locale } = person;
  const others = { title, department, organization, employeeNumber, userType, manager, phoneNumber, locale };
  const attributes: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(others)) if (value !== null) attributes[name] = [value];
  return {
    username: person.userName,
    firstName: person.givenName,
    lastName: person.familyName,
    email: person.email ?? undefined,
    emailVerified: person.email !== null,
    enabled: person.active,
    attributes,
  };
}
