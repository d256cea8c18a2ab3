import { contract } from '../contract.ts';
import { oktaWorld, populate } from './world.ts';

for (const requireDpop of [false, true])
  contract(requireDpop ? 'Okta with proofs of possession' : 'Okta', async () => {
    const { connector, emulator } = await oktaWorld({ requireDpop });
    const { org, faults, requests } = emulator;
    populate(emulator);
    return {
      connector,
      emulated: {
        requests,
        faults,
        expected: () => ({
          users: new Map(org.users().map(({ id, profile }) => [id, String(profile.login)])),
          // Everyone last: it is the one group that cannot be removed.
          members: new Map(
            [...org.groups().filter((group) => group !== org.everyone), org.everyone].map((group) => [
              group.id,
              group === org.everyone
                ? ['everyone']
                : org
                    .membersOf(group)
                    .map(({ id }) => `user ${id}`)
                    .sort(),
            ]),
          ),
        }),
        removeUser: (id) => org.deactivateAndDelete(org.user(id)),
        removeGroup: (id) => org.removeGroup(org.group(id)),
        revokeTokens: emulator.revokeTokens,
        which: {
          token: { path: '/oauth2/v1/token' },
          users: { path: /\/api\/v1\/users$/ },
          groups: { path: /\/api\/v1\/groups$/ },
          members: { path: /\/groups\/[^/]+\/users$/ },
          user: { path: /\/api\/v1\/users\/[^/]+$/ },
          group: { path: /\/api\/v1\/groups\/[^/]+$/ },
        },
        denied: {
          errorCode: 'E0000006',
          errorSummary: 'You do not have permission to perform the requested action',
          errorLink: 'E0000006',
          errorId: 'oae1',
          errorCauses: [],
        },
        secrets: ['eyJ', 'PRIVATE KEY', String(emulator.app.privateKey.jwk.d)],
      },
    };
  });
