import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { after, before } from '../faults.ts';
import { addCommonFlags, type CommonFlags, organisationOf, setFaults, within } from '../flags.ts';
import { tooMany } from './errors.ts';
import { everyday, loop, reasonFailure } from './failures.ts';
import { type GoogleEmulator, type GoogleOptions, startGoogle } from './google.ts';
import { loadOrganisation } from './load.ts';

interface Flags extends CommonFlags {
  domain?: string;
  customerId?: string;
  scopes?: string[];
  tokenLifespan: number;
  /** True: none was given. */
  quota?: number | boolean;
  quotaReason: keyof typeof tooMany;
  outsiders: number;
  everyone?: true;
  emptyLastPage?: true;
  keyOut: string;
  https?: true;
  caOut: string;
  key?: string;
  cert?: string;
}

/** `emulator google-workspace`. @param started is given the running emulator, when it has said where it is */
export function googleCommand(print: (text: string) => void, started: (emulator: GoogleEmulator) => void): Command {
  const list = (value: string) => value.split(',').map((each) => each.trim());
  const command = new Command('google-workspace')
    .description('an emulated Google Workspace directory on 127.0.0.1, with people and groups made up by seed')
    .option('--domain <name>', 'the primary domain (default: that of the people)')
    .option('--customer-id <id>', 'the id of the account (default: one made from the seed)')
    .option(
      '--scopes <list>',
      'what is delegated to the service account, by commas (default: what reading needs)',
      list,
    )
    .addOption(new Option('--token-lifespan <s>', 'seconds a token lives').default(3599).argParser(within(1, 43_200)))
    .addOption(
      new Option('--quota <n>', 'queries in a minute (default: 2400, the vendor’s)').argParser(within(1, 1_000_000)),
    )
    .option('--no-quota', 'no limit of queries')
    .addOption(
      new Option('--quota-reason <reason>', 'how what is too much is refused')
        .default('rateLimitExceeded')
        .choices(Object.keys(tooMany)),
    )
    .addOption(
      new Option('--outsiders <n>', 'so many strangers in the first group').default(0).argParser(within(0, 100_000)),
    )
    .option('--everyone', 'a group that everybody of the account is a member of')
    .option('--empty-last-page', 'the last page of rows leads to one without any')
    .option(
      '--key-out <file>',
      'where to put the service account’s key file',
      join(tmpdir(), 'emulated-google-key.json'),
    )
    .option('--https', 'HTTPS with a certificate made at start')
    .option('--ca-out <file>', 'where to put the certificate to trust', join(tmpdir(), 'emulated-google-ca.pem'))
    .option('--key <file>', 'PEM; with --cert, HTTPS with your own files')
    .option('--cert <file>', 'PEM; with --key, HTTPS with your own files');
  return addCommonFlags(command).action(async () => {
    const flags = command.opts<Flags>();
    const emulator = await start(flags);
    print(introduction(emulator, flags));
    started(emulator);
  });
}

async function start(flags: Flags): Promise<GoogleEmulator> {
  const organisation = organisationOf(flags);
  const emulator = await startGoogle(optionsOf(flags, organisation));
  try {
    const { directory, faults } = emulator;
    loadOrganisation(directory, organisation);
    const [first] = directory.groups();
    for (let at = 1; first && at <= flags.outsiders; at++) {
      directory.joinExternal(first, `stranger.${at}@elsewhere.example`);
    }
    if (flags.everyone) {
      directory.joinCustomer(directory.addGroup({ email: `all-of-us@${directory.domain}`, name: 'All of us' }));
    }
    setFaults(faults, flags, faultsOf(emulator));
    faults.conditions.failures = everyday();
    writeFileSync(flags.keyOut, `${JSON.stringify(emulator.serviceAccountKey, null, 2)}\n`, { mode: 0o600 });
    if (emulator.ca !== null && !flags.cert) writeFileSync(flags.caOut, emulator.ca);
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return emulator;
}

function optionsOf(flags: Flags, organisation: { name: string; domain: string }): GoogleOptions {
  const { customerId, scopes, tokenLifespan, quota, quotaReason, port, seed, key, cert } = flags;
  return {
    ...{ tokenLifespan, quotaReason, port, seed, emptyLastPage: flags.emptyLastPage ?? false },
    ...{ name: organisation.name, domain: flags.domain ?? organisation.domain, https: flags.https ?? false },
    ...(customerId === undefined ? {} : { customerId }),
    ...(scopes === undefined ? {} : { scopes }),
    // `--no-quota` makes it false, and nothing at all makes it true.
    ...(typeof quota === 'number' || quota === false ? { quota } : {}),
    ...(key && cert ? { tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } } : {}),
  };
}

/** The faults that only this emulator knows. */
function faultsOf(emulator: GoogleEmulator): Parameters<typeof setFaults>[2] {
  const { directory, serviceAccount, subject } = emulator;
  let joiners = 0;
  return {
    reason: (value) => reasonFailure(value),
    'revoke-tokens': () => after(() => emulator.revokeTokens()),
    loop: () => loop(),
    'expire-pages': () => after(() => emulator.expirePages()),
    'lose-scopes': () =>
      before(() => {
        serviceAccount.delegated.clear();
        emulator.revokeTokens();
      }),
    'lose-privileges': () => before(() => directory.setPrivileges(directory.user(subject), null)),
    'stop-accepting': () => after(() => emulator.stopAccepting()),
    'add-user': () => after(() => directory.addUser({ primaryEmail: `joiner.${++joiners}@${directory.domain}` })),
    'remove-user': () =>
      after(() => {
        const first = directory.users().find(({ primaryEmail }) => primaryEmail !== subject);
        if (first) directory.removeUser(first);
      }),
  };
}

function introduction(emulator: GoogleEmulator, flags: Flags): string {
  const { directory, customerId, serviceAccount, subject, tokenUrl, directoryUrl } = emulator;
  const memberships = directory.groups().reduce((sum, group) => sum + group.members.size, 0);
  const caFile = emulator.ca === null ? '' : `\ncaFile: ${flags.cert ?? flags.caOut}`;
  return `An emulated Google Workspace directory is at ${directoryUrl}
  account          ${customerId}, ${directory.domain} (${directory.users().length} people, ${directory.groups().length} groups, ${memberships} direct memberships)
  service account  ${serviceAccount.email}
  its key file     ${flags.keyOut}
  acts for         ${subject}
  scopes           ${[...serviceAccount.delegated].join('\n                   ')}

A config.yaml for it:

directory: ./directory.db${caFile}
sources:
  - name: corp
    type: google-workspace
    customer: ${customerId}
    serviceAccountKey: \${file:${flags.keyOut}}
    subject: ${subject}
    endpoints: { token: ${tokenUrl}, directory: ${directoryUrl} }

Ctrl-C ends it.
`;
}
