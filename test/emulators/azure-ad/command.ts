import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { after, before } from '../faults.ts';
import { addCommonFlags, type CommonFlags, organisationOf, setFaults, within } from '../flags.ts';
import { type EntraEmulator, type EntraOptions, startEntra } from './entra.ts';
import { everyday, loop } from './failures.ts';
import { loadOrganisation } from './load.ts';

interface Flags extends CommonFlags {
  tenantId?: string;
  clientId?: string;
  clientSecret: string;
  permissions: string[];
  tokenLifespan: number;
  guests: number;
  /** True: none was given. */
  throttle?: number | boolean;
  deltaPage: number;
  deltaLag: number;
  lenient?: true;
  http?: true;
  caOut: string;
  key?: string;
  cert?: string;
}

const PERMISSIONS = ['User.Read.All', 'GroupMember.Read.All'];

/** `emulator azure-ad`. @param started is given the running emulator, when it has said where it is */
export function entraCommand(print: (text: string) => void, started: (emulator: EntraEmulator) => void): Command {
  const list = (value: string) => value.split(',').map((each) => each.trim());
  const command = new Command('azure-ad')
    .description('an emulated Entra ID with Microsoft Graph on 127.0.0.1, with people and groups made up by seed')
    .option('--tenant-id <id>', 'the directory (tenant) id (default: one made from the seed)')
    .option('--client-id <id>', 'the application (client) id (default: one made from the seed)')
    .option('--client-secret <text>', 'its secret', 'emulated-secret')
    .option('--permissions <list>', 'application permissions, by commas', list, PERMISSIONS)
    .addOption(new Option('--token-lifespan <s>', 'seconds a token lives').default(3599).argParser(within(1, 86_400)))
    .addOption(new Option('--guests <n>', 'so many guests beside the people').default(0).argParser(within(0, 100_000)))
    .addOption(
      new Option(
        '--throttle <units>',
        'resource units in ten seconds (default: as many as the vendor allows)',
      ).argParser(within(1, 1_000_000)),
    )
    .option('--no-throttle', 'no limit of resource units')
    .addOption(
      new Option('--delta-page <n>', 'rows on a page of a delta query').default(200).argParser(within(1, 10_000)),
    )
    .addOption(
      new Option('--delta-lag <s>', 'seconds until a delta query tells of a change')
        .default(0)
        .argParser(within(0, 86_400)),
    )
    .option('--lenient', 'ignore unknown parameters, as Graph does, instead of refusing them')
    .option('--http', 'plain HTTP; the vendor’s own login library refuses to speak it')
    .option('--ca-out <file>', 'where to put the certificate to trust', join(tmpdir(), 'emulated-entra-ca.pem'))
    .option('--key <file>', 'PEM; with --cert, HTTPS with your own files')
    .option('--cert <file>', 'PEM; with --key, HTTPS with your own files');
  return addCommonFlags(command).action(async () => {
    const flags = command.opts<Flags>();
    const emulator = await start(flags);
    print(introduction(emulator, flags));
    started(emulator);
  });
}

async function start(flags: Flags): Promise<EntraEmulator> {
  const emulator = await startEntra(optionsOf(flags));
  try {
    loadOrganisation(emulator.tenant, organisationOf(flags));
    for (let at = 1; at <= flags.guests; at++) emulator.tenant.addGuest(`guest.${at}@partner.example`);
    setFaults(emulator.faults, flags, faultsOf(emulator));
    // The parts of a batch fail by themselves, and are not slower for being many.
    for (const { conditions } of [emulator.faults, emulator.parts]) {
      Object.assign(conditions, { errorRate: flags.errors / 100, failures: everyday() });
    }
    if (emulator.ca !== null && !flags.cert) writeFileSync(flags.caOut, emulator.ca);
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return emulator;
}

function optionsOf(flags: Flags): EntraOptions {
  const { tenantId, clientId, clientSecret, permissions, tokenLifespan, port, seed, key, cert, throttle } = flags;
  return {
    ...{ clientSecret, permissions, tokenLifespan, port, seed, strict: !flags.lenient, https: !flags.http },
    ...{ deltaPageSize: flags.deltaPage, deltaLag: flags.deltaLag * 1000 },
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { clientId }),
    // `--no-throttle` makes it false, and nothing at all makes it true.
    ...(typeof throttle === 'number' || throttle === false ? { throttle } : {}),
    ...(key && cert ? { tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } } : {}),
  };
}

/** The faults that only this emulator knows. */
function faultsOf(emulator: EntraEmulator): Parameters<typeof setFaults>[2] {
  const { tenant, app } = emulator;
  let joiners = 0;
  return {
    'revoke-tokens': () => after(() => emulator.revokeTokens()),
    loop: () => loop(emulator.graphUrl),
    'expire-pages': () => after(() => emulator.expirePages()),
    'expire-deltas': () => before(() => emulator.expireDeltas()),
    'lose-permissions': () =>
      before(() => {
        app.permissions.clear();
        emulator.revokeTokens();
      }),
    'stop-accepting': () => after(() => emulator.stopAccepting()),
    'add-user': () => after(() => tenant.addUser({ userPrincipalName: `joiner.${++joiners}@${tenant.domain}` })),
    'remove-user': () =>
      after(() => {
        const first = tenant.users()[0];
        if (first) tenant.removeUser(first);
      }),
  };
}

function introduction(emulator: EntraEmulator, flags: Flags): string {
  const { tenant, tenantId, app } = emulator;
  const memberships = tenant.groups().reduce((sum, group) => sum + group.members.size, 0);
  const caFile = emulator.ca === null ? '' : `\ncaFile: ${flags.cert ?? flags.caOut}`;
  return `An emulated Entra ID with Microsoft Graph is at ${emulator.graphUrl}
  tenant         ${tenantId} (${tenant.users().length} people, ${tenant.groups().length} groups, ${memberships} direct memberships)
  client id      ${app.appId}
  client secret  ${app.secrets[0]?.value}
  permissions    ${[...app.permissions].join(', ')}

A config.yaml for it:

directory: ./directory.db${caFile}
sources:
  - name: corp
    type: azure-ad
    tenantId: ${tenantId}
    clientId: ${app.appId}
    clientSecret: ${app.secrets[0]?.value}
    endpoints: { login: ${emulator.loginUrl}, graph: ${emulator.graphUrl} }

Ctrl-C ends it.
`;
}
