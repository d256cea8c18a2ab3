import { randomBytes } from 'node:crypto';
import type { AdminApi } from './admin.ts';

/** What the source in the configuration file needs to read the realm. */
export interface Realm {
  realm: string;
  clientId: string;
  clientSecret: string;
}

/** The parts of a realm's representation that are used here. */
interface User {
  username: string;
  enabled: boolean;
  email?: string;
  firstName?: string;
  lastName?: string;
  attributes?: Record<string, string[]>;
  groups?: string[];
  serviceAccountClientId?: string;
  clientRoles?: Record<string, string[]>;
}
interface Group {
  name: string;
  attributes?: Record<string, string[]>;
  subGroups?: Group[];
}

export const USERS = 2_000;
const PEOPLE_OF_UNICODE: readonly [first: string, last: string][] = [
  ['Åse', 'Østergård'],
  ['山田', '太郎'],
  ['Zoë', 'O’Connor-Müller'],
  ['Ирина', 'Ковалёва'],
  ['أمينة', 'الهاشمي'],
  ['𝒜da', 'Lovelace'],
];
const DEPARTMENTS = ['Engineering', 'Sales', 'Größe & Maß', 'Finance', '研究'];

/** Five levels deep at `org`, more than ten groups below `sites`, one name in two branches, a name with a slash. */
const groups: Group[] = [
  {
    name: 'org',
    subGroups: [
      {
        name: 'engineering',
        subGroups: [
          { name: 'leads' },
          { name: 'platform', subGroups: [{ name: 'storage', subGroups: [{ name: 'on call' }] }] },
        ],
      },
      { name: 'sales', subGroups: [{ name: 'leads' }, { name: 'north' }] },
    ],
  },
  { name: 'sites', subGroups: Array.from({ length: 15 }, (_, index) => ({ name: `site ${index + 1}` })) },
  { name: 'size', subGroups: ['0', '1', '101', '1500'].map((name) => ({ name })) },
  { name: 'robots' },
  { name: 'A/B tests', subGroups: [{ name: 'running' }] },
  { name: 'Größe 山', attributes: { purpose: ['Unicode'] } },
];

/** Whom the account of the `index`th user belongs to. */
function groupsOf(index: number): string[] {
  return [
    ...(index < 1_500 ? ['/size/1500'] : []),
    ...(index < 101 ? ['/size/101'] : []),
    ...(index === 7 ? ['/size/1', '/robots'] : []),
    `/sites/site ${(index % 15) + 1}`,
    ...(index % 40 === 0 ? ['/org/engineering/platform/storage/on call'] : []),
    ...(index % 40 === 1 ? ['/org/engineering/platform/storage'] : []),
    ...(index % 40 === 2 ? ['/org/engineering/platform', '/Größe 山'] : []),
    ...(index % 40 === 3 ? ['/org/engineering', '/org/engineering/leads'] : []),
    ...(index % 40 === 4 ? ['/org/sales/leads', '/A/B tests/running'] : []),
    ...(index % 40 === 5 ? ['/org/sales/north', '/org'] : []),
  ];
}

function person(index: number): User {
  const [first, last] = PEOPLE_OF_UNICODE[index % 20] ?? [`Given ${index}`, `Family ${index}`];
  return {
    username: index % 20 === 0 ? `åse.${index}` : `person.${index}`,
    // One in twenty is disabled.
    enabled: index % 20 !== 19,
    // Some have neither mail nor name.
    ...(index % 50 === 49 ? {} : { email: `person.${index}@example.org`, firstName: first, lastName: last }),
    attributes: {
      // Of several values a standard attribute has the first.
      department: [DEPARTMENTS[index % DEPARTMENTS.length] ?? '', ...(index % 3 === 0 ? ['Works council'] : [])],
      title: [`Title ${index % 9}`],
      employeeNumber: [`E${String(index).padStart(5, '0')}`],
      costCenter: index % 3 === 0 ? ['4711', `cc-${index % 7}`, 'œuvre'] : ['0815'],
      locale: [index % 2 === 0 ? 'de' : 'nb-NO'],
      ...(index % 25 === 1 ? { manager: ['person.7@example.org'] } : {}),
    },
    groups: groupsOf(index),
  };
}

const admins = { view: ['admin', 'user'], edit: ['admin', 'user'] };
/** Unmanaged attributes are hidden from the admin API unless the realm's user profile lets them through. */
const profile = {
  attributes: ['username', 'email', 'firstName', 'lastName'].map((name) => ({ name, permissions: admins })),
  unmanagedAttributePolicy: 'ENABLED',
};

/** Makes the realm in one request, the service account of its client included. */
export async function makeRealm(api: AdminApi): Promise<Realm> {
  const made: Realm = { realm: 'campus', clientId: 'rosterd', clientSecret: randomBytes(24).toString('base64url') };
  await api.post('', {
    realm: made.realm,
    enabled: true,
    // A minute: a listing must renew its token.
    accessTokenLifespan: 60,
    editUsernameAllowed: true,
    // Without it Keycloak shows nobody's locale.
    internationalizationEnabled: true,
    supportedLocales: ['de', 'en'],
    clients: [
      {
        clientId: made.clientId,
        secret: made.clientSecret,
        publicClient: false,
        serviceAccountsEnabled: true,
        standardFlowEnabled: false,
        directAccessGrantsEnabled: false,
      },
    ],
    groups,
    users: [...Array.from({ length: USERS }, (_, index) => person(index)), serviceAccount(made.clientId)],
    components: {
      'org.keycloak.userprofile.UserProfileProvider': [
        {
          providerId: 'declarative-user-profile',
          config: { 'kc.user.profile.config': [JSON.stringify(profile)] },
        },
      ],
    },
  });
  return made;
}

/** The least role that lets rosterd read; the account is also a member of a group, as any user may be. */
const serviceAccount = (clientId: string): User => ({
  username: `service-account-${clientId}`,
  enabled: true,
  serviceAccountClientId: clientId,
  clientRoles: { 'realm-management': ['view-users'] },
  groups: ['/robots'],
});
