import type { Directory } from './directory.ts';
import { refuse } from './errors.ts';
import type { DirectoryUser, UserProperties } from './kinds.ts';
import { represent } from './represent.ts';
import { type Clause, clausesOf, matches, truth } from './search.ts';

export type UserTest = (user: DirectoryUser) => boolean;

type Texts = (user: DirectoryUser, directory: Directory) => (string | null | undefined)[];

const emails: Texts = (user) => [user.primaryEmail, ...user.aliases];
const given: Texts = ({ properties }) => [properties.name?.givenName];
const family: Texts = ({ properties }) => [properties.name?.familyName];
const organization = (name: 'name' | 'title' | 'department' | 'description' | 'costCenter'): Texts => {
  return ({ properties }) => (properties.organizations ?? []).map((each) => each[name]);
};
/** Of what the vendor leaves open: the values of some names in each of a list of objects; of all names without any. */
const inside = (list: 'addresses' | 'ims', ...names: string[]): Texts => {
  return ({ properties }) => objects(properties[list]).flatMap((each) => textsIn(each, names));
};

/** What a search may name, but for names of true or false, org units and custom schemas. The first are its operators. */
const fields: Readonly<Record<string, readonly [allowed: '=' | ':' | '=:' | '=:*', texts: Texts]>> = {
  name: ['=:', (user, directory) => [represent(user, directory).name?.fullName]],
  email: ['=:*', emails],
  givenName: ['=:*', given],
  familyName: ['=:*', family],
  im: ['=:', inside('ims', 'im')],
  externalId: ['=:', ({ properties }) => (properties.externalIds ?? []).map(({ value }) => value)],
  phone: ['=', ({ properties }) => (properties.phones ?? []).map(({ value }) => value)],
  manager: ['=', (user, directory) => chain(user, directory).map(({ primaryEmail }) => primaryEmail)],
  managerId: ['=', (user, directory) => chain(user, directory).map(({ id }) => id)],
  directManager: [
    '=',
    (user, directory) =>
      chain(user, directory)
        .slice(0, 1)
        .map(({ primaryEmail }) => primaryEmail),
  ],
  directManagerId: [
    '=',
    (user, directory) =>
      chain(user, directory)
        .slice(0, 1)
        .map(({ id }) => id),
  ],
  address: [':', inside('addresses')],
  addressPoBox: ['=:', inside('addresses', 'poBox')],
  addressExtended: ['=:', inside('addresses', 'extendedAddress')],
  addressStreet: ['=:', inside('addresses', 'streetAddress')],
  addressLocality: ['=:', inside('addresses', 'locality')],
  addressRegion: ['=:', inside('addresses', 'region')],
  addressPostalCode: ['=:', inside('addresses', 'postalCode')],
  addressCountry: ['=:', inside('addresses', 'country')],
  orgName: ['=:', organization('name')],
  orgTitle: ['=:', organization('title')],
  orgDepartment: ['=:', organization('department')],
  orgDescription: ['=:', organization('description')],
  orgCostCenter: ['=:', organization('costCenter')],
};

const truths: Readonly<Record<string, (user: DirectoryUser) => boolean>> = {
  isAdmin: ({ privileges }) => privileges === 'super',
  isDelegatedAdmin: ({ privileges }) => privileges !== null && privileges !== 'super',
  isSuspended: ({ properties }) => properties.suspended ?? false,
  isArchived: ({ properties }) => properties.archived ?? false,
  isEnrolledIn2Sv: ({ properties }) => properties.isEnrolledIn2Sv ?? false,
  isEnforcedIn2Sv: ({ properties }) => properties.isEnforcedIn2Sv ?? false,
};

/** @throws Refusal at a field, an operator or a value that there is not */
export function userSearch(query: string | null, directory: Directory): UserTest {
  const tests = query === null ? [] : clausesOf(query).map((clause) => testOf(clause, directory));
  return (user) => tests.every((test) => test(user));
}

function testOf(clause: Clause, directory: Directory): UserTest {
  const { field, operator, value } = clause;
  if (field === null)
    return (user) =>
      matches(
        clause,
        [given, family, emails].flatMap((each) => each(user, directory)),
      );
  const flag = truths[field];
  if (flag) {
    const wanted = truth(clause);
    return (user) => flag(user) === wanted;
  }
  if (field === 'orgUnitPath') return inOrgUnit(clause, directory);
  if (field.includes('.')) return inSchema(clause, directory);
  const [allowed, texts] = fields[field] ?? [];
  if (!allowed || !texts || !allowed.includes(clause.prefix ? '*' : operator) || value === '')
    throw refuse.input('query');
  return (user) => matches(clause, texts(user, directory));
}

/** A unit and those below it. */
function inOrgUnit({ operator, value, prefix }: Clause, directory: Directory): UserTest {
  if (operator !== '=' || prefix || !value.startsWith('/')) throw refuse.input('query');
  const path = value.length > 1 ? value.replace(/\/$/, '') : value;
  if (!directory.hasOrgUnit(path)) throw refuse.input('INVALID_OU_ID');
  const below = path === '/' ? '/' : `${path.toLowerCase()}/`;
  return ({ properties }) => `${(properties.orgUnitPath ?? '/').toLowerCase()}/`.startsWith(below);
}

/** `Schema.field`: texts as elsewhere, and numbers and dates by size or within `[from,to]`. */
function inSchema(clause: Clause, directory: Directory): UserTest {
  const [schema = '', name = ''] = (clause.field ?? '').split('.');
  if (!directory.hasSchema(schema)) throw refuse.input('query');
  const range = /^\[(.+),(.+)\]$/.exec(clause.value);
  const compare = (held: string, than: string) =>
    Number(held) - Number(than) || (held < than ? -1 : held > than ? 1 : 0);
  const within = (held: string): boolean => {
    if (range) return compare(held, range[1] ?? '') >= 0 && compare(held, range[2] ?? '') <= 0;
    const by = compare(held, clause.value);
    const sizes: Readonly<Record<string, boolean>> = { '<': by < 0, '<=': by <= 0, '>': by > 0, '>=': by >= 0 };
    return sizes[clause.operator] ?? matches(clause, [held]);
  };
  return ({ properties }) => schemaValues(properties, schema, name).some(within);
}

function schemaValues({ customSchemas }: UserProperties, schema: string, name: string): string[] {
  const value: unknown = customSchemas?.[schema]?.[name];
  const values: unknown[] = Array.isArray(value) ? objects(value).map((each) => each['value']) : [value];
  return values.filter((each) => each !== undefined && each !== null).map(String);
}

/** The managers of a user, the next one first. */
function chain(user: DirectoryUser, directory: Directory): DirectoryUser[] {
  const found: DirectoryUser[] = [];
  for (let at: DirectoryUser | undefined = user; at; ) {
    const named: string = at.properties.relations?.find(({ type }) => type === 'manager')?.value ?? '';
    at = directory.findUser(named);
    if (!at || found.includes(at)) break;
    found.push(at);
  }
  return found;
}

function objects(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter((each) => each && typeof each === 'object') : [];
}

const textsIn = (object: Record<string, unknown>, names: readonly string[]): string[] =>
  (names.length > 0 ? names : Object.keys(object))
    .map((name) => object[name])
    .filter((each) => typeof each === 'string');
