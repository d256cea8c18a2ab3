/**
 * Google Workspace, as far as reading a directory goes: Google's token endpoint, the Directory API v1 of the Admin SDK, the
 * IAM Service Account Credentials API and a machine's metadata server.
 *
 *   await using google = await startGoogle();
 *   const ada = google.directory.addUser({ primaryEmail: 'ada@fjord.example', name: { givenName: 'Ada' } });
 *   const team = google.directory.addGroup({ email: 'team@fjord.example', name: 'Team' });
 *   google.directory.join(team, ada);
 *
 * All four have one origin and stand for `https://oauth2.googleapis.com/token` (`google.tokenUrl`),
 * `https://admin.googleapis.com` (`google.directoryUrl`; the SDK's `rootUrl`), `https://iamcredentials.googleapis.com`
 * (`google.iamUrl`) and `http://metadata.google.internal` (GCE_METADATA_HOST, without the scheme). An assertion may be for
 * `google.tokenUrl` or, as the vendor's library insists, for the real one.
 *
 * Who reads: `google.serviceAccountKey` is the key file of `google.serviceAccount`, to which the scopes of a reader are
 * delegated; it acts for `google.subject`, a super administrator and the first user of the directory. The accounts and
 * whatever they may do can be changed at any time: keys, state, delegated, privileges, tokenCreators. `google.workload` is
 * the machine's own account, without a key; it may sign as the other one.
 *
 * The directory: user, group, findUser, findGroup, users, groups, membersOf, groupsOf · addUser, editUser, renameUser,
 * setAliases, setPrivileges ('super', or a list of USERS_RETRIEVE, GROUPS_RETRIEVE, DOMAIN_MANAGEMENT), removeUser,
 * restoreUser · addGroup, editGroup, removeGroup · join (role), joinCustomer, joinExternal, leave · addOrgUnit, addSchema.
 *
 * `google.faults` meets every request, those for tokens too; `google.requests` has what came in; `google.settings` may be
 * changed while it runs. `revokeTokens` and `expirePages` make tokens worthless.
 */
import { type Clock, systemClock } from '../../../src/model/clock.ts';
import { makeCertificate } from '../azure-ad/certificate.ts';
import { type Faults, faults } from '../faults.ts';
import { randomFrom } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import { type EmulatorServer, type Received, serve } from '../server.ts';
import { addKey, type KeyFile, keyFile, newAccount, privateKey, type ServiceAccount, scopes } from './accounts.ts';
import { answerOf, ROOT } from './api.ts';
import type { DirectorySettings } from './ask.ts';
import { Directory } from './directory.ts';
import { directoryError, Refusal, refuse } from './errors.ts';
import { iam } from './iam.ts';
import { metadata } from './metadata.ts';
import { pageTokens } from './pages.ts';
import { QUERIES_A_MINUTE, type QuotaSettings, quota } from './quota.ts';
import { tokens } from './tokens.ts';

/** What may be changed while it runs. */
export interface GoogleSettings extends DirectorySettings, QuotaSettings {
  /** Seconds that a token lives; holds for those issued from now on. */
  tokenLifespan: number;
  /** False: the Admin SDK API is not enabled in the project. */
  adminApi: boolean;
  /** False: the IAM Service Account Credentials API is not. */
  iamApi: boolean;
}

export interface GoogleOptions extends Partial<GoogleSettings> {
  /** Default `fjord.example`. */
  domain?: string;
  /** Domains beside the primary one. */
  secondaryDomains?: readonly string[];
  /** The organisation's name; default `Fjord`. */
  name?: string;
  /** Default one from the seed, such as `C03az79cb`. */
  customerId?: string;
  /** The name of the administrator who is acted for, before the domain; default `admin`. */
  administrator?: string;
  /** Delegated to the service account; default the read-only scopes of users, groups, the customer and its domains. */
  scopes?: readonly string[];
  /** The id of the Google Cloud project; default `rosterd-sync`. */
  project?: string;
  /** Of every id; default 1. */
  seed?: string | number;
  port?: number;
  /** Default false: plain HTTP. True is HTTPS with a certificate made at start: see `ca`. */
  https?: boolean;
  /** HTTPS with these instead; PEM. */
  tls?: { key: string; cert: string };
  /** Is shown each request with its honest answer, before any fault touches it. */
  onExchange?: (request: Received, reply: Reply) => void;
  clock?: Clock;
  /**
   * What the times in assertions are held against; default `clock`. The vendor's library writes them by the machine's clock,
   * so a test that has a clock of its own and uses that library says `systemClock` here.
   */
  assertionClock?: Clock;
}

