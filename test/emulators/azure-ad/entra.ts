/**
 * Entra ID and Microsoft Graph v1.0, as far as reading a directory goes.
 *
 *   await using entra = await startEntra({ https: false });
 *   const ada = entra.tenant.addUser({ userPrincipalName: 'ada@contoso.example', givenName: 'Ada' });
 *   const team = entra.tenant.addGroup({ displayName: 'Team', type: 'microsoft365' });
 *   entra.tenant.join(ada, team);
 *
 * The token endpoint is at `${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`, Graph at `${entra.graphUrl}/v1.0`; both
 * have the same origin. MSAL speaks HTTPS only: then `entra.ca` is the certificate to trust. `entra.app` holds the client
 * id, its secrets and certificates and its permissions, and may be changed at any time.
 *
 * The tenant: user, group, findUser, findGroup, find, users, groups, membersOf, groupsOf · addUser, addGuest, editUser,
 * setManager, removeUser (soft), restoreUser · addGroup (type: security, mailSecurity, distribution, microsoft365, dynamic;
 * visibility: 'HiddenMembership'), editGroup, removeGroup (soft for microsoft365), restoreGroup · addDevice,
 * addServicePrincipal, addContact · join, leave (any object) · purge (for good).
 *
 * Faults: `entra.faults` meets requests as they come in, `entra.parts` each part of a `$batch` by itself. `entra.requests`
 * has what came in, `entra.batched` the parts. `revokeTokens`, `expirePages`, `expireDeltas` make tokens worthless.
 */
import { type Clock, systemClock } from '../../../src/model/clock.ts';
import { type Faults, faults } from '../faults.ts';
import { randomFrom } from '../random.ts';
import type { Reply } from '../reply.ts';
import { type EmulatorServer, type Received, type Recorded, serve } from '../server.ts';
import type { App } from './apps.ts';
import type { GraphSettings } from './ask.ts';
import { batch } from './batch.ts';
import { makeCertificate } from './certificate.ts';
import { deltaTokens } from './delta-tokens.ts';
import { graphError, Refusal, refuse } from './errors.ts';
import { resource } from './graph.ts';
import { login } from './login.ts';
import { pageTokens } from './pages.ts';
import { Tenant } from './tenant.ts';
import { costOf, throttle, unitsFor } from './throttle.ts';

export interface EntraOptions extends Partial<GraphSettings> {
  /** The directory (tenant) id; default a UUID from the seed. */
  tenantId?: string;
  /** The tenant's own domain; default `contoso.example`. Tokens may be asked for at it instead of the id. */
  domain?: string;
  /** The organisation's name; default `Contoso`. */
  name?: string;
  /** The application (client) id; default a UUID from the seed. */
  clientId?: string;
  /** Default `emulated-secret`. */
  clientSecret?: string;
  /** Application permissions; default `User.Read.All` and `GroupMember.Read.All`. */
  permissions?: readonly string[];
  /** Seconds that a token lives; default 3599. */
  tokenLifespan?: number;
  /** The resource that tokens are for; default `https://graph.microsoft.com`. The server's own address is one too. */
  audience?: string;
  /** Resource units in ten seconds, or false for no limit; default what the vendor allows a tenant of this size. */
  throttle?: number | false;
  /** Refuses parameters that Graph does not know with 400, though it ignores them; default true. */
  strict?: boolean;
  /** Of every id; default 1. */
  seed?: string | number;
  /** Default true, with a certificate made at start: see `ca`. */
  https?: boolean;
  /** HTTPS with these instead; PEM. */
  tls?: { key: string; cert: string };
  port?: number;
  /** Is shown each request to Graph, and each part of a batch, with its honest answer, before any fault touches it. */
  onExchange?: (request: Received, reply: Reply) => void;
  clock?: Clock;
}

export interface EntraEmulator extends EmulatorServer {
  /** What stands for `https://login.microsoftonline.com`. */
  readonly loginUrl: string;
  /** What stands for `https://graph.microsoft.com`. */
  readonly graphUrl: string;
  readonly tenantId: string;
  /** The directory; edit it directly. */
  readonly tenant: Tenant;
  /** The application that the options named. */
  readonly app: App;
  /** Registers another application, with a secret and no permission unless told. */
  addApp(app?: { appId?: string; secret?: string; permissions?: readonly string[] }): App;
  /** PEM; what to trust where the server speaks HTTPS, else null. */
  readonly ca: string | null;
  readonly faults: Faults;
  /** Faults of the parts of batches. A reset part is answered with 504. */
  readonly parts: Faults;
  /** The parts of batches that were answered. */
  readonly batched: Recorded[];
  /** What may be changed while it runs. */
  readonly settings: GraphSettings & { tokenLifespan: number; throttle: number | false | undefined };
  /** Makes every access token issued so far worthless. */
  revokeTokens(): void;
  /** Makes every `$skiptoken` of lists worthless (400 Directory_ExpiredPageToken). */
  expirePages(): void;
  /** Makes every token of delta queries expired, of their pages too. */
  expireDeltas(): void;
}

const DAY_MS = 86_400_000;

