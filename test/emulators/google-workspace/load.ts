import type { Organisation, Person, Unit } from '../organisation.ts';
import type { Directory } from './directory.ts';
import type { DirectoryGroup, DirectoryUser, NewUser } from './kinds.ts';

/**
 * Puts an organisation into an emulated directory: people as users, units as groups in one another. Addresses are of the
 * directory's own domain. Accounts of programs are strangers in groups, as service accounts are at the vendor.
 */
export function loadOrganisation(directory: Directory, organisation: Organisation): void {
  const users = new Map<string, DirectoryUser>();
  for (const person of organisation.people) {
    users.set(person.userName, directory.addUser(userOf(person, organisation, directory.domain)));
  }
  const taken = new Set<string>();
  const place = (unit: Unit, above: string): DirectoryGroup => {
    const name = unique(slug(unit.name), above, taken, directory);
    const group = directory.addGroup({
      email: `${name}@${directory.domain}`,
      name: unit.name,
      description: unit.description ?? '',
    });
    for (const member of unit.members) {
      const user = users.get(member);
      if (user) directory.join(group, user);
      else if (organisation.serviceAccounts.includes(member)) {
        directory.joinExternal(group, `${member}@${organisation.name.toLowerCase()}.iam.gserviceaccount.com`);
      } else throw new Error(`the unit ${unit.name} has a member ${member}, and there is no such person`);
    }
    for (const inner of unit.units) directory.join(group, place(inner, name));
    return group;
  };
  for (const unit of organisation.units) place(unit, '');
}

/** What Google has a field for goes there. Everybody has an address: without one there is no account. */
export function userOf(person: Person, { name }: Pick<Organisation, 'name'>, domain: string): NewUser {
  const primaryEmail = (userName: string) => `${userName}@${domain}`;
  const { title, department, employeeNumber, manager, phoneNumber, locale, userType } = person;
  const organization = {
    ...{ name, primary: true, customType: '' },
    ...(title === null ? {} : { title }),
    ...(department === null ? {} : { department }),
    ...(userType === null ? {} : { description: userType }),
  };
  return {
    primaryEmail: primaryEmail(person.userName),
    name: { givenName: person.givenName, familyName: person.familyName },
    orgUnitPath: department === null ? '/' : `/${department}`,
    organizations: [organization],
    ...(employeeNumber === null ? {} : { externalIds: [{ value: employeeNumber, type: 'organization' }] }),
    ...(manager === null ? {} : { relations: [{ value: primaryEmail(manager), type: 'manager' }] }),
    ...(phoneNumber === null ? {} : { phones: [{ value: phoneNumber, type: 'work', primary: true }] }),
    ...(locale === null ? {} : { languages: [{ languageCode: locale, preference: 'preferred' }] }),
    ...(person.active ? {} : { suspended: true, suspensionReason: 'ADMIN' }),
  };
}

const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'group';

/** Two units may have one name, and no two groups one address. */
function unique(name: string, above: string, taken: Set<string>, directory: Directory): string {
  const free = (each: string) =>
    !taken.has(each) &&
    !directory.findGroup(`${each}@${directory.domain}`) &&
    !directory.findUser(`${each}@${directory.domain}`);
  let found = name;
  if (!free(found) && above !== '') found = `${above}-${name}`;
  for (let at = 2; !free(found); at++) found = `${name}-${at}`;
  taken.add(found);
  return found;
}
