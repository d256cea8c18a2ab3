import { Failure } from '../../src/model/failure.ts';
import type { Finding } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import type { Realm } from './realm.ts';
import type { KeycloakConfig } from './schema.ts';

/** Someone waits in front of the terminal: a pass is more patient. */
const TRIES = 3;

/** Looks at everything a pass needs, in the order in which it would fail. What cannot be looked at any more is left out. */
export async function checkRealm(realm: Realm, config: KeycloakConfig, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const failed = await failureOf(() => realm.signIn(signal, TRIES), signal);
  const unreached = failed instanceof FetchFailure && (failed.code === 'unreachable' || failed.code === 'throttled');
  findings.push(
    unreached || (failed && !(failed instanceof FetchFailure))
      ? { what: 'reachable', ok: false, detail: failed.message }
      : { what: 'reachable', ok: true, detail: `Keycloak answers at ${config.url}.` },
  );
  if (unreached) return findings;
  const home = config.authRealm ?? config.realm;
  findings.push({
    what: 'credentials',
    ok: !failed,
    detail: failed?.message ?? `Client "${config.clientId}" of realm "${home}" is accepted.`,
  });
  if (failed) return findings;
  findings.push(await finding('permission to read users', () => usersSeen(realm, config, signal), signal));
  findings.push(await finding('permission to read groups', () => groupsSeen(realm, config, signal), signal));
  return findings;
}

async function usersSeen(realm: Realm, { realm: name }: KeycloakConfig, signal: AbortSignal): Promise<string> {
  await realm.proveViewUsers(signal);
  return `Every user of realm "${name}" may be read; there are ${await realm.countUsers(signal)}.`;
}

async function groupsSeen(realm: Realm, { realm: name }: KeycloakConfig, signal: AbortSignal): Promise<string> {
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

async function finding(what: string, look: () => Promise<string>, signal: AbortSignal): Promise<Finding> {
  let detail = '';
  const failed = await failureOf(async () => {
    detail = await look();
  }, signal);
  return failed ? { what, ok: false, detail: failed.message } : { what, ok: true, detail };
}

/** The failure that a look ended with, if it did. Whatever was not foreseen is a fault of the program, and thrown. */
async function failureOf(look: () => Promise<void>, signal: AbortSignal): Promise<Failure | null> {
  try {
    await look();
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) return error;
    throw error;
  }
}
