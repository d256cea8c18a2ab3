import type { TenantGroup, TenantObject } from '../../emulators/azure-ad/kinds.ts';
import { contract } from '../contract.ts';
import { entraWorld, populate } from './world.ts';

contract('Entra ID', async () => {
  const { connector, emulator } = await entraWorld();
  const { tenant, faults, parts } = emulator;
  populate(emulator);
  const kindOf = ({ kind }: TenantObject) => (kind === 'user' || kind === 'group' ? kind : 'other');
  const membersOf = (group: TenantGroup) =>
    tenant
      .membersOf(group)
      .map((member) => `${kindOf(member)} ${member.id}`)
      .sort();
  const which = {
    token: { path: '/oauth2/v2.0/token' },
    users: { path: /\/users$/ },
    groups: { path: /\/groups$/ },
    members: { path: /\/members$/ },
    user: { path: /\/users\/[^/]+$/ },
    group: { path: /\/groups\/[^/]+$/ },
  };
  // Everything else goes out as part of a batch; counts are lists too, and a check asks for lists in a batch.
  const whole: unknown[] = [which.token.path, which.users.path, which.groups.path];
  return {
    connector,
    emulated: {
      requests: emulator.requests,
      faults: {
        when: (fault, behaviour) => {
          if (!whole.includes(fault.path)) return parts.when(fault, behaviour);
          parts.when({ ...fault, query: { $top: '1' } }, behaviour);
          return faults.when(fault, behaviour);
        },
      },
      expected: () => ({
        users: new Map(tenant.users().map(({ id, properties }) => [id, String(properties.userPrincipalName)])),
        members: new Map(tenant.groups().map((group) => [group.id, membersOf(group)])),
      }),
      removeUser: (id) => tenant.removeUser(tenant.user(id)),
      removeGroup: (id) => tenant.removeGroup(tenant.group(id)),
      revokeTokens: emulator.revokeTokens,
      which,
      denied: { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } },
      secrets: ['emulated-secret', 'eyJ'],
    },
  };
});