/** Starts an emulated server on a free loopback port. */
export async function startEntra(options: EntraOptions = {}): Promise<EntraEmulator> {
  const { seed = 1, clock = systemClock, strict = true } = options;
  const now = () => clock.now();
  const random = randomFrom(`entra ${seed}`);
  const tenantId = options.tenantId ?? random.uuid();
  const tenant = new Tenant(seed, options.domain ?? 'contoso.example', now);
  const audience = options.audience ?? 'https://graph.microsoft.com';
  const settings = {
    deltaPageSize: options.deltaPageSize ?? 200,
    deltaMembers: options.deltaMembers ?? 1000,
    deltaLag: options.deltaLag ?? 0,
    expiredDelta: options.expiredDelta ?? ('gone' as const),
    listServicePrincipals: options.listServicePrincipals ?? false,
    tokenLifespan: options.tokenLifespan ?? 3599,
    throttle: options.throttle,
  };
  const apps: App[] = [];
  const addApp: EntraEmulator['addApp'] = (wanted = {}) => {
    const appId = (wanted.appId ?? random.uuid()).toLowerCase();
    const { id: objectId } = tenant.addServicePrincipal(`Application ${apps.length + 1}`, { id: random.uuid(), appId });
    const app: App = {
      ...{ appId, objectId, certificates: [], registered: true, blocked: false },
      secrets: [{ value: wanted.secret ?? 'emulated-secret', expires: now() + 180 * DAY_MS }],
      permissions: new Set(wanted.permissions),
    };
    apps.push(app);
    return app;
  };
  const app = addApp({
    permissions: options.permissions ?? ['User.Read.All', 'GroupMember.Read.All'],
    ...(options.clientId === undefined ? {} : { appId: options.clientId }),
    ...(options.clientSecret === undefined ? {} : { secret: options.clientSecret }),
  });
  const weather = faults(randomFrom(`faults ${seed}`), clock);
  const partWeather = faults(randomFrom(`part faults ${seed}`), clock);
  const pages = pageTokens(randomFrom(`pages ${seed}`));
  const deltas = deltaTokens(randomFrom(`deltas ${seed}`), now);
  const batched: Recorded[] = [];
  const issuer = login({
    ...{ tenantId, domain: tenant.domain, apps, audience, now },
    random: randomFrom(`tokens ${seed}`),
    lifespan: () => settings.tokenLifespan,
    origin: () => server.origin,
  });
  const limit = () =>
    settings.throttle === false ? null : (settings.throttle ?? unitsFor(tenant.list('user').length));
  const bucket = throttle(limit, now);

  const graph = (request: Received): Reply => {
    const holder = issuer.holder(request);
    const cost = costOf(request);
    bucket.take(cost, [holder.app.appId, tenantId]);
    const [, version = '', path = ''] = /^\/([^/]+)\/(.*?)\/*$/.exec(request.path) ?? [];
    const reply = resource(
      {
        ...{ tenant, tenantId, holder, apps, strict, pages, deltas, settings, path },
        ...{ parameters: request.query, headers: request.headers, body: request.body },
        organisationName: options.name ?? 'Contoso',
        root: `${server.origin}/${version}`,
        eventual: String(request.headers.consistencylevel).toLowerCase() === 'eventual',
      },
      request.method,
    );
    return bucket.marked(reply, cost);
  };

  const honest = async (request: Received): Promise<Reply> => {
    const [, area = '', ...rest] = request.path.split('/').map(decoded);
    if (area !== 'v1.0' && area !== 'beta') return issuer.endpoint(request, [area, ...rest]);
    const requestId = random.uuid();
    const reply = await written(requestId, now(), async () => {
      if (area === 'beta') throw refuse.request("Invalid version: only 'v1.0' is emulated.");
      if (rest.join('/') !== '$batch') return graph(request);
      issuer.holder(request);
      if (request.method !== 'POST') throw refuse.method();
      return batch(request, area, part);
    });
    if (rest.join('/') !== '$batch') options.onExchange?.(request, reply);
    return reply;
  };

  const part = async (request: Received): Promise<Reply> => {
    const { method, path } = request;
    const recorded: Recorded = { method, path, query: Object.fromEntries(request.query), status: null };
    batched.push(recorded);
    const reply = await partWeather.apply(request, () => honest(request));
    recorded.status = reply.status;
    return reply;
  };

  const made = (options.https ?? true) && !options.tls ? makeCertificate('entra.example') : null;
  const tls = options.tls ?? (made ? { key: made.key, cert: made.cert } : null);
  const server = await serve({
    clock,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(tls ? { tls } : {}),
    answer: (request) => weather.apply(request, () => honest(request)),
  });
  return Object.assign(server, {
    ...{ loginUrl: server.origin, graphUrl: server.origin, tenantId, tenant, app, addApp, ca: tls?.cert ?? null },
    ...{ faults: weather, parts: partWeather, batched, settings },
    revokeTokens: issuer.revoke,
    expirePages: pages.expire,
    expireDeltas: deltas.expire,
  });
}

/** The answer, or what was refused in Graph's way of writing it. */
async function written(requestId: string, now: number, answer: () => Promise<Reply>): Promise<Reply> {
  const headers = { 'request-id': requestId, 'client-request-id': requestId, 'cache-control': 'no-cache' };
  try {
    const reply = await answer();
    return { ...reply, headers: { ...headers, ...reply.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reply = graphError(error, now, requestId);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
