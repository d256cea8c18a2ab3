import type { Random } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { appOf, type OAuthFault } from './assertion.ts';
import { proofOf } from './dpop.ts';
import { type Refusal, refuse } from './errors.ts';
import { assertionIn, scopesOf } from './grant.ts';
import { type ApiToken, type App, challenge, type Holder } from './holders.ts';
import type { Org } from './org.ts';

export interface LoginOptions {
  org: Org;
  apps: readonly App[];
  tokens: readonly ApiToken[];
  random: Random;
  now(): number;
  /** Seconds; asked at each issue. */
  lifespan(): number;
  /** Whether a DPoP proof at a resource needs a nonce too. */
  resourceNonces(): boolean;
  /** The names that the org answers to, its own first. */
  origins(): readonly string[];
}

export interface Login {
  /** POST /oauth2/v1/token. @throws Refusal where the body is no form; what else is wrong is told in OAuth's own way */
  token(request: Received): Reply;
  /** Whose token the request holds, or what Okta says to it. */
  holder(request: Received): Holder | Refusal | Reply;
  /** Makes every access token issued so far worthless. API tokens have a switch of their own. */
  revoke(): void;
  /** Another nonce is needed from now on. */
  rotateNonce(): void;
}

interface Issued {
  app: App;
  scopes: ReadonlySet<string>;
  expires: number;
  /** The thumbprint of the key that it is bound to; null: a bearer token. */
  jkt: string | null;
}

export function login(options: LoginOptions): Login {
  const { org, random, now } = options;
  const issued = new Map<string, Issued>();
  const used = { assertions: new Set<string>(), proofs: new Set<string>() };
  let nonce = random.uuid();
  const urls = (path: string) => options.origins().map((origin) => `${origin}${path}`);

  const issue = (app: App, scopes: readonly string[], jkt: string | null): Reply => {
    const lifespan = options.lifespan();
    const at = Math.floor(now() / 1000);
    const [issuer] = options.origins();
    const who = { cid: app.clientId, sub: app.clientId, scp: scopes, ...(jkt === null ? {} : { cnf: { jkt } }) };
    const when = { iat: at, exp: at + lifespan };
    const claims = { ver: 1, jti: `AT.${random.uuid()}`, iss: issuer, aud: issuer, ...when, ...who };
    const parts = [{ kid: 'emulator', alg: 'RS256' }, claims, random.uuid()];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    issued.set(text, { app, scopes: new Set(scopes), jkt, expires: now() + lifespan * 1000 });
    const token_type = jkt === null ? 'Bearer' : 'DPoP';
    return json(200, { token_type, expires_in: lifespan, access_token: text, scope: scopes.join(' ') });
  };

  const token = (request: Received): Reply | OAuthFault => {
    if (!isForm(request.headers['content-type'])) throw refuse.mediaType();
    const form = new URLSearchParams(request.body);
    const assertion = assertionIn(form);
    if (typeof assertion !== 'string') return assertion;
    const audiences = urls(request.path);
    const app = appOf(assertion, { apps: options.apps, audiences, now: now(), used: used.assertions });
    if ('error' in app) return app;
    let jkt: string | null = null;
    // A proof that nobody asked for binds the token all the same (RFC 9449, section 5).
    if (app.requireDpop || request.headers.dpop !== undefined) {
      const wanted = { method: request.method, urls: audiences, nonce, now: now(), used: used.proofs };
      const proof = proofOf(request.headers.dpop, wanted);
      if ('error' in proof) return { status: 400, ...proof, ...(proof.error === 'use_dpop_nonce' ? { nonce } : {}) };
      jkt = proof.jkt;
    }
    const scopes = scopesOf(form.get('scope'), app);
    return 'error' in scopes ? scopes : issue(app, scopes, jkt);
  };

  /** The holder of an access token, sent as a bearer's or with a proof of possession. */
  const byAccessToken = (scheme: string, text: string, request: Received): Holder | Refusal | Reply => {
    const [origin = ''] = options.origins();
    const problem = (error: string, description: string, as = scheme) => {
      const said = `error="${error}", error_description="${description}"`;
      return { 'www-authenticate': challenge(as, origin, '', said, request.path) };
    };
    const known = issued.get(text);
    if (!known || known.expires <= now()) return refuse.token(problem('invalid_token', 'The access token is invalid.'));
    if (known.jkt === null ? scheme !== 'Bearer' : scheme !== 'DPoP') {
      const as = known.jkt === null ? 'Bearer' : 'DPoP';
      return refuse.token(problem('invalid_token', 'The token type does not fit the access token.', as));
    }
    if (known.jkt !== null) {
      // The vendor compares with the path as it decoded it: a proof with %40 in it is refused (okta-sdk-python, issue 541).
      const wanted = { method: request.method, urls: urls(decodedPath(request.path)), now: now(), used: used.proofs };
      const mine = { token: { text, jkt: known.jkt }, nonce: options.resourceNonces() ? nonce : null };
      const proof = proofOf(request.headers.dpop, { ...wanted, ...mine });
      if ('error' in proof) {
        const { error, description } = proof;
        const asked = error === 'use_dpop_nonce';
        const headers = { ...problem(error, description), ...(asked ? { 'dpop-nonce': nonce } : {}) };
        return json(asked ? 401 : 400, { error, error_description: description }, headers);
      }
    }
    const { clientId } = known.app;
    // An app is no user: there is no `me`.
    return { principal: clientId, rights: known.app, scopes: known.scopes, me: () => undefined };
  };

  const byApiToken = (text: string): Holder | Refusal => {
    const known = options.tokens.find(({ value, valid }) => valid && value === text);
    if (!known) return refuse.token();
    const { administrator } = known;
    // A token ends with its administrator's account.
    if (administrator !== null && org.findUser(administrator)?.status === 'DEPROVISIONED') return refuse.token();
    const me = () => (administrator === null ? org.users()[0] : org.findUser(administrator));
    return { principal: text, rights: known, scopes: null, me };
  };

  return {
    token: (request) => {
      const reply = token(request);
      if (!('error' in reply)) return reply;
      const { status, error, description } = reply;
      const headers: Record<string, string> = reply.nonce === undefined ? {} : { 'dpop-nonce': reply.nonce };
      return json(status, { error, error_description: description }, headers);
    },
    holder: (request) => {
      const header = request.headers.authorization;
      if (header === undefined) return refuse.session();
      const [, scheme = '', text = ''] = /^(\S+) +(\S+)$/.exec(header) ?? [];
      if (scheme === 'SSWS') return byApiToken(text);
      if (scheme === 'Bearer' || scheme === 'DPoP') return byAccessToken(scheme, text, request);
      return refuse.scheme();
    },
    revoke: () => issued.clear(),
    rotateNonce: () => {
      nonce = random.uuid();
    },
  };
}

/**
 * Whether a body may be read at all: the token endpoint of a real org answers JSON with 400 and E0000021, in the form of
 * the Management API's errors (Kong/volcano-agent-sdk, issue 21; "HTTP media type not supported" in the vendor's list of
 * codes). That no `Content-Type` at all is answered so too is assumed.
 */
const isForm = (type = ''): boolean => /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type);

export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
