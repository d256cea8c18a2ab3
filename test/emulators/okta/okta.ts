/**
 * An Okta org with its Management API, as far as reading a directory goes.
 *
 *   await using okta = await startOkta();
 *   const ada = okta.org.addUser({ login: 'ada@acme.example', firstName: 'Ada' });
 *   const team = okta.org.addGroup({ name: 'Team' });
 *   okta.org.join(ada, team);
 *   await fetch(`${okta.orgUrl}/api/v1/users`, { headers: { authorization: `SSWS ${okta.apiToken}` } });
 *
 * Or with the app `okta.app`: a client assertion signed with `okta.app.privateKey` (a JWK and PEM; registered in
 * `okta.app.keys`) gets an access token at `${okta.orgUrl}/oauth2/v1/token`. Its scopes, role and `requireDpop` may be
 * changed at any time; `addApp` and `addToken` make others, such as a group administrator's.
 *
 * The org: user, group, findUser, findGroup, users, groups, membersOf, groupsOf, everyone · addUser, editProfile, setStatus
 * (any of the eight), setTransition, signIn, deleteUser (deactivated ones only), deactivateAndDelete · addGroup, editGroup,
 * renameGroup, removeGroup · join, leave · asOf (edits of another day) · deactivationMovesGroups, deletionMovesGroups,
 * everyoneKeepsDeactivated.
 *
 * `okta.settings` has the limits, the form of links, short and empty pages, how far a search is behind, how what a role does
 * not see is refused by id; `okta.faults` meets requests as they come in, `okta.requests` has them. `revokeTokens`,
 * `expirePages`, `rotateNonce` make what was handed out worthless.
 */
import { type Clock, systemClock } from '../../../src/model/clock.ts';
import { makeCertificate } from '../azure-ad/certificate.ts';
import { type Faults, faults } from '../faults.ts';
import { randomFrom } from '../random.ts';
import type { Reply } from '../reply.ts';
import { type EmulatorServer, type Received, serve } from '../server.ts';
import type { OktaSettings } from './ask.ts';
import { resource } from './endpoints.ts';
import { oktaError, Refusal, refuse } from './errors.ts';
import { everyday } from './failures.ts';
import { type ApiToken, type App, type Role, sightOf } from './holders.ts';
import { type KeyPair, usualKeyPair } from './keys.ts';
import { bucketOf, limitHeaders, rateLimits, vendorLimits } from './limits.ts';
import { login } from './login.ts';
import { Org } from './org.ts';
import { cursors } from './pages.ts';
import { wellKnown } from './settings.ts';

export interface OktaOptions extends Partial<Omit<OktaSettings, 'limits'>> {
  /** Requests in a minute for the whole org, by the part of the API; default what the vendor allows. */
  limits?: Partial<OktaSettings['limits']>;
  /** The role of the administrator who made `apiToken`; default READ_ONLY_ADMIN. */
  tokenRole?: Role | null;
  /** The login of who made `apiToken`; default whoever is the first user when it matters. */
  administrator?: string;
  /** Default one made from the seed. */
  clientId?: string;
  /** Of the app; default `okta.users.read` and `okta.groups.read`. */
  scopes?: readonly string[];
  /** Of the app; default READ_ONLY_ADMIN. Null: it may see nothing. */
  appRole?: Role | null;
  /** Whether the app must use DPoP; default false, though the vendor's new apps must. */
  requireDpop?: boolean;
  /** Refuses with 400 what Okta passes over without a word, unknown parameters and limits that are too high; default true. */
  strict?: boolean;
  /** Of every id; default 1. */
  seed?: string | number;
  /** HTTPS with a certificate made at start, which `ca` holds; default false. */
  https?: boolean;
  /** HTTPS with these instead; PEM. */
  tls?: { key: string; cert: string };
  port?: number;
  /** Is shown each request to the API with its honest answer, before any fault touches it. */
  onExchange?: (request: Received, reply: Reply) => void;
  clock?: Clock;
}

