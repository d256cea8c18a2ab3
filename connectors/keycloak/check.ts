import { Failure } from '../../src/model/failure.ts';
import type { Finding } from '../connector.ts';
import { look, refusalOf, TRIES } from '../findings.ts';
import { FetchFailure } from '../http/errors.ts';
import { isObject, type Json } from '../http/pages.ts';
import { FROM_ATTRIBUTES } from './read.ts';
import type { Realm } from './realm.ts';
import type { KeycloakConfig } from './schema.ts';

/** Looks at everything a pass needs, in the order in which it would fail. What cannot be looked at any more is left out. */
export async function checkRealm(
  realm: Realm,
  config: KeycloakConfig,
  source: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { url, realm: name, clientId, authRealm = name } = config;
  const at = { source, signal };
  let failed: Failure | undefined;
  const reachable = await look('reachable', at, async () => {
    failed = await refusalOf(() => realm.signIn(signal, TRIES));
    return `Keycloak answers at ${url}.`;
  });
  if (!reachable.ok) return [reachable];
  const accepted = await look('credentials', at, async () => {
    if (failed) throw failed;
    return `Client "${clientId}" of realm "${authRealm}" is accepted.`;
  });
  if (!accepted.ok) return [reachable, accepted];
  const users = await look('permission to read users', at, () => usersSeen(realm, name, signal));
  const groups = await look('permission to read groups', at, () => groupsSeen(realm, name, signal));
  if (!users.ok) return [reachable, accepted, users, groups];
  return [reachable, accepted, users, groups, await look('attributes', at, () => attributesSeen(realm, name, signal))];
}

async function usersSeen(realm: Realm, name: string, signal: AbortSignal): Promise<string> {
  const proven = await realm.mayViewUsers(signal);
  const count = await realm.countUsers(signal);
  const [some] = await realm.users(0, 1, signal);
  if (proven && (some || count === 0)) return `Every user of realm "${name}" may be read; there are ${count}.`;
  if (some) return `Users of realm "${name}" may be read; Keycloak counts ${count}.`;
  throw new Failure(
    'permission',
    `Keycloak lists no user of realm "${name}" and counts ${count}. Give the client the role view-users.`,
  );
}

async function groupsSeen(realm: Realm, name: string, signal: AbortSignal): Promise<string> {
  const count = await realm.countGroups(signal);
  const [some] = await realm.allGroups(true, 1, signal);
  if (count > 0 && !some)
    throw new Failure(
      'permission',
      `Keycloak counts ${count} groups in realm "${name}" and shows none of them. Give the client the role view-users; query-groups alone hides them.`,
    );
  if (typeof some?.id === 'string') await realm.members(some.id, 1, signal);
  return `The groups of realm "${name}" and their members may be read; there are ${count}.`;
}

/** Keycloak leaves out, without a word, what the realm's user profile does not show to administrators. */
async function attributesSeen(realm: Realm, name: string, signal: AbortSignal): Promise<string> {
  const profile = await realm.profile(signal).catch(refusalIn);
  // A pass does not need the profile: not to see it is worth a word, and no more.
  if (profile instanceof FetchFailure) return `Which attributes realm "${name}" shows is not known. ${profile.message}`;
  const hidden = ['email', 'firstName', 'lastName', ...FROM_ATTRIBUTES].filter((each) => !shows(profile, each));
  return hidden.length === 0
    ? `The user profile of realm "${name}" shows every standard attribute.`
    : `The user profile of realm "${name}" does not show ${hidden.join(', ')}: they are read as empty. To read one, declare it there and let administrators view it, or turn on unmanaged attributes.`;
}

function refusalIn(error: unknown): FetchFailure {
  if (error instanceof FetchFailure) return error;
  throw error;
}

function shows(profile: Json, name: string): boolean {
  const { attributes, unmanagedAttributePolicy: others } = profile;
  const declared = (Array.isArray(attributes) ? attributes : []).find((one) => isObject(one) && one.name === name);
  if (!isObject(declared)) return typeof others === 'string' && others !== 'DISABLED';
  const view = isObject(declared.permissions) ? declared.permissions.view : undefined;
  return Array.isArray(view) && view.includes('admin');
}
