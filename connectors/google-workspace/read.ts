import type { Member, SourceGroup } from '../../src/model/group.ts';
import type { Extra, SourceUser } from '../../src/model/user.ts';
import { isObject, type Json } from '../http/pages.ts';
import { extraOf, idIn, textOf } from '../values.ts';

/** The fields of a user that standard attributes come from (Directory API v1, resource users). */
const USER_FIELDS = [
  ...['id', 'primaryEmail', 'name', 'suspended', 'archived'],
  ...['organizations', 'externalIds', 'relations', 'phones', 'languages'],
] as const;

const GROUP_FIELDS = ['id', 'email', 'name', 'description'] as const;

/** Fields of a user that hold a value or several, and may be asked for by their names. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['orgUnitPath', 'aliases', 'nonEditableAliases', 'customerId', 'suspended', 'suspensionReason', 'archived'],
  ...['creationTime', 'lastLoginTime', 'suspensionTime', 'archivalTime', 'agreedToTerms', 'changePasswordAtNextLogin'],
  ...['isAdmin', 'isDelegatedAdmin', 'isEnrolledIn2Sv', 'isEnforcedIn2Sv', 'isGuestUser', 'isMailboxSetup'],
  ...['includeInGlobalAddressList', 'ipWhitelisted', 'recoveryEmail', 'recoveryPhone', 'thumbnailPhotoUrl'],
]);

/** Fields that hold a list of objects, each with a type of its own, and where in an object its value stands. */
const TYPED: Readonly<Record<string, string>> = {
  addresses: 'formatted',
  emails: 'address',
  externalIds: 'value',
  ims: 'im',
  keywords: 'value',
  phones: 'value',
  relations: 'value',
  websites: 'value',
};

/** Fields that hold an object, or a list of which one counts: of it, the values by their names. */
const OBJECTS: ReadonlySet<string> = new Set([
  'name',
  'gender',
  'guestAccountInfo',
  'notes',
  'organizations',
  'locations',
]);

const GROUP_PLAIN: ReadonlySet<string> = new Set([
  ...['aliases', 'nonEditableAliases', 'adminCreated', 'directMembersCount'],
]);

/**
 * One user of the Directory API's JSON; null where it has no id or primary address, which is no user. Active is who is
 * neither suspended nor archived; without `suspended`, nobody knows. An edition without archiving does not say `archived`.
 *
 * Title, department and organization are those of the primary organization, else of the first; the phone number is the
 * primary one, else the first of type `work`, else the first; the locale is the language that is preferred, else the first.
 * The employee number is the first external id of type `organization`, the manager the first relation of type `manager`.
 *
 * @param want the names of what is read beside these:
 *   - `orgUnitPath`, `aliases`, `isEnrolledIn2Sv`, `suspensionReason` and the other fields that hold plain values;
 *   - `externalIds`, `emails`, `phones`, `relations`, `addresses`, `ims`, `keywords`, `websites`: every value in the list,
 *     and with a type behind a dot, `externalIds.network` or `phones.mobile`, those of this type; a custom type by its own name;
 *   - `organizations.costCenter`, `locations.buildingId`: of the primary one, else of the first; `name.displayName`,
 *     `gender.type`, `notes.value`; `languages`: the codes;
 *   - `Schema.field`: a field of a custom schema. A schema that is named as one of the fields above cannot be read.
 *   Whatever else there is has no value. `lastLoginTime` makes every sign-in a change.
 */
export function readUser(json: Json, want: readonly string[]): SourceUser | null {
  const id = idIn(json.id);
  const userName = textOf(json.primaryEmail);
  if (id === null || userName === null) return null;
  const name = isObject(json.name) ? json.name : NO_JSON;
  const givenName = textOf(name.givenName);
  const familyName = textOf(name.familyName);
  const bothNames =
    givenName !== null && familyName !== null ? `${givenName} ${familyName}` : (givenName ?? familyName);
  const organization = primaryOf(json.organizations);
  const phones = objectsIn(json.phones);
  const phone = phones.find(isPrimary) ?? phones.find(({ type }) => type === 'work') ?? phones[0];
  const languages = objectsIn(json.languages);
  const language = languages.find(({ preference }) => preference === 'preferred') ?? languages[0];
  return {
    id,
    active: activeOf(json),
    attributes: {
      userName,
      email: userName,
      displayName: textOf(name.fullName) ?? bothNames,
      givenName,
      familyName,
      title: textOf(organization.title),
      department: textOf(organization.department),
      organization: textOf(organization.name),
      employeeNumber: firstOf(json.externalIds, 'organization'),
      userType: null,
      manager: firstOf(json.relations, 'manager'),
      phoneNumber: textOf(phone?.value),
      locale: textOf(language?.languageCode) ?? textOf(language?.customLanguage),
    },
    extra: extras(json, want, held),
  };
}