export interface OktaEmulator extends EmulatorServer {
  /** What stands for `https://acme.okta.com`; the origin. */
  readonly orgUrl: string;
  /** The directory; edit it directly. */
  readonly org: Org;
  /** An API token with the role that the options named. */
  readonly apiToken: string;
  /** Every API token, that one first. Set `valid` or `role` at any time. */
  readonly tokens: readonly ApiToken[];
  addToken(token?: { role?: Role | null; groups?: Iterable<string>; administrator?: string }): ApiToken;
  /** The app that the options named, with its private key. */
  readonly app: App & Pick<KeyPair, 'privateKey'>;
  /** Registers another app, with no scope, role and key unless told. */
  addApp(app?: Partial<App>): App;
  /** PEM; what to trust where the server speaks HTTPS, else null. */
  readonly ca: string | null;
  readonly faults: Faults;
  /** What may be changed while it runs. */
  readonly settings: OktaSettings;
  /** Makes every access token issued so far worthless. */
  revokeTokens(): void;
  /** Makes every `after` cursor worthless. */
  expirePages(): void;
  /** DPoP proofs need another nonce from now on. */
  rotateNonce(): void;
  /** For the fault `freshLoop`: the page that this request gets is the one that its links lead to, for ever. */
  repeatPage(request: Received): void;
}

const usual: OktaSettings = {
  limits: vendorLimits,
  tokenShare: 0.5,
  throttle: true,
  linkHeader: 'lines',
  linkOrigin: null,
  shortPages: false,
  emptyPage: null,
  hidden: 403,
  ignoreFields: false,
  searchLag: 0,
  concurrency: 75,
  concurrencyHeaders: 'zeros',
  tokenLifespan: 3600,
  resourceNonces: false,
};

