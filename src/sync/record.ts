import type { SourceGroup } from '../model/group.ts';
import { type SourceUser, STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';

/** A user as the mirror keeps it: JSON without what is null. The id stands in the table `nodes`. */
export function userToText(user: SourceUser): string {
  const record: Record<string, unknown> = { active: user.active };
  const attributes: Partial<Record<StandardAttribute, string>> = {};
  for (const attribute of STANDARD_ATTRIBUTES) {
    const value = user.attributes[attribute];
    if (value !== null) attributes[attribute] = value;
  }
  record.attributes = attributes;
  if (Object.keys(user.extra).length > 0) record.extra = user.extra;
  return JSON.stringify(record);
}

/** The reverse of userToText. */
export function userFromText(id: string, text: string): SourceUser {
  // Written by userToText and read from our own table.
  const record = JSON.parse(text) as Pick<SourceUser, 'active'> & {
    attributes: Partial<Record<StandardAttribute, string>>;
    extra?: SourceUser['extra'];
  };
  const attributes = { ...NO_ATTRIBUTES, ...record.attributes };
  return { id, active: record.active, attributes, extra: record.extra ?? {} };
}

/** A group as the mirror keeps it. */
export function groupToText(group: SourceGroup): string {
  const { id: _, ...record } = group;
  return JSON.stringify(record);
}

/** The reverse of groupToText. */
export function groupFromText(id: string, text: string): SourceGroup {
  // Written by groupToText and read from our own table.
  return { id, ...(JSON.parse(text) as Omit<SourceGroup, 'id'>) };
}

/** Every standard attribute, none of them set. */
export const NO_ATTRIBUTES: Readonly<Record<StandardAttribute, null>> = Object.freeze({
  userName: null,
  email: null,
  displayName: null,
  givenName: null,
  familyName: null,
  title: null,
  department: null,
  organization: null,
  employeeNumber: null,
  userType: null,
  manager: null,
  phoneNumber: null,
  locale: null,
});