/**
 * One group of the Directory API's JSON; null where it has no id, or neither a name nor an address. One without a name is
 * called by its address. All groups are of one type here.
 * @param want the names of what is read beside these: `aliases`, `nonEditableAliases`, `adminCreated`, and
 * `directMembersCount`, which is a text
 */
export function readGroup(json: Json, want: readonly string[]): SourceGroup | null {
  const id = idIn(json.id);
  const email = textOf(json.email);
  const name = textOf(json.name) ?? email;
  if (id === null || name === null) return null;
  const extra = extras(json, want, (group, each) => (GROUP_PLAIN.has(each) ? listed(group[each]) : []));
  return { id, name, description: textOf(json.description), type: null, email, extra };
}

/**
 * One direct member; null where the answer has none. A member of type CUSTOMER is everybody of the account. People and
 * groups of elsewhere have the types of those from here: only their ids are unknown.
 */
export function readMember(json: Json): Member | null {
  if (json.type === 'CUSTOMER') return { kind: 'everyone' };
  const id = idIn(json.id);
  if (id === null) return null;
  return { kind: json.type === 'USER' ? 'user' : json.type === 'GROUP' ? 'group' : 'other', id };
}

/** What to ask for so that users can be read with `want`: the fields of a user, and the custom schemas, which need projection=custom. */
export function userFields(want: readonly string[]): { fields: string; schemas: readonly string[] } {
  const fields: string[] = [...USER_FIELDS];
  const schemas = new Set<string>();
  for (const name of want) {
    const [first, field] = partsOf(name);
    if (isField(first)) fields.push(first);
    else if (isSchema(first, field)) schemas.add(first);
  }
  if (schemas.size > 0) fields.push('customSchemas');
  return { fields: [...new Set(fields)].join(','), schemas: [...schemas] };
}

/** The fields of a group to ask for. */
export const groupFields = (want: readonly string[]): string =>
  [...new Set([...GROUP_FIELDS, ...want.filter((name) => GROUP_PLAIN.has(name))])].join(',');

/** The fields of a member to ask for. */
export const MEMBER_FIELDS = 'id,type';

function activeOf({ suspended, archived = false }: Json): boolean | null {
  if (suspended === true || archived === true) return false;
  return suspended === false && archived === false ? true : null;
}

const NO_JSON: Json = Object.freeze({});
const NOTHING: SourceUser['extra'] = Object.freeze({});

type Held = (json: Json, name: string) => readonly unknown[];

function extras(json: Json, want: readonly string[], held: Held): Readonly<Record<string, Extra>> {
  return want.length === 0 ? NOTHING : Object.fromEntries(want.map((name) => [name, extraOf(held(json, name))]));
}

/** The values under a name of `want`. */
function held(json: Json, name: string): readonly unknown[] {
  const [first, rest] = partsOf(name);
  if (rest === null) {
    if (PLAIN.has(first)) return listed(json[first]);
    if (first === 'languages') return objectsIn(json.languages).map((each) => each.languageCode ?? each.customLanguage);
  }
  const valueName = own(TYPED, first);
  if (typeof valueName === 'string') {
    const all = objectsIn(json[first]);
    return (rest === null ? all : all.filter((each) => isOfType(each, rest))).map((each) => each[valueName]);
  }
  if (rest === null) return [];
  if (OBJECTS.has(first)) return listed(own(primaryOf(json[first]), rest));
  if (!isSchema(first, rest) || isField(first) || !isObject(json.customSchemas)) return [];
  const schema = own(json.customSchemas, first);
  // A field that may have several values is a list of objects, each with one.
  return isObject(schema) ? listed(own(schema, rest)).map((each) => (isObject(each) ? each.value : each)) : [];
}

/** What stands before the first dot and behind it; null where there is no dot. */
function partsOf(name: string): [first: string, rest: string | null] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, null] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** What the Directory API knows as a field of users: any other name in `fields` is a 400 for the whole listing. */
const isField = (first: string): boolean =>
  PLAIN.has(first) || OBJECTS.has(first) || first === 'languages' || Object.hasOwn(TYPED, first);

const isSchema = (first: string, field: string | null): boolean =>
  field !== null && /^[\w-]+$/.test(first) && /^[\w-]+$/.test(field);

const isOfType = (each: Json, type: string): boolean =>
  each.type === type || (each.type === 'custom' && each.customType === type);

const firstOf = (list: unknown, type: string): string | null =>
  textOf(objectsIn(list).find((each) => each.type === type && textOf(each.value) !== null)?.value);

const isPrimary = ({ primary }: Json): boolean => primary === true;

/** Of a list of objects, the one that is marked as primary, else the first; of an object, itself. */
function primaryOf(value: unknown): Json {
  if (isObject(value)) return value;
  const all = objectsIn(value);
  return all.find(isPrimary) ?? all[0] ?? NO_JSON;
}

const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;
