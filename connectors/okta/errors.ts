import { type Answer, type Explanation, type FetchCode, type FetchFailure, Refusal } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import type { Call } from '../http/http.ts';
import { isObject, type Json } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { type OktaConfig, orgOf } from './schema.ts';

/** Okta's own words (developer.okta.com/docs/reference/error-codes) for an id that it does not have. */
export const NOT_FOUND = 'E0000007';
/** For a request that credentials, by their role or their scopes, have no right to. */
export const DENIED = 'E0000006';
/** For a filter that it does not take. */
export const BAD_SEARCH = 'E0000031';
/** For a parameter that it does not take, such as a cursor that is over. */
export const INVALID = 'E0000001';

export type Where = Pick<OktaConfig, 'orgUrl' | 'apiToken' | 'clientId' | 'scopes'>;

interface Row {
  /** `error` at the token endpoint, else Okta's `errorCode`. */
  codes: readonly string[];
  /** Only where the description says so. */
  says?: RegExp;
  /** Only with a challenge that says so (`WWW-Authenticate`). */
  challenge?: RegExp;
  /** Only for these credentials. */
  by?: 'token' | 'application';
  code: FetchCode;
  /** What happened and what to do now. */
  say: (where: Where, found: { what: string; message: string }) => string;
}

const app = ({ clientId }: Where): string => `the application "${clientId}"`;
/** The page of the Admin Console where an application is kept. */
const page = (w: Where): string => `Applications > Applications > ${w.clientId}`;
const keys = (w: Where): string => `${page(w)} > General > Client Credentials > Public Keys`;

/** What the token endpoint refuses (developer.okta.com/docs/api/openapi/okta-oauth). docs/okta.md has the same table. */
export const LOGIN_ROWS: readonly Row[] = [
  {
    codes: ['invalid_client'],
    says: /client_id|client is not active|client.*not found/i,
    code: 'authentication',
    say: (w) =>
      `Okta has no active application "${w.clientId}". Check "clientId" and "orgUrl", and that the application is active at Applications > Applications.`,
  },
  {
    codes: ['invalid_client'],
    says: /\bkid\b/i,
    code: 'authentication',
    say: (w) =>
      `Okta does not know the key that signs for ${app(w)}. Register its public part at ${keys(w)}; where the key is PEM text and the application has several keys, write the id (KID) that stands there into "keyId".`,
  },
  {
    codes: ['invalid_client'],
    says: /signature/i,
    code: 'authentication',
    say: (w) =>
      `"privateKey" is not the private part of the key that Okta has for ${app(w)} under that id. Check "keyId", or make a new key at ${keys(w)}.`,
  },
  {
    codes: ['invalid_client'],
    says: /audience/i,
    code: 'authentication',
    say: (w) =>
      `the org calls itself otherwise than ${orgOf(w)}. Write into "orgUrl" the address that stands below your name in the Admin Console, or the custom domain, and not a proxy's.`,
  },
  {
    codes: ['invalid_client'],
    says: /expired|expiration|not valid yet|issued/i,
    code: 'authentication',
    say: () => "Okta finds the signed request too old or too new. Set this machine's clock right (NTP).",
  },
  {
    codes: ['invalid_client'],
    says: /already been used/i,
    code: 'authentication',
    say: () => 'Okta got the signed request twice. Look at proxies between that repeat requests.',
  },
  {
    codes: ['consent_required'],
    code: 'permission',
    say: (w) =>
      `${app(w)} is granted none of the scopes ${w.scopes.join(', ')}. Grant them at ${page(w)} > Okta API Scopes.`,
  },
  {
    codes: ['invalid_scope'],
    code: 'permission',
    say: (w, { message }) =>
      `Okta does not give the scopes ${w.scopes.join(', ')}: ${message} Check "scopes"; okta.users.read and okta.groups.read are enough.`,
  },
  {
    codes: ['unauthorized_client', 'unsupported_grant_type'],
    code: 'authentication',
    say: (w) =>
      `${app(w)} may not sign in by itself. It must be of the type API Services, which is chosen when it is made; make a new one.`,
  },
  {
    codes: ['access_denied'],
    code: 'permission',
    say: (w, { message }) =>
      `a policy of the org does not let ${app(w)} sign in: ${message} Look at Reports > System Log, and at ${page(w)} > General > Network restrictions.`,
  },
  {
    codes: ['use_dpop_nonce'],
    code: 'authentication',
    say: () =>
      'Okta asks for a nonce in the proof of possession and gives none, or another each time. Look at proxies between that drop the header DPoP-Nonce.',
  },
  {
    codes: ['invalid_dpop_proof'],
    code: 'authentication',
    say: (w, { message }) =>
      `Okta does not take the proof of possession (DPoP): ${message} Check this machine's clock, and that "orgUrl" is the org's own address and not a proxy's; else turn "Require Demonstrating Proof of Possession" off at ${page(w)} > General.`,
  },
];

