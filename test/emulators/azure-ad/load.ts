import type { Organisation, Person, Unit } from '../organisation.ts';
import type { NewUser, TenantGroup, TenantObject, TenantUser } from './kinds.ts';
import type { Tenant } from './tenant.ts';

/** Puts an organisation into an emulated tenant: people as users, units as security groups in one another. */
export function loadOrganisation(tenant: Tenant, organisation: Organisation): void {
  const objects = new Map<string, TenantObject>();
  const users = new Map<string, TenantUser>();
  for (const person of organisation.people) {
    const user = tenant.addUser(userOf(person, organisation));
    objects.set(person.userName, user);
    users.set(person.userName, user);
  }
  for (const { userName, manager } of organisation.people) {
    const [user, above] = [users.get(userName), manager === null ? undefined : users.get(manager)];
    if (user && above) tenant.setManager(user, above);
  }
  for (const name of organisation.serviceAccounts) objects.set(name, tenant.addServicePrincipal(name));
  const place = (unit: Unit): TenantGroup => {
    const group = tenant.addGroup({ displayName: unit.name, description: unit.description });
    for (const name of unit.members) {
      const member = objects.get(name);
      if (!member) throw new Error(`the unit ${unit.name} has a member ${name}, and there is no such person`);
      tenant.join(member, group);
    }
    for (const inner of unit.units) tenant.join(place(inner), group);
    return group;
  };
  for (const unit of organisation.units) place(unit);
}

/** What Entra has a property for goes there. A person without a mail address has a name all the same. */
export function userOf(person: Person, organisation: Pick<Organisation, 'name' | 'domain'>): NewUser {
  return {
    userPrincipalName: `${person.userName}@${organisation.domain}`,
    mailNickname: person.userName,
    displayName: `${person.givenName} ${person.familyName}`,
    givenName: person.givenName,
    surname: person.familyName,
    mail: person.email,
    jobTitle: person.title,
    department: person.department,
    companyName: organisation.name,
    employeeId: person.employeeNumber,
    employeeType: person.userType,
    userType: 'Member',
    businessPhones: person.phoneNumber === null ? [] : [person.phoneNumber],
    preferredLanguage: person.locale,
    accountEnabled: person.active,
  };
}
