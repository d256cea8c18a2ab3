import type { Random } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import type { App, Holder } from './apps.ts';
import { assertionFault } from './assertion.ts';
import { refuse } from './errors.ts';
import { type LoginError, loginError } from './login-errors.ts';

export interface LoginOptions {
  tenantId: string;
  domain: string;
  apps: readonly App[];
  /** The resource whose tokens Graph takes, such as `https://graph.microsoft.com`. */
  audience: string;
  random: Random;
  now(): number;
  /** Seconds; asked at each issue. */
  lifespan(): number;
  /** The server's own address, which is a name of the resource too. */
  origin(): string;
}

export interface Login {
  /** Everything that is not Graph. @param path the parts of the path, decoded */
  endpoint(request: Received, path: readonly string[]): Reply;
  /** Whose token the request holds. Throws 401 as Graph does when it holds none that is good here and now. */
  holder(request: Received): Holder;
  /** Makes every token issued so far worthless. */
  revoke(): void;
}

interface Issued extends Holder {
  expires: number;
  resource: string;
}

/** Resources that every tenant has; a token for one is no token for Graph. */
const OTHERS = ['https://management.azure.com', 'https://graph.windows.net', 'https://vault.azure.net'];
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function login(options: LoginOptions): Login {
  const { tenantId, random, now } = options;
  const issued = new Map<string, Issued>();
  const no = (code: LoginError, ...parts: string[]) => loginError(code, parts, now(), [random.uuid(), random.uuid()]);
  const isTenant = (name: string) => name.toLowerCase() === tenantId || name.toLowerCase() === options.domain;
  const tokenUrls = (tenant: string) =>
    [tenant, tenantId].flatMap((name) => [
      `${options.origin()}/${name}/oauth2/v2.0/token`,
      `https://login.microsoftonline.com/${name}/oauth2/v2.0/token`,
      `${options.origin()}/${name}/v2.0`,
    ]);

  const credentialFault = (form: URLSearchParams, app: App, tenant: string): Reply | null => {
    const assertion = form.get('client_assertion');
    if (assertion !== null) {
      if (form.get('client_assertion_type') !== ASSERTION) return no(900144, 'client_assertion_type');
      const { appId, certificates } = app;
      const code = assertionFault(assertion, { appId, certificates, audiences: tokenUrls(tenant), now: now() });
      return code === null ? null : no(code);
    }
    const given = form.get('client_secret');
    if (given === null) return no(7000218);
    const secret = app.secrets.find(({ value }) => value === given);
    if (!secret) return no(7000215, app.appId);
    return secret.expires > now() ? null : no(7000222, app.appId);
  };

  const token = (request: Received, tenant: string): Reply => {
    if (request.method !== 'POST') return no(900144, 'grant_type');
    if (!isTenant(tenant)) return no(90002, tenant);
    // Anything but a form is read as one without a parameter (RFC 6749, section 4.4.2).
    const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
    const form = new URLSearchParams(isForm ? request.body : '');
    for (const name of ['grant_type', 'client_id']) if (!form.get(name)) return no(900144, name);
    // No parameter may come twice (section 3.2).
    const twice = [...form.keys()].find((name) => form.getAll(name).length > 1);
    if (twice !== undefined) return no(900144, twice);
    const grant = form.get('grant_type') ?? '';
    if (grant !== 'client_credentials') return no(70003, grant);
    const appId = form.get('client_id') ?? '';
    const app = options.apps.find((each) => each.appId === appId.toLowerCase() && each.registered);
    if (!app) return no(700016, appId, options.domain);
    if (!form.get('scope')) return no(900144, 'scope');
    const fault = credentialFault(form, app, tenant);
    if (fault) return fault;
    const scope = (form.get('scope') ?? '')
      .split(' ')
      .filter((each) => !['openid', 'profile', 'offline_access'].includes(each));
    const resource = /^(.+)\/\.default$/.exec(scope[0] ?? '')?.[1];
    if (scope.length !== 1 || resource === undefined) return no(1002012, scope.join(' '));
    const mine = [options.audience, options.origin()].includes(resource.replace(/\/$/, ''));
    if (!mine && !OTHERS.includes(resource)) return no(500011, resource, options.domain);
    if (app.blocked) return no(53003);
    return issue(app, mine ? options.audience : resource);
  };

  const issue = (app: App, resource: string): Reply => {
    const lifespan = options.lifespan();
    const at = Math.floor(now() / 1000);
    const permissions = new Set(resource === options.audience ? app.permissions : []);
    const claims = {
      ...{ aud: resource, iss: `https://sts.windows.net/${tenantId}/`, iat: at, nbf: at, exp: at + lifespan },
      ...{
        appid: app.appId,
        appidacr: '1',
        idtyp: 'app',
        oid: app.objectId,
        sub: app.objectId,
        tid: tenantId,
        ver: '1.0',
      },
      ...(permissions.size > 0 ? { roles: [...permissions] } : {}),
    };
    const text = [{ typ: 'JWT', alg: 'RS256', kid: 'emulator' }, claims, random.uuid()].map(base64url).join('.');
    issued.set(text, { app, permissions, resource, expires: now() + lifespan * 1000 });
    const answer = { token_type: 'Bearer', expires_in: lifespan, ext_expires_in: lifespan, access_token: text };
    return json(200, answer, { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' });
  };

  return {
    endpoint: (request, path) => {
      const [tenant = '', ...rest] = path;
      const below = rest.join('/');
      if (tenant === 'common' && below === 'discovery/instance') return instances(options, request);
      if (below === 'oauth2/v2.0/token') return token(request, tenant);
      if (below.endsWith('.well-known/openid-configuration')) {
        return isTenant(tenant) || tenant === 'common' ? configuration(options, tenant) : no(90002, tenant);
      }
      return json(404, '');
    },
    holder: (request) => {
      const header = request.headers.authorization;
      if (header === undefined) throw refuse.token('Access token is empty.');
      const text = /^Bearer +(\S+)$/i.exec(header)?.[1];
      if (text?.split('.').length !== 3) throw refuse.token('IDX14100: JWT is not well formed, there are no dots (.).');
      const known = issued.get(text);
      if (!known) throw refuse.token('Invalid or expired token: the signature is not valid.');
      if (known.resource !== options.audience) throw refuse.token('Access token validation failure. Invalid audience.');
      if (known.expires <= now()) throw refuse.token('Lifetime validation failed, the token is expired.');
      return known;
    },
    revoke: () => issued.clear(),
  };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** OpenID Connect Discovery 1.0, as MSAL asks for it where it does not know the authority. */
function configuration({ origin, tenantId }: LoginOptions, tenant: string): Reply {
  const at = `${origin()}/${tenant}`;
  return json(200, {
    token_endpoint: `${at}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${at}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${origin()}/${tenantId}/v2.0`,
    authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
    msgraph_host: new URL(origin()).host,
  });
}

function instances({ origin, tenantId }: LoginOptions, request: Received): Reply {
  const asked = request.query.get('authorization_endpoint');
  if (!asked)
    return json(400, {
      error: 'invalid_request',
      error_description: "AADSTS900144: The request must contain the following parameter: 'authorization_endpoint'.",
      error_codes: [900144],
    });
  const { host } = new URL(origin());
  return json(200, {
    tenant_discovery_endpoint: `${origin()}/${tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': request.query.get('api-version') ?? '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  });
}
