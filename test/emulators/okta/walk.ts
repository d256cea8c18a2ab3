import { createHash, type JsonWebKey, randomUUID } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { jwtOf, signed } from './jwt.ts';
import type { OktaEmulator } from './okta.ts';

export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: unknown;
}

/** A row of Okta's, or any other object in an answer. */
export type Row = Readonly<Record<string, unknown>>;

export interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** What stands in `Authorization`; null for nothing; default the emulator's API token. */
  as?: string | null;
}

/** Asks a path of the org, or wherever a link leads. */
export async function ask(okta: OktaEmulator, path: string, asking: Asking = {}): Promise<Answer> {
  const { method = 'GET', body, as = `SSWS ${okta.apiToken}` } = asking;
  const headers = { ...asking.headers, ...(as === null ? {} : { authorization: as }) };
  const url = path.startsWith('http') ? path : `${okta.orgUrl}${path}`;
  const init = { method, headers, dispatcher: agentOf(okta), ...(body === undefined ? {} : { body }) };
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
}

/** All rows of a listing, page by page, and how many pages there were. Throws at any answer but 200. */
export async function all(
  okta: OktaEmulator,
  path: string,
  asking: Asking = {},
): Promise<{ rows: Row[]; pages: number }> {
  const rows: Row[] = [];
  for (let pages = 1, next = path; ; pages++) {
    const answer = await ask(okta, next, asking);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    rows.push(...rowsOf(answer.body));
    const link = linkOf(answer);
    if (link === null) return { rows, pages };
    next = link;
  }
}

export const linkOf = ({ headers }: Answer, rel = 'next'): string | null =>
  new RegExp(`<([^<>]*)>;\\s*rel="${rel}"`).exec(headers.get('link') ?? '')?.[1] ?? null;

export const rowOf = (value: unknown): Row => (value && typeof value === 'object' ? { ...value } : {});
export const rowsOf = (body: unknown): Row[] => (Array.isArray(body) ? body.map(rowOf) : []);
export const idsOf = (rows: readonly Row[]): unknown[] => rows.map(({ id }) => id);

/** The status with Okta's code, or with that of OAuth. */
export function failure({ status, body }: Answer): string {
  const { errorCode, error } = rowOf(body);
  return `${status} ${errorCode ?? error}`;
}

/** Changes to what a usual client assertion says, and the key that signs it. */
export interface Asserting {
  claims?: object;
  header?: object;
  key?: JsonWebKey;
}

/** A client assertion (RFC 7523) of the emulator's own app, good for five minutes. @param now in milliseconds */
export function assertion(okta: OktaEmulator, { claims, header, key }: Asserting = {}, now = Date.now()): string {
  const { clientId, privateKey } = okta.app;
  const jwk = key ?? privateKey.jwk;
  const at = Math.floor(now / 1000);
  const usual = { iss: clientId, sub: clientId, aud: `${okta.orgUrl}/oauth2/v1/token`, iat: at, exp: at + 300 };
  const alg = jwk.kty === 'EC' ? 'ES256' : 'RS256';
  return signed({ alg, kid: jwk.kid, ...header }, { ...usual, jti: randomUUID(), ...claims }, jwk);
}

export async function tokenAnswer(okta: OktaEmulator, form: Record<string, string>, dpop?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(dpop === undefined ? {} : { dpop }) };
  return ask(okta, '/oauth2/v1/token', {
    method: 'POST',
    as: null,
    headers,
    body: new URLSearchParams(form).toString(),
  });
}

export const assertionForm = (client_assertion: string, scope = 'okta.users.read okta.groups.read') => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion,
  scope,
});

/** A bearer's access token of the emulator's own app. */
export async function accessToken(okta: OktaEmulator, scope?: string): Promise<string> {
  const { status, body } = await tokenAnswer(okta, assertionForm(assertion(okta), scope));
  const { access_token: token } = rowOf(body);
  if (status !== 200 || typeof token !== 'string') throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return token;
}

/** A DPoP proof (RFC 9449) by a key. */
export function proof(key: JsonWebKey, method: string, url: string, claims: object = {}, header: object = {}): string {
  const { kty, crv, x, y, n, e } = key;
  const jwk = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
  const alg = kty === 'EC' ? 'ES256' : 'RS256';
  const usual = { htm: method, htu: url, iat: Math.floor(Date.now() / 1000), jti: randomUUID() };
  return signed({ typ: 'dpop+jwt', alg, jwk, ...header }, { ...usual, ...claims }, key);
}

/** What `ath` holds of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

export const claimsOf = (token: string): Row => jwtOf(token)?.claims ?? {};

const agents = new WeakMap<OktaEmulator, Agent>();

function agentOf(okta: OktaEmulator): Agent {
  const agent = agents.get(okta) ?? new Agent(okta.ca ? { connect: { ca: okta.ca } } : {});
  agents.set(okta, agent);
  return agent;
}
