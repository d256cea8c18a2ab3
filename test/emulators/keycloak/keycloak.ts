import { type Clock, systemClock } from '../../../src/model/clock.ts';
import { type Faults, faults } from '../faults.ts';
import { randomFrom } from '../random.ts';
import type { Reply } from '../reply.ts';
import { type EmulatorServer, type Received, serve } from '../server.ts';
import { resource } from './admin.ts';
import { type Client, clientsOf, type NewClient } from './clients.ts';
import { Refusal, refused } from './errors.ts';
import { found } from './query.ts';
import { Realm } from './realm.ts';
import { type Role, rightsOf } from './rights.ts';
import { type Tokens, tokens } from './tokens.ts';

export interface KeycloakOptions {
  /** The realm to read; default `company`. */
  realm?: string;
  /** Where the client lives; default the same realm. The vendor lets clients of `master` into every realm. */
  authRealm?: string;
  /** Default `rosterd`. */
  clientId?: string;
  /** Default `emulated-secret`. */
  clientSecret?: string;
  /** Default `view-users`. */
  roles?: readonly Role[];
  /** Seconds that a token lives; default 300. */
  tokenLifespan?: number;
  /** 22 lists groups as whole trees; default 26. */
  version?: 22 | 26;
  /** Of every id; default 1. */
  seed?: string | number;
  /** Refuses parameters that the vendor does not have with 400, though the vendor ignores them; default true. */
  strict?: boolean;
  /** Put before every path, such as `/auth`. */
  basePath?: string;
  port?: number;
  /** Is shown each request with its honest answer, before any fault touches it. */
  onExchange?: (request: Received, reply: Reply) => void;
  tls?: { key: string; cert: string };
  clock?: Clock;
}

/** Keycloak, as far as a directory sync meets it. Everything may be changed while it runs. */
export interface KeycloakEmulator extends EmulatorServer {
  /** What a source's `url` is: the origin and the base path. */
  readonly url: string;
  readonly realmName: string;
  /** The directory; edit it directly. */
  readonly realm: Realm;
  /** The client that the options named. */
  readonly client: Client;
  /** Adds another client, by default of the same realm and with no role. */
  addClient(client: NewClient): Client;
  readonly faults: Faults;
  /** Makes every token issued so far worthless. */
  revokeTokens(): void;
  /** Seconds; holds for tokens issued from now on. */
  tokenLifespan: number;
}

/** Starts an emulated server on a free loopback port. */
export async function startKeycloak(options: KeycloakOptions = {}): Promise<KeycloakEmulator> {
  const realmName = options.realm ?? 'company';
  const seed = options.seed ?? 1;
  const clock = options.clock ?? systemClock;
  const basePath = options.basePath ?? '';
  const realm = new Realm(seed);
  const clients = clientsOf(realmName, realm, randomFrom(`clients ${seed}`));
  const client = clients.add({
    clientId: options.clientId ?? 'rosterd',
    realm: options.authRealm ?? realmName,
    roles: new Set(options.roles ?? ['view-users']),
    ...(options.clientSecret === undefined ? {} : { secret: options.clientSecret }),
  });
  const realms = new Set([realmName, client.realm, 'master']);
  const weather = faults(randomFrom(`faults ${seed}`), clock);
  const settings = { tokenLifespan: options.tokenLifespan ?? 300 };
  const issuer: Tokens = tokens({
    clients,
    realms,
    random: randomFrom(`tokens ${seed}`),
    now: () => clock.now(),
    lifespan: () => settings.tokenLifespan,
    origin: () => `${server.origin}${basePath}`,
  });

  const admin = (request: Received, asked: string, path: readonly string[]): Reply => {
    const holder = issuer.holder(request);
    if (!holder) return refused.unauthorized();
    if (!realms.has(asked)) return refused.noRealm();
    if (holder.realm !== asked && holder.realm !== 'master') return refused.forbidden();
    // The other realms of the emulated server are there to hold clients; their directories are empty.
    const directory = asked === realmName ? realm : new Realm(seed);
    const { version = 26, strict = true } = options;
    const rights = rightsOf(holder.roles);
    return resource(
      { realm: directory, name: asked, rights, version, strict, parameters: request.query },
      request.method,
      path,
    );
  };

  const honest = (request: Received): Reply => {
    if (!request.path.startsWith(`${basePath}/`)) return refused.noResource();
    const path = request.path.slice(basePath.length + 1).replace(/\/+$/, '');
    const [area = '', name = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (area === '') return { status: 302, headers: { location: `${server.origin}${basePath}/admin/` }, body: '' };
    if (area === 'admin') {
      const [asked, ...below] = rest;
      return name === 'realms' && asked !== undefined ? admin(request, asked, below) : refused.noMethod();
    }
    if (area !== 'realms') return refused.noResource();
    if (rest.join('/') === 'protocol/openid-connect/token') return issuer.endpoint(request, name);
    if (!realms.has(name)) return refused.noTokenRealm();
    return rest.length === 0 ? publicRealm(`${server.origin}${basePath}/realms/${name}`, name) : refused.notFound();
  };

  const server = await serve({
    clock,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.tls ? { tls: options.tls } : {}),
    answer: (request) =>
      weather.apply(request, async () => {
        const reply = orRefusal(() => honest(request));
        options.onExchange?.(request, reply);
        return reply;
      }),
  });
  return Object.assign(settings, server, {
    url: `${server.origin}${basePath}`,
    realmName,
    realm,
    client,
    addClient: clients.add,
    faults: weather,
    revokeTokens: issuer.revoke,
  });
}

function orRefusal(answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

/** What anybody may know of a realm. */
function publicRealm(url: string, name: string): Reply {
  return found({
    realm: name,
    public_key: 'ZW11bGF0ZWQ=',
    'token-service': `${url}/protocol/openid-connect`,
    'account-service': `${url}/account`,
    'tokens-not-before': 0,
  });
}
