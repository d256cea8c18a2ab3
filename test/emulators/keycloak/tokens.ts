import type { Random } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import type { Client, Clients } from './clients.ts';
import { refused } from './errors.ts';

interface Issued {
  client: Client;
  /** Milliseconds since the epoch. */
  expires: number;
}

export interface Tokens {
  /** The token endpoint (RFC 6749, section 4.4), with the vendor's error bodies. */
  endpoint(request: Received, realm: string): Reply;
  /** Whose token the Authorization header holds; null when it holds none that is valid now. */
  holder(request: Received): Client | null;
  /** Makes every token issued so far worthless. */
  revoke(): void;
}

export interface TokenOptions {
  clients: Clients;
  realms: ReadonlySet<string>;
  random: Random;
  now(): number;
  /** Seconds; asked at each issue. */
  lifespan(): number;
  origin(): string;
}

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };
const problem = (status: number, error: string, error_description: string) =>
  json(status, { error, error_description }, NO_STORE);
const INVALID = 'Invalid client or Invalid client credentials';

export function tokens(options: TokenOptions): Tokens {
  const issued = new Map<string, Issued>();

  const issue = (client: Client): Reply => {
    const lifespan = options.lifespan();
    const at = Math.floor(options.now() / 1000);
    const id = options.random.uuid();
    const claims = {
      exp: at + lifespan,
      iat: at,
      jti: `trrtcc:${id}`,
      sub: options.clients.accountOf(client),
      iss: `${options.origin()}/realms/${client.realm}`,
      typ: 'Bearer',
      azp: client.clientId,
      preferred_username: `service-account-${client.clientId.toLowerCase()}`,
    };
    const token = [{ alg: 'RS256', typ: 'JWT', kid: 'emulator' }, claims, id].map(base64url).join('.');
    issued.set(token, { client, expires: options.now() + lifespan * 1000 });
    return json(
      200,
      {
        access_token: token,
        expires_in: lifespan,
        refresh_expires_in: 0,
        token_type: 'Bearer',
        'not-before-policy': 0,
        scope: 'profile email',
      },
      NO_STORE,
    );
  };

  return {
    endpoint: (request, realm) => {
      if (!options.realms.has(realm)) return refused.noTokenRealm();
      if (request.method !== 'POST') return refused.noMethod();
      const form = new URLSearchParams(request.body);
      if (!form.get('grant_type')) return problem(400, 'invalid_request', 'Missing form parameter: grant_type');
      const { clientId, secret } = credentials(request, form);
      const client = options.clients.find(realm, clientId);
      if (!client?.enabled) return problem(401, 'invalid_client', INVALID);
      if (!client.public && client.secret !== secret) return problem(401, 'unauthorized_client', INVALID);
      if (form.get('grant_type') !== 'client_credentials') {
        return problem(400, 'unsupported_grant_type', 'Unsupported grant_type');
      }
      if (client.public) {
        return problem(401, 'unauthorized_client', 'Public client not allowed to retrieve service account');
      }
      if (!client.serviceAccounts) {
        return problem(401, 'unauthorized_client', 'Client not enabled to retrieve service account');
      }
      return issue(client);
    },
    holder: (request) => {
      const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const known = token === undefined ? undefined : issued.get(token);
      return known && known.expires > options.now() && known.client.enabled ? known.client : null;
    },
    revoke: () => issued.clear(),
  };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Of the body, or of the header (RFC 6749, section 2.3.1: both parts are form-encoded there). */
function credentials(request: Received, form: URLSearchParams): { clientId: string | null; secret: string | null } {
  const basic = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic === undefined) return { clientId: form.get('client_id'), secret: form.get('client_secret') };
  const [id = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  return { clientId: decode(id), secret: decode(rest.join(':')) };
}
