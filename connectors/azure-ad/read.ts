import type { Member, SourceGroup } from '../../src/model/group.ts';
import type { Extra, SourceUser } from '../../src/model/user.ts';
import { isObject, type Json } from '../http/pages.ts';
import { extraOf, idIn, textOf } from '../values.ts';

/**
 * The properties of a user that standard attributes come from (Graph v1.0, resource type user); `manager` is a relation
 * and asked for by itself.
 */
export const USER_PROPERTIES = [
  ...[
    'id',
    'userPrincipalName',
    'mail',
    'displayName',
    'givenName',
    'surname',
    'jobTitle',
    'department',
    'companyName',
  ],
  ...['employeeId', 'userType', 'businessPhones', 'mobilePhone', 'preferredLanguage', 'accountEnabled'],
] as const;

/** The properties of a group (resource type group). */
export const GROUP_PROPERTIES = [
  ...['id', 'displayName', 'description', 'mail', 'groupTypes', 'mailEnabled', 'securityEnabled', 'visibility'],
] as const;

/**
 * One user of Graph's JSON; null where it has no id or user principal name, which is no user. Without `accountEnabled`,
 * which Graph leaves out unless it is asked for, nobody knows whether the user is active.
 * @param want the names of properties beside those of the standard attributes, directory extensions among them
 */
export function readUser(json: Json, want: readonly string[]): SourceUser | null {
  const id = idIn(json.id);
  const userName = textOf(json.userPrincipalName);
  if (id === null || userName === null) return null;
  const phones = Array.isArray(json.businessPhones) ? json.businessPhones : [];
  return {
    id,
    active: typeof json.accountEnabled === 'boolean' ? json.accountEnabled : null,
    attributes: {
      userName,
      email: textOf(json.mail),
      displayName: textOf(json.displayName),
      givenName: textOf(json.givenName),
      familyName: textOf(json.surname),
      title: textOf(json.jobTitle),
      department: textOf(json.department),
      organization: textOf(json.companyName),
      employeeNumber: textOf(json.employeeId),
      userType: textOf(json.userType),
      manager: isObject(json.manager) ? idIn(json.manager.id) : null,
      phoneNumber: textOf(phones[0]) ?? textOf(json.mobilePhone),
      locale: textOf(json.preferredLanguage),
    },
    extra: extras(json, want),
  };
}

/** One group of Graph's JSON; null where it has no id or no name was sent. Where its name is blank, it has its id for one. */
export function readGroup(json: Json, want: readonly string[]): SourceGroup | null {
  const id = idIn(json.id);
  // A blank name is a name nobody can call; one that was not sent at all is no group.
  const name = textOf(json.displayName) ?? (json.displayName === undefined ? null : id);
  if (id === null || name === null) return null;
  const description = textOf(json.description);
  return { id, name, description, type: typeOf(json), email: textOf(json.mail), extra: extras(json, want) };
}

/**
 * The kind of a group, in the words of its page in the portal: `microsoft365`, `security`, `mail-security` (a security
 * group with an address) or `distribution`; null where Graph did not say.
 */
function typeOf({ groupTypes, mailEnabled, securityEnabled }: Json): string | null {
  if (Array.isArray(groupTypes) && groupTypes.includes('Unified')) return 'microsoft365';
  if (securityEnabled === true) return mailEnabled === true ? 'mail-security' : 'security';
  return mailEnabled === true ? 'distribution' : null;
}

/**
 * One direct member; null where the answer has none, or does not say of what type it is: taken for a device, a person
 * would lose the membership. Devices, applications and contacts are counted, and no people.
 */
export function readMember(json: Json): Member | null {
  const id = idIn(json.id);
  const type = json['@odata.type'];
  if (id === null || typeof type !== 'string') return null;
  return { kind: KINDS[type] ?? 'other', id };
}

const KINDS: Readonly<Record<string, 'user' | 'group'>> = {
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
};

const NOTHING: SourceUser['extra'] = Object.freeze({});

function extras(json: Json, want: readonly string[]): Readonly<Record<string, Extra>> {
  return want.length === 0 ? NOTHING : Object.fromEntries(want.map((name) => [name, extraOf(held(json, name))]));
}

/** When Graph's directory made the object, in ms since 1970; long ago where it does not say, as of what is older than 2018. */
export const madeAt = ({ createdDateTime }: Json): number =>
  Date.parse(typeof createdDateTime === 'string' ? createdDateTime : '') || 0;

/** The fifteen attributes of an on-premises directory that stand in an object of theirs. */
const ON_PREMISES = 'onPremisesExtensionAttributes';
const isOnPremises = (name: string): boolean => /^extensionAttribute([1-9]|1[0-5])$/i.test(name);

/** The values of a property. Graph takes its name in any case, and answers in its own. */
function held(json: Json, name: string): readonly unknown[] {
  const inner = isOnPremises(name) ? json[ON_PREMISES] : json;
  if (!isObject(inner)) return [];
  const value = inner[Object.hasOwn(inner, name) ? name : own(inner, name)];
  return Array.isArray(value) ? value : [value];
}

function own(json: Json, name: string): string {
  const lower = name.toLowerCase();
  return Object.keys(json).find((key) => key.toLowerCase() === lower) ?? name;
}

/** The first of the wanted names whose value is an object or a list of such, which no rule can read. */
export const objectAmong = (json: Json, want: readonly string[]): string | undefined =>
  want.find((name) => held(json, name).some((value) => typeof value === 'object' && value !== null));

/** What to select so that `want` can be read beside the standard attributes; as it stands in an address. */
export function selected(properties: readonly string[], want: readonly string[]): string {
  const more = want.map((name) => (isOnPremises(name) ? ON_PREMISES : encodeURIComponent(name)));
  return [...new Set([...properties, ...more])].join(',');
}
