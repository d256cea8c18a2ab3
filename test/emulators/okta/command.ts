import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { after, before } from '../faults.ts';
import { addCommonFlags, type CommonFlags, organisationOf, setFaults, within } from '../flags.ts';
import { type Code, codes } from './errors.ts';
import { everyday, freshLoop, loop, nextLink, oktaFailure, withoutLinks } from './failures.ts';
import { type Role, roles } from './holders.ts';
import { type Status, statuses } from './kinds.ts';
import { noLimits } from './limits.ts';
import { loadOrganisation } from './load.ts';
import { type OktaEmulator, type OktaOptions, startOkta } from './okta.ts';

interface Flags extends CommonFlags {
  clientId?: string;
  role: Role;
  scopes: string[];
  dpop?: true;
  tokenLifespan: number;
  tokenShare: number;
  throttle: boolean;
  links: 'lines' | 'joined';
  shortPages?: true;
  hidden: '403' | '404';
  searchLag: number;
  inactive: Status;
  lenient?: true;
  https?: true;
  caOut: string;
  keyOut: string;
  key?: string;
  cert?: string;
}

const SCOPES = ['okta.users.read', 'okta.groups.read'];
const MONTH_MS = 30 * 86_400_000;

/** `emulator okta`. @param started is given the running emulator, when it has said where it is */
export function oktaCommand(print: (text: string) => void, started: (emulator: OktaEmulator) => void): Command {
  const list = (value: string) => value.split(',').map((each) => each.trim());
  const number = (flags: string, text: string, value: number, least: number, most: number) =>
    new Option(flags, text).default(value).argParser(within(least, most));
  const command = new Command('okta')
    .description('an emulated Okta org with its Management API on 127.0.0.1, with people and groups made up by seed')
    .addOption(new Option('--role <role>', 'of the API token and of the app').choices(roles).default('READ_ONLY_ADMIN'))
    .option('--client-id <id>', 'the app’s (default: one made from the seed)')
    .option('--scopes <list>', 'granted to the app, by commas', list, SCOPES)
    .option('--dpop', 'the app must prove possession of a key (DPoP), as the vendor’s new apps must')
    .addOption(number('--token-lifespan <s>', 'seconds an access token lives', 3600, 1, 86_400))
    .addOption(number('--token-share <percent>', 'of each limit, for one token or app', 50, 1, 100))
    .option('--no-throttle', 'limits that nobody reaches; the headers count all the same')
    .addOption(
      new Option('--links <form>', 'links as header lines of their own, or in one line')
        .choices(['lines', 'joined'])
        .default('lines'),
    )
    .option('--short-pages', 'pages that are short or empty and lead on')
    .addOption(
      new Option('--hidden <status>', 'how an object outside the role’s reach is answered by id')
        .choices(['403', '404'])
        .default('403'),
    )
    .addOption(number('--search-lag <s>', 'seconds until a search finds a change', 0, 0, 86_400))
    .addOption(
      new Option('--inactive <status>', 'of people who are disabled').choices(statuses).default('DEPROVISIONED'),
    )
    .option('--lenient', 'pass over unknown parameters and limits that are too high, as Okta does')
    .option('--https', 'with a certificate made at start')
    .option('--ca-out <file>', 'where to put that certificate', join(tmpdir(), 'emulated-okta-ca.pem'))
    .option('--key-out <file>', 'where to put the app’s private key', join(tmpdir(), 'emulated-okta-key.pem'))
    .option('--key <file>', 'PEM; with --cert, HTTPS with your own files')
    .option('--cert <file>', 'PEM; with --key, HTTPS with your own files');
  return addCommonFlags(command).action(async () => {
    const flags = command.opts<Flags>();
    const emulator = await start(flags);
    print(introduction(emulator, flags));
    started(emulator);
  });
}

async function start(flags: Flags): Promise<OktaEmulator> {
  const emulator = await startOkta(optionsOf(flags));
  try {
    loadOrganisation(emulator.org, organisationOf(flags), { inactive: flags.inactive, at: Date.now() - MONTH_MS });
    setFaults(emulator.faults, flags, faultsOf(emulator));
    emulator.faults.conditions.failures = everyday();
    if (emulator.ca !== null && !flags.cert) writeFileSync(flags.caOut, emulator.ca);
    writeFileSync(flags.keyOut, emulator.app.privateKey.pem, { mode: 0o600 });
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return emulator;
}

function optionsOf(flags: Flags): OktaOptions {
  const { clientId, role, scopes, dpop, tokenLifespan, throttle, links, port, seed, key, cert } = flags;
  return {
    ...{ scopes, tokenLifespan, throttle, port, seed, tokenRole: role, appRole: role, linkHeader: links },
    ...{ requireDpop: dpop ?? false, strict: !flags.lenient, https: flags.https ?? false },
    ...{ tokenShare: flags.tokenShare / 100, shortPages: flags.shortPages ?? false, searchLag: flags.searchLag * 1000 },
    hidden: flags.hidden === '404' ? 404 : 403,
    ...(throttle ? {} : { limits: noLimits }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(key && cert ? { tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } } : {}),
  };
}

/** The faults that only this emulator knows. */
function faultsOf(emulator: OktaEmulator): Parameters<typeof setFaults>[2] {
  const { org, app, tokens } = emulator;
  let joiners = 0;
  return {
    okta: (value) => oktaFailure(Object.hasOwn(codes, value) ? (value as Code) : Number(value)),
    'revoke-tokens': () => after(() => emulator.revokeTokens()),
    'revoke-api-tokens': () =>
      before(() => {
        for (const token of tokens) token.valid = false;
      }),
    'lose-role': () =>
      before(() => {
        for (const holder of [app, ...tokens]) holder.role = null;
      }),
    'rotate-nonce': () => before(() => emulator.rotateNonce()),
    loop: () => loop(emulator.orgUrl),
    'fresh-loop': () => freshLoop(emulator),
    'foreign-link': (value) =>
      nextLink((link) => link.replace(emulator.orgUrl, value || 'https://elsewhere.okta.example')),
    'without-links': () => withoutLinks(),
    'expire-pages': () => after(() => emulator.expirePages()),
    'stop-accepting': () => after(() => emulator.stopAccepting()),
    'add-user': () => after(() => org.addUser({ login: `joiner.${++joiners}@example.org` })),
    'remove-user': () =>
      after(() => {
        const first = org.users()[0];
        if (first) org.deactivateAndDelete(first);
      }),
  };
}

function introduction(emulator: OktaEmulator, flags: Flags): string {
  const { org, orgUrl, app, apiToken } = emulator;
  const memberships = org.groups().reduce((sum, group) => sum + group.members.size, 0);
  const caFile = emulator.ca === null ? '' : `\ncaFile: ${flags.cert ?? flags.caOut}`;
  return `An emulated Okta org is at ${orgUrl}
  org            ${org.id} (${org.users().length} people, ${org.groups().length} groups with Everyone, ${memberships} direct memberships)
  role           ${app.role}
  client id      ${app.clientId}${app.requireDpop ? ', which must use DPoP' : ''}
  private key    ${flags.keyOut}
  scopes         ${[...app.scopes].join(', ')}

A config.yaml for it:

directory: ./directory.db${caFile}
sources:
  - name: workforce
    type: okta
    orgUrl: ${orgUrl}
    apiToken: ${apiToken}
    # or, instead of apiToken:
    # clientId: ${app.clientId}
    # privateKey: \${file:${flags.keyOut}}
    # scopes: [${[...app.scopes].join(', ')}]

Ctrl-C ends it.
`;
}
