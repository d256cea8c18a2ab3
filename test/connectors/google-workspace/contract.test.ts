import type { DirectoryGroup, GroupMember } from '../../emulators/google-workspace/kinds.ts';
import { contract } from '../contract.ts';
import { googleWorld, populate } from './world.ts';

contract('Google Workspace', async () => {
  const { connector, google } = await googleWorld();
  const { directory, faults } = google;
  populate(google);
  const written = (member: GroupMember): string => {
    if (member.kind === 'customer') return 'everyone';
    if (member.kind !== 'outsider') return `${member.kind} ${member.id}`;
    return `${member.type === 'EXTERNAL' ? 'other' : member.type.toLowerCase()} ${member.id}`;
  };
  const membersOf = (group: DirectoryGroup) =>
    directory
      .membersOf(group)
      .map(({ member }) => written(member))
      .sort();
  return {
    connector,
    emulated: {
      requests: google.requests,
      faults,
      expected: () => ({
        users: new Map(directory.users().map(({ id, primaryEmail }) => [id, primaryEmail])),
        members: new Map(directory.groups().map((group) => [group.id, membersOf(group)])),
      }),
      removeUser: (id) => directory.removeUser(directory.user(id)),
      removeGroup: (id) => directory.removeGroup(directory.group(id)),
      revokeTokens: google.revokeTokens,
      which: {
        token: { path: '/token' },
        users: { path: /\/users$/ },
        groups: { path: /\/groups$/ },
        members: { path: /\/members$/ },
        user: { path: /\/users\/[^/]+$/ },
        group: { path: /\/groups\/[^/]+$/ },
      },
      denied: DENIED,
      secrets: ['PRIVATE KEY', 'ya29.', 'eyJ'],
    },
  };
});

const message = 'Not Authorized to access this resource/api';
const DENIED = { error: { code: 403, message, errors: [{ message, domain: 'global', reason: 'forbidden' }] } };
