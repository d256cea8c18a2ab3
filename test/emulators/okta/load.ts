import type { Organisation, Person, Unit } from '../organisation.ts';
import type { NewUser, OrgUser, Status } from './kinds.ts';
import type { Org } from './org.ts';

export interface Loading {
  /** What a person who is not active is; default DEPROVISIONED. */
  inactive?: Status;
  /** When all of it was made, in milliseconds since the epoch; default now. */
  at?: number;
}

/**
 * Puts an organisation into an emulated org. Okta has no groups in groups: a unit's people are members of every unit
 * around it too, as an import from a directory with nesting makes them. Nor are programs users there: they are left out.
 * A unit whose name is taken bears its parent's name before its own.
 */
export function loadOrganisation(
  org: Org,
  organisation: Organisation,
  { inactive = 'DEPROVISIONED', at }: Loading = {},
): void {
  if (at !== undefined) {
    org.asOf(at, () => loadOrganisation(org, organisation, { inactive }));
    return;
  }
  const users = new Map<string, OrgUser>();
  for (const person of organisation.people) {
    const user = org.addUser(userOf(person, organisation, inactive));
    users.set(person.userName, user);
  }
  for (const { userName, manager } of organisation.people) {
    const [user, above] = [users.get(userName), manager === null ? undefined : users.get(manager)];
    if (user && above) org.editProfile(user, { managerId: above.id, manager: above.profile.displayName ?? null });
  }
  const programs = new Set(organisation.serviceAccounts);
  const names = new Set<string>();
  const place = (unit: Unit, parent: Unit | null): Set<string> => {
    const name = parent && names.has(unit.name) ? `${parent.name} ${unit.name}` : unit.name;
    names.add(name);
    const group = org.addGroup({ name, description: unit.description });
    const members = new Set(unit.members.filter((each) => !programs.has(each)));
    for (const inner of unit.units) for (const each of place(inner, unit)) members.add(each);
    for (const each of members) {
      const user = users.get(each);
      if (!user) throw new Error(`the unit ${unit.name} has a member ${each}, and there is no such person`);
      org.join(user, group);
    }
    return members;
  };
  for (const unit of organisation.units) place(unit, null);
}

/** Every user of Okta has an address: who has none elsewhere has the login here. */
export function userOf(
  person: Person,
  organisation: Pick<Organisation, 'name' | 'domain'>,
  inactive: Status = 'DEPROVISIONED',
): NewUser {
  const login = `${person.userName}@${organisation.domain}`;
  const kept = {
    title: person.title,
    department: person.department,
    employeeNumber: person.employeeNumber,
    userType: person.userType,
    primaryPhone: person.phoneNumber,
    locale: person.locale,
  };
  return {
    login,
    email: person.email ?? login,
    firstName: person.givenName,
    lastName: person.familyName,
    displayName: `${person.givenName} ${person.familyName}`,
    organization: organisation.name,
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null)),
    status: person.active ? 'ACTIVE' : inactive,
  };
}
