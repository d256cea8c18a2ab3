import type { SourceGroup } from '../../src/model/group.ts';
import { type Extra, type SourceUser, STANDARD_ATTRIBUTES, type StandardAttribute } from '../../src/model/user.ts';
import { isObject, type Json } from '../http/pages.ts';
import { extraOf, idIn, textOf } from '../values.ts';

/** The standard attributes that Keycloak has as fields; the others are attributes of that name. */
const FIELDS: ReadonlySet<StandardAttribute> = new Set(['userName', 'email', 'displayName', 'givenName', 'familyName']);
export const FROM_ATTRIBUTES = STANDARD_ATTRIBUTES.filter((name) => !FIELDS.has(name));

/**
 * One user of Keycloak's JSON (UserRepresentation, briefRepresentation false); null where it has no id or user name,
 * which is no user. `want` names the attributes beside the standard ones.
 */
export function readUser(json: Json, want: readonly string[]): SourceUser | null {
  const id = idOf(json);
  const userName = textOf(json.username);
  if (id === null || userName === null) return null;
  const givenName = textOf(json.firstName);
  const familyName = textOf(json.lastName);
  const attribute = (name: StandardAttribute) => textOf(values(json, name)[0]);
  return {
    id,
    active: typeof json.enabled === 'boolean' ? json.enabled : null,
    // Spelled out: a snapshot makes a million of these, and a literal is several times faster than entries.
    attributes: {
      userName,
      email: textOf(json.email),
      displayName: givenName !== null && familyName !== null ? `${givenName} ${familyName}` : (givenName ?? familyName),
      givenName,
      familyName,
      title: attribute('title'),
      department: attribute('department'),
      organization: attribute('organization'),
      employeeNumber: attribute('employeeNumber'),
      userType: attribute('userType'),
      manager: attribute('manager'),
      phoneNumber: attribute('phoneNumber'),
      locale: attribute('locale'),
    },
    extra: want.length === 0 ? NOTHING : extra(json, want),
  };
}

const NOTHING: SourceUser['extra'] = Object.freeze({});

/** One group of Keycloak's JSON (GroupRepresentation); null where it has no id or name. Named by its path, less the slash in front. */
export function readGroup(json: Json, want: readonly string[]): SourceGroup | null {
  const id = idOf(json);
  const name = textOf(typeof json.path === 'string' ? json.path.replace(/^\//, '') : json.name);
  if (id === null || name === null) return null;
  return { id, name, description: textOf(json.description), type: null, email: null, extra: extra(json, want) };
}

/** The id; null where there is none, or where it would not stay one segment of a path. */
export const idOf = (json: Json): string | null => idIn(json.id);

/** The values of an attribute; [] where there is none. */
function values(json: Json, name: string): readonly unknown[] {
  const held = isObject(json.attributes) && Object.hasOwn(json.attributes, name) ? json.attributes[name] : undefined;
  return Array.isArray(held) ? held : held === undefined ? [] : [held];
}

/** By the names asked for: an attribute, else the field of that name, such as `emailVerified` or `createdTimestamp`. */
function extra(json: Json, want: readonly string[]): Readonly<Record<string, Extra>> {
  return Object.fromEntries(
    want.map((name) => {
      const held = values(json, name);
      return [name, extraOf(held.length > 0 || !Object.hasOwn(json, name) ? held : [json[name]])];
    }),
  );
}
