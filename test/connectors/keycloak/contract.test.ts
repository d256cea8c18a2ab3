import type { RealmGroup } from '../../emulators/keycloak/realm.ts';
import { contract } from '../contract.ts';
import { keycloakWorld, populate } from './world.ts';

contract('Keycloak', async () => {
  const { connector, emulator } = await keycloakWorld();
  const { realm } = emulator;
  populate(emulator);
  const membersOf = (group: RealmGroup) =>
    [
      ...realm.membersOf(group).map(({ id }) => `user ${id}`),
      ...realm.childrenOf(group).map(({ id }) => `group ${id}`),
    ].sort();
  return {
    connector,
    emulated: {
      requests: emulator.requests,
      faults: emulator.faults,
      expected: () => ({
        users: new Map(
          realm
            .users()
            .filter(({ serviceAccountOf }) => serviceAccountOf === undefined)
            .map(({ id, username }) => [id, username]),
        ),
        members: new Map(realm.groups().map((group) => [group.id, membersOf(group)])),
      }),
      removeUser: (id) => realm.removeUser(realm.user(id)),
      removeGroup: (id) => realm.removeGroup(realm.group(id)),
      revokeTokens: emulator.revokeTokens,
      which: {
        token: { path: '/protocol/openid-connect/token' },
        users: { path: /\/users\/?$/ },
        groups: { path: /\/groups\/?$/ },
        members: { path: /\/members$/ },
        user: { path: /\/users\/[^/]+$/ },
        group: { path: /\/groups\/[^/]+$/ },
      },
      denied: { error: 'HTTP 403 Forbidden' },
      secrets: [emulator.client.secret, 'eyJ'],
    },
  };
});