/** What the Management API refuses. */
export const API_ROWS: readonly Row[] = [
  {
    codes: ['E0000011', 'E0000004'],
    by: 'token',
    code: 'authentication',
    say: () =>
      'Okta does not accept the API token. A token ends when it was not used for 30 days, when it is revoked, and with the account of the administrator who made it. Make a new one at Security > API > Tokens.',
  },
  {
    codes: ['E0000011', 'E0000004', 'invalid_token'],
    code: 'authentication',
    say: (w) =>
      `Okta refused the access token that it had given to ${app(w)}, a fresh one too. Check that the application is active, and that "orgUrl" is the org's own address.`,
  },
  {
    codes: ['E0000005'],
    code: 'authentication',
    say: () =>
      'the request came to Okta without its credentials. Look at proxies between that drop the header Authorization.',
  },
  {
    codes: ['invalid_dpop_proof', 'use_dpop_nonce'],
    code: 'authentication',
    say: (_, { what, message }) =>
      `Okta does not take the proof of possession (DPoP) of the request for ${what}: ${message} Check this machine's clock, and that "orgUrl" is the org's own address and not a proxy's.`,
  },
  {
    codes: ['E0000015'],
    code: 'permission',
    say: (_, { what }) =>
      `the org lacks the feature that the request for ${what} needs. Ask Okta's support, or whoever keeps the org's licence.`,
  },
  {
    codes: [DENIED],
    challenge: /insufficient_scope/,
    code: 'permission',
    say: (w, { what }) => `${app(w)} may not read ${what}. ${grant(w, scopeFor(what))}`,
  },
  {
    codes: [DENIED],
    by: 'token',
    code: 'permission',
    say: (_, { what }) =>
      `the administrator who made the API token may not read ${what}. A token may do what its maker may do: give them the role Read-Only Administrator at Security > Administrators.`,
  },
  {
    codes: [DENIED],
    code: 'permission',
    say: (w, { what }) =>
      `${app(w)} may not read ${what}. Beside scopes it needs a role: assign Read-Only Administrator at ${page(w)} > Admin roles.`,
  },
  {
    codes: ['E0000008', 'E0000022'],
    code: 'incomplete',
    say: (w) => `what answers at ${orgOf(w)} has no Management API. Check "orgUrl".`,
  },
  {
    codes: ['E0000047'],
    code: 'throttled',
    say: (_, { what }) =>
      `the org is at its rate limit for ${what}, all its clients together. Look at Reports > Rate Limits for who uses it up; have rosterd ask less often ("schedule"), or lower "rateLimitShare".`,
  },
];

/** What to do about a scope that is missing. */
export const grant = (w: Where, scope: string): string =>
  w.scopes.includes(scope)
    ? `Grant the scope ${scope} at ${page(w)} > Okta API Scopes.`
    : `Write ${scope} into "scopes", and grant it at ${page(w)} > Okta API Scopes.`;

/** Members are read with the right to groups. */
const scopeFor = (what: string): string => (/\bgroups?\b/.test(what) ? 'okta.groups.read' : 'okta.users.read');

/** Okta's part of the fetch layer: what an answer means. */
export const explainer =
  (where: Where) =>
  (answer: Answer, { what }: Call): Explanation | undefined => {
    const { code, message } = said(answer);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    const by = where.apiToken ? 'token' : 'application';
    const row = (what === TOKEN ? LOGIN_ROWS : API_ROWS).find(
      (each) =>
        each.codes.includes(code) &&
        (each.says?.test(message) ?? true) &&
        (each.challenge?.test(challenge) ?? true) &&
        (each.by ?? by) === by,
    );
    if (row) return { code: row.code, sentence: row.say(where, { what, message }) };
    if (what !== TOKEN || code === '' || answer.status >= 500 || answer.status === 429) return undefined;
    return {
      code: 'authentication',
      sentence: `Okta refused to sign ${app(where)} in (${excerpt(code, 40)}): ${message} Check "clientId", "privateKey" and "orgUrl".`,
    };
  };

/** Whether Okta itself says so, with this status and in its own words: a proxy's page says nothing about an object. */
export const says = (failure: unknown, status: number, code: string): failure is Refusal =>
  failure instanceof Refusal && failure.status === status && codeOf(failure.answer()) === code;

/** Whether Okta itself says that this may not be read. */
export const denies = (failure: FetchFailure): failure is Refusal => says(failure, 403, DENIED);

/** Empty for what is not Okta's. */
export const codeOf = (answer: Answer): string => said(answer).code;

/**
 * Okta's JSON, or that of OAuth, or of an answer without either what its challenge says (RFC 6750, 3). The sentence ends
 * like one.
 */
export function said({ body, headers }: Answer): { code: string; message: string } {
  const { errorCode, errorSummary, error, error_description: description } = isObject(body) ? body : NOTHING;
  const challenge = headers.get('www-authenticate') ?? '';
  const [code, text] = [
    [errorCode, errorSummary],
    [error, description],
    [challenged('error', challenge), challenged('error_description', challenge)],
  ].find(([each]) => typeof each === 'string') ?? ['', ''];
  const message = typeof text === 'string' ? excerpt(text, 300) : '';
  return { code: String(code), message: message === '' || /[.!?…]$/.test(message) ? message : `${message}.` };
}

const NOTHING: Json = Object.freeze({});

const challenged = (name: string, challenge: string): string | undefined =>
  new RegExp(`(?:^|[\\s,])${name}="([^"]*)"`).exec(challenge)?.[1];
