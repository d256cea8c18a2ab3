import type { Connector, Surroundings } from '../connector.ts';
import { checkRealm } from './check.ts';
import { GROUP_NOT_FOUND, USER_NOT_FOUND } from './errors.ts';
import { lookUp } from './lookup.ts';
import { membersAgain } from './members-again.ts';
import { readGroup, readUser } from './read.ts';
import { openRealm } from './realm.ts';
import type { KeycloakConfig } from './schema.ts';
import { listRealm } from './snapshot.ts';

/** Reads one realm over Keycloak's Admin REST API. */
export function keycloak(config: KeycloakConfig, surroundings: Surroundings): Connector {
  const realm = openRealm(config, surroundings);
  return {
    tenant: realm.tenant,
    check: (signal) => checkRealm(realm, config, surroundings.source, signal),
    snapshot: (want, signal) => listRealm(realm, want, signal, surroundings),
    readUsers: (ids, want, signal) =>
      lookUp(
        ids,
        { name: 'user', ask: realm.user, read: (json) => readUser(json, want.users), notFound: USER_NOT_FOUND },
        realm.fail,
        signal,
      ),
    readGroups: (ids, want, signal) =>
      lookUp(
        ids,
        { name: 'group', ask: realm.group, read: (json) => readGroup(json, want.groups), notFound: GROUP_NOT_FOUND },
        realm.fail,
        signal,
      ),
    readMembers: (ids, signal) => membersAgain(realm, ids, signal),
    requests: () => realm.http.requests(),
    usage: () => realm.http.usage(),
    close: () => realm.http.close(),
  };
}