export interface GoogleEmulator extends EmulatorServer {
  readonly tokenUrl: string;
  readonly directoryUrl: string;
  readonly iamUrl: string;
  /** The directory; edit it directly. */
  readonly directory: Directory;
  readonly customerId: string;
  /** The address of the administrator who is acted for. */
  readonly subject: string;
  readonly serviceAccount: ServiceAccount;
  readonly serviceAccountKey: KeyFile;
  /** The account of the machine whose metadata server this is. */
  readonly workload: ServiceAccount;
  /** Another service account, with nothing delegated to it. */
  addAccount(name: string): ServiceAccount;
  /** Another key for an account: the old ones stay. */
  newKey(account: ServiceAccount): KeyFile;
  /** PEM; what to trust where the server speaks HTTPS, else null. */
  readonly ca: string | null;
  readonly faults: Faults;
  readonly settings: GoogleSettings;
  /** Makes every access token issued so far worthless. */
  revokeTokens(): void;
  /** Makes every page token worthless. */
  expirePages(): void;
}

const PROJECT_NUMBER = '481516234200';

/** Starts an emulated server on a free loopback port. */
export async function startGoogle(options: GoogleOptions = {}): Promise<GoogleEmulator> {
  const { seed = 1, clock = systemClock, project = 'rosterd-sync', domain = 'fjord.example', name = 'Fjord' } = options;
  const now = () => clock.now();
  const assertedAt = () => (options.assertionClock ?? clock).now();
  const settings: GoogleSettings = {
    tokenLifespan: options.tokenLifespan ?? 3599,
    quota: options.quota ?? QUERIES_A_MINUTE,
    quotaReason: options.quotaReason ?? 'rateLimitExceeded',
    deletedUser: options.deletedUser ?? 412,
    emptyLastPage: options.emptyLastPage ?? false,
    adminApi: options.adminApi ?? true,
    iamApi: options.iamApi ?? true,
  };
  const directory = new Directory(seed, [domain, ...(options.secondaryDomains ?? [])], options.customerId, now);
  const { primaryEmail: subject } = directory.addUser({
    primaryEmail: `${options.administrator ?? 'admin'}@${domain}`,
    name: { givenName: 'Directory', familyName: 'Reader' },
    privileges: 'super',
  });

  const random = randomFrom(`google accounts ${seed}`);
  const accounts: ServiceAccount[] = [];
  const addAccount = (called: string) => {
    const account = newAccount(random, called, project);
    accounts.push(account);
    return account;
  };
  const serviceAccount = addAccount('rosterd');
  const readers = [scopes.users, scopes.groups, scopes.members, scopes.customer, scopes.domains];
  serviceAccount.delegated = new Set(options.scopes ?? readers);
  const workload = addAccount('machine');
  serviceAccount.tokenCreators.add(workload.email);
  const keyId = addKey(serviceAccount, privateKey('file'), random);

  const weather = faults(randomFrom(`google faults ${seed}`), clock);
  const pages = pageTokens(randomFrom(`google pages ${seed}`), now);
  const issuer = tokens({
    ...{ directory, accounts, now, assertedAt },
    random: randomFrom(`google tokens ${seed}`),
    lifespan: () => settings.tokenLifespan,
    origin: () => server.origin,
  });
  const taken = quota(settings, PROJECT_NUMBER, now);
  const signer = iam({
    ...{ accounts, tokens: issuer, random, now: assertedAt },
    enabled: () => settings.iamApi,
    project: PROJECT_NUMBER,
  });
  const machine = metadata(workload, issuer, { id: project, number: PROJECT_NUMBER });

  const api = (request: Received): Reply => {
    const holder = issuer.holder(request);
    if (!holder) throw holder === null ? refuse.noToken() : refuse.token();
    if (!settings.adminApi) throw refuse.notConfigured(PROJECT_NUMBER);
    const refusal = taken(holder.user?.id ?? holder.account.email);
    if (refusal) throw refusal;
    return answerOf(request, { directory, organisationName: name, holder, pages, settings });
  };

  const honest = async (request: Received): Promise<Reply> => {
    const reply = answered(request);
    options.onExchange?.(request, reply);
    return reply;
  };
  const answered = (request: Received): Reply => {
    if (request.path === '/token') return issuer.endpoint(request);
    if (request.path.startsWith('/computeMetadata/')) return machine(request);
    if (request.path.startsWith('/v1/projects/')) return signer(request);
    try {
      if (request.path.startsWith(ROOT)) return api(request);
      return json(404, '');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return directoryError(error);
    }
  };

  const made = options.https && !options.tls ? makeCertificate('google.example') : null;
  const tls = options.tls ?? (made ? { key: made.key, cert: made.cert } : null);
  const server = await serve({
    clock,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(tls ? { tls } : {}),
    answer: (request) => weather.apply(request, () => honest(request)),
  });
  const { origin } = server;
  return Object.assign(server, {
    ...{ tokenUrl: `${origin}/token`, directoryUrl: origin, iamUrl: origin },
    ...{ directory, customerId: directory.customerId, subject, serviceAccount, workload, addAccount, settings },
    serviceAccountKey: keyFile(serviceAccount, keyId, privateKey('file'), project, origin),
    newKey: (account: ServiceAccount) => {
      const pem = privateKey('itself');
      return keyFile(account, addKey(account, pem, random), pem, project, origin);
    },
    ca: tls?.cert ?? null,
    faults: weather,
    revokeTokens: issuer.revoke,
    expirePages: pages.expire,
  });
}
