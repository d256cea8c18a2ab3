import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { after, before } from '../faults.ts';
import { addCommonFlags, type CommonFlags, organisationOf, setFaults, within } from '../flags.ts';
import { type KeycloakEmulator, startKeycloak } from './keycloak.ts';
import { loadOrganisation } from './load.ts';
import { ROLES, type Role } from './rights.ts';

interface Flags extends CommonFlags {
  realm: string;
  authRealm?: string;
  clientId: string;
  clientSecret: string;
  roles: Role[];
  tokenLifespan: number;
  keycloakVersion: '22' | '26';
  basePath: string;
  lenient?: true;
  key?: string;
  cert?: string;
}

/** `emulator keycloak`. @param started is given the running emulator, when it has said where it is */
export function keycloakCommand(print: (text: string) => void, started: (emulator: KeycloakEmulator) => void): Command {
  const command = new Command('keycloak')
    .description('an emulated Keycloak on 127.0.0.1, with people and groups made up by seed')
    .option('--realm <name>', 'the realm to read', 'company')
    .option('--auth-realm <name>', 'where the client lives (default: the same realm)')
    .option('--client-id <text>', 'the client', 'rosterd')
    .option('--client-secret <text>', 'its secret', 'emulated-secret')
    .option('--roles <list>', 'roles of its service account, by commas', roleList, ['view-users'])
    .addOption(new Option('--token-lifespan <s>', 'seconds a token lives').default(300).argParser(within(1, 86_400)))
    .addOption(
      new Option('--keycloak-version <n>', '22 lists groups as whole trees').choices(['22', '26']).default('26'),
    )
    .option('--base-path <path>', 'put before every path, such as /auth', '')
    .option('--lenient', 'ignore unknown parameters, as Keycloak does, instead of refusing them')
    .option('--key <file>', 'PEM; with --cert, speak HTTPS')
    .option('--cert <file>', 'PEM; with --key, speak HTTPS');
  return addCommonFlags(command).action(async () => {
    const flags = command.opts<Flags>();
    const emulator = await start(flags);
    print(introduction(emulator, flags));
    started(emulator);
  });
}

async function start(flags: Flags): Promise<KeycloakEmulator> {
  const { realm, authRealm, clientId, clientSecret, roles, tokenLifespan, basePath, port, seed, key, cert } = flags;
  const emulator = await startKeycloak({
    ...{ realm, clientId, clientSecret, roles, tokenLifespan, basePath, port, seed },
    version: flags.keycloakVersion === '22' ? 22 : 26,
    strict: !flags.lenient,
    ...(authRealm === undefined ? {} : { authRealm }),
    ...(key && cert ? { tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } } : {}),
  });
  try {
    loadOrganisation(emulator.realm, organisationOf(flags));
    setFaults(emulator.faults, flags, faultsOf(emulator));
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return emulator;
}

/** The faults that only this emulator knows. */
function faultsOf(emulator: KeycloakEmulator): Parameters<typeof setFaults>[2] {
  let joiners = 0;
  return {
    'revoke-tokens': () => after(() => emulator.revokeTokens()),
    'lose-roles': () => before(() => emulator.client.roles.clear()),
    'stop-accepting': () => after(() => emulator.stopAccepting()),
    // First in every order, so that all rows of later pages move by one.
    'add-user': () => after(() => emulator.realm.addUser({ username: `aaa.joiner.${++joiners}` })),
    'remove-user': () => after(() => removeFirst(emulator)),
  };
}

function removeFirst({ realm }: KeycloakEmulator): void {
  const first = realm.users().find((user) => user.serviceAccountOf === undefined);
  if (first) realm.removeUser(first);
}

function introduction(emulator: KeycloakEmulator, flags: Flags): string {
  const { realm, client } = emulator;
  const people = realm.users().filter((user) => user.serviceAccountOf === undefined).length;
  const memberships = realm.groups().reduce((sum, group) => sum + group.members.size, 0);
  const caFile = flags.cert ? `\ncaFile: ${flags.cert}` : '';
  const authRealm = flags.authRealm ? `\n    authRealm: ${flags.authRealm}` : '';
  return `An emulated Keycloak ${flags.keycloakVersion} is at ${emulator.url}
  realm          ${emulator.realmName} (${people} people, ${realm.groups().length} groups, ${memberships} direct memberships)
  client id      ${client.clientId}
  client secret  ${client.secret}

A config.yaml for it:

directory: ./directory.db${caFile}
sources:
  - name: ${emulator.realmName}
    type: keycloak
    url: ${emulator.url}
    realm: ${emulator.realmName}${authRealm}
    clientId: ${client.clientId}
    clientSecret: ${client.secret}

Ctrl-C ends it.
`;
}

function roleList(value: string): Role[] {
  return value.split(',').map((part) => {
    const role = ROLES.find((each) => each === part.trim());
    if (!role) throw new InvalidArgumentError(`The roles are ${ROLES.join(', ')}.`);
    return role;
  });
}
