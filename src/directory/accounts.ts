import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import type { InactiveReason } from '../model/words.ts';

/** The column of `accounts` that holds a standard attribute. */
export const COLUMN_OF: Readonly<Record<StandardAttribute, string>> = {
  userName: 'user_name',
  email: 'email',
  displayName: 'display_name',
  givenName: 'given_name',
  familyName: 'family_name',
  title: 'title',
  department: 'department',
  organization: 'organization',
  employeeNumber: 'employee_number',
  userType: 'user_type',
  manager: 'manager',
  phoneNumber: 'phone_number',
  locale: 'locale',
};

/** The attributes as a SELECT list of `accounts a`, each under its own name. */
export const ATTRIBUTE_LIST = [
  ...STANDARD_ATTRIBUTES.map((name) => `a.${COLUMN_OF[name]} AS ${name}`),
  'a.manager_id AS managerId',
  'a.custom',
].join(', ');

/** What ATTRIBUTE_LIST gives, beside the state of the account. */
export type AccountRow = Record<StandardAttribute, string | null> & {
  active: number;
  reason: InactiveReason | null;
  managerId: number | null;
  /** JSON of the custom attributes. */
  custom: string;
};
