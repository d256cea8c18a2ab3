import { type Clock, systemClock } from '../../../src/model/clock.ts';
import { type Faults, faults } from '../faults.ts';
import { randomFrom } from '../random.ts';
import type { Reply } from '../reply.ts';
import { type EmulatorServer, type Received, serve } from '../server.ts';
import { Refusal, refused } from './errors.ts';
import { childrenOfGroup, countGroups, listGroups, membersOfGroup, oneGroup } from './groups.ts';
import { Realm } from './realm.ts';
import { type Role, rightsOf } from './rights.ts';
import { type Client, type Tokens, tokens } from './tokens.ts';
import { type Admin, countGroupsOfUser, countUsers, found, groupsOfUser, listUsers, oneUser } from './users.ts';

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
  /** Every client of the server; add more, of other realms too. */
  readonly clients: Client[];
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
  const client: Client = {
    clientId: options.clientId ?? 'rosterd',
    secret: options.clientSecret ?? 'emulated-secret',
    realm: options.authRealm ?? realmName,
    enabled: true,
    public: false,
    serviceAccounts: true,
    roles: new Set(options.roles ?? ['view-users']),
  };
  const clients = [client];
  if (client.realm === realmName) {
    realm.addUser({ username: `service-account-${client.clientId}`, serviceAccountOf: client.clientId });
  }
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

  const admin = (request: Received, realmAsked: string, rest: readonly string[]): Reply => {
    const holder = issuer.holder(request);
    if (!holder) return refused.unauthorized();
    if (!realms.has(realmAsked)) return refused.noRealm();
    const rights = rightsOf(holder.roles);
    if (holder.realm !== realmAsked && holder.realm !== 'master') return refused.forbidden();
    if (!rights.any && rest.length === 0) return refused.forbidden();
    // The other realms of the emulated server are there to hold clients; their directories are empty.
    const asked = realmAsked === realmName ? realm : new Realm(seed);
    const { version = 26, strict = true } = options;
    return resource(
      { realm: asked, rights, version, strict, parameters: request.query },
      request.method,
      rest,
      realmAsked,
    );
  };

  const honest = (request: Received): Reply => {
    if (!request.path.startsWith(`${basePath}/`)) return refused.noResource();
    const path = request.path.slice(basePath.length + 1).replace(/\/+$/, '');
    const parts = path.split('/').map(decodeURIComponent);
    const [area = '', name = '', ...rest] = parts[0] === 'admin' ? ['admin', parts[2] ?? '', ...parts.slice(3)] : parts;
    if (area === 'admin' && parts[1] === 'realms' && name !== '') return admin(request, name, rest);
    if (area === 'realms' && rest.join('/') === 'protocol/openid-connect/token') return issuer.endpoint(request, name);
    return refused.noResource();
  };

  const server = await serve({
    clock,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.tls ? { tls: options.tls } : {}),
    answer: (request) => weather.apply(request, async () => orRefusal(() => honest(request))),
  });
  return Object.assign(settings, server, {
    url: `${server.origin}${basePath}`,
    realmName,
    realm,
    client,
    clients,
    faults: weather,
    revokeTokens: issuer.revoke,
  });
}

/** What stands below /admin/realms/{realm}. */
function resource(admin: Admin, method: string, path: readonly string[], realm: string): Reply {
  const [kind, id, what, more] = path;
  if (method !== 'GET') return admin.rights.manageUsers ? refused.noMethod() : refused.forbidden();
  if (kind === undefined)
    return found({ realm, bruteForceProtected: false, supportedLocales: [], organizationsEnabled: false });
  const shape = [kind, id === undefined ? '' : id === 'count' ? 'count' : '{id}', what, more].filter(Boolean).join('/');
  switch (shape) {
    case 'users':
      return listUsers(admin);
    case 'users/count':
      return countUsers(admin);
    case 'users/{id}':
      return oneUser(admin, id ?? '');
    case 'users/{id}/groups':
      return groupsOfUser(admin, id ?? '');
    case 'users/{id}/groups/count':
      return countGroupsOfUser(admin, id ?? '');
    case 'groups':
      return listGroups(admin);
    case 'groups/count':
      return countGroups(admin);
    case 'groups/{id}':
      return oneGroup(admin, id ?? '');
    case 'groups/{id}/children':
      return childrenOfGroup(admin, id ?? '');
    case 'groups/{id}/members':
      return membersOfGroup(admin, id ?? '');
    default:
      return refused.notFound();
  }
}

function orRefusal(answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}