/** Starts an emulated org on a free loopback port. */
export async function startOkta(options: OktaOptions = {}): Promise<OktaEmulator> {
  const { seed = 1, clock = systemClock, strict = true } = options;
  const now = () => clock.now();
  const random = randomFrom(`okta ${seed}`);
  const given = Object.entries(options).filter(([name, value]) => name in usual && value !== undefined);
  const settings: OktaSettings = { ...usual, ...Object.fromEntries(given) };
  settings.limits = { ...vendorLimits, ...options.limits };
  const org = new Org(seed, now);
  const [tokens, apps]: [ApiToken[], App[]] = [[], []];
  const addToken: OktaEmulator['addToken'] = ({ role = null, groups, administrator = null as string | null } = {}) => {
    const value = `00${random.uuid().replaceAll('-', '')}${random.uuid().slice(0, 8)}`;
    const token = { value, administrator, role, groups: groups ? new Set(groups) : null, valid: true };
    tokens.push(token);
    return token;
  };
  const addApp: OktaEmulator['addApp'] = (wanted = {}) => {
    const none = { keys: [], scopes: new Set<string>(), role: null, groups: null, requireDpop: false, active: true };
    const app: App = { clientId: org.newId('0oa'), ...none, ...wanted };
    apps.push(app);
    return app;
  };
  const keys = usualKeyPair();
  addToken({
    role: options.tokenRole === undefined ? 'READ_ONLY_ADMIN' : options.tokenRole,
    ...(options.administrator === undefined ? {} : { administrator: options.administrator }),
  });
  const app = addApp({
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    keys: [keys.publicJwk],
    scopes: new Set(options.scopes ?? ['okta.users.read', 'okta.groups.read']),
    role: options.appRole === undefined ? 'READ_ONLY_ADMIN' : options.appRole,
    requireDpop: options.requireDpop ?? false,
  });
  const weather = faults(randomFrom(`faults ${seed}`), clock);
  weather.conditions.failures = everyday();
  const after = cursors(randomFrom(`pages ${seed}`));
  const repeated = new WeakSet<Received>();
  const take = rateLimits(settings, now);
  const origins = () => [server.origin, ...(settings.linkOrigin === null ? [] : [settings.linkOrigin])];
  const issuer = login({
    ...{ org, apps, tokens, now, origins },
    random: randomFrom(`tokens ${seed}`),
    lifespan: () => settings.tokenLifespan,
    resourceNonces: () => settings.resourceNonces,
  });

  const answer = (request: Received): Reply => {
    const { method, path } = request;
    const origin = settings.linkOrigin ?? server.origin;
    const holder = path.startsWith('/api/') ? issuer.holder(request) : null;
    const principal = holder && 'principal' in holder ? holder.principal : '';
    const { over, headers } = take(bucketOf(path), principal);
    const reply = written(random.uuid().replaceAll('-', ''), now(), () => {
      if (over) throw refuse.tooMany();
      if (path === '/oauth2/v1/token') {
        if (method !== 'POST') throw refuse.method();
        return issuer.token(request);
      }
      if (path === '/.well-known/okta-organization') return wellKnown(org, origin);
      if (!holder) throw refuse.path();
      if (holder instanceof Refusal) throw holder;
      if (!('principal' in holder)) return holder;
      const asked = { parameters: request.query, headers: request.headers, path: path.replace(/\/+$/, ''), now: now() };
      const sight = sightOf(holder, org);
      const pages = { cursors: after, repeats: repeated.has(request) };
      return resource({ ...asked, ...pages, org, holder, sight, origin, strict, settings }, method);
    });
    return { ...reply, headers: { ...headers, ...reply.headers } };
  };

  const honest = async (request: Received): Promise<Reply> => {
    const reply = answer(request);
    if (request.path.startsWith('/api/')) options.onExchange?.(request, reply);
    return reply;
  };

  let inFlight = 0;
  const crowded = (request: Received): Reply => {
    const reply = written(random.uuid().replaceAll('-', ''), now(), () => {
      throw refuse.tooMany();
    });
    const limit = settings.limits[bucketOf(request.path)];
    const [most, left] = settings.concurrencyHeaders === 'zeros' ? [0, 0] : [limit, Math.ceil(limit / 2)];
    return { ...reply, headers: { ...reply.headers, ...limitHeaders(most, left, now() + 60_000) } };
  };

  const made = options.https && !options.tls ? makeCertificate('okta.example') : null;
  const tls = options.tls ?? (made ? { key: made.key, cert: made.cert } : null);
  const server = await serve({
    clock,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(tls ? { tls } : {}),
    answer: async (request) => {
      inFlight++;
      const over = inFlight > settings.concurrency;
      try {
        return await weather.apply(request, async () => (over ? crowded(request) : honest(request)));
      } finally {
        inFlight--;
      }
    },
  });
  return Object.assign(server, {
    ...{ orgUrl: server.origin, org, tokens, addToken, addApp, ca: tls?.cert ?? null, faults: weather, settings },
    apiToken: tokens[0]?.value ?? '',
    app: Object.assign(app, { privateKey: keys.privateKey }),
    revokeTokens: issuer.revoke,
    expirePages: after.expire,
    rotateNonce: issuer.rotateNonce,
    repeatPage: (request: Received) => void repeated.add(request),
  });
}

/** The answer, or what was refused in Okta's way of writing it, dated by the server's clock. */
function written(requestId: string, now: number, answer: () => Reply): Reply {
  const headers = {
    date: new Date(now).toUTCString(),
    'x-okta-request-id': requestId,
    'cache-control': 'no-cache, no-store',
    expires: '0',
    pragma: 'no-cache',
    vary: 'Accept-Encoding',
  };
  try {
    const reply = answer();
    return { ...reply, headers: { ...headers, ...reply.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reply = oktaError(error, `oae${Buffer.from(requestId, 'hex').toString('base64url')}`);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }
}
