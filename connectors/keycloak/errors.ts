import type { Answer, Explanation, FetchCode } from '../http/errors.ts';
import type { Call } from '../http/http.ts';
import { isObject } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import type { KeycloakConfig } from './schema.ts';

/** Keycloak's own words for "this id does not exist", as 26.x gives them. Any other 404 says nothing about an object. */
export const USER_NOT_FOUND = 'User not found';
export const GROUP_NOT_FOUND = 'Could not find group by id';
/** What a server without the children of a group answers. */
export const NO_METHOD = 'HTTP 405 Method Not Allowed';
export const REALM_NOT_FOUND = 'Realm not found.';
/** Its words for a request that the client has no role for. A proxy's 403 has others. */
export const FORBIDDEN = 'HTTP 403 Forbidden';

type Where = Pick<KeycloakConfig, 'url' | 'realm' | 'authRealm' | 'clientId'>;

interface Row {
  from: 'token' | 'admin';
  status: number;
  /** The `error` of the JSON body; absent: any, a body that is not Keycloak's too. */
  error?: string;
  /** A part of its `error_description`. */
  description?: string;
  code: FetchCode;
  /** What happened and what to do now. */
  say: (where: Where) => string;
}

const home = ({ authRealm, realm }: Where): string => authRealm ?? realm;
/** The client that holds the roles for the realm that is read: another one where the account lives in `master`. */
const rights = (where: Where): string =>
  home(where) === where.realm ? 'realm-management' : `${where.realm}-realm (in realm "${home(where)}")`;

/** The first row that fits is what an answer means. docs/keycloak.md has the same table. */
const ROWS: readonly Row[] = [
  {
    from: 'token',
    status: 401,
    error: 'invalid_client',
    code: 'authentication',
    say: (w) =>
      `Keycloak knows no enabled client "${w.clientId}" in realm "${home(w)}". Check "clientId" and "authRealm", and that the client is enabled.`,
  },
  {
    from: 'token',
    status: 401,
    error: 'unauthorized_client',
    description: 'not enabled to retrieve service account',
    code: 'authentication',
    say: (w) =>
      `the client "${w.clientId}" in realm "${home(w)}" has no service account. Turn on "Service accounts roles" among its capabilities.`,
  },
  {
    from: 'token',
    status: 401,
    error: 'unauthorized_client',
    description: 'Public client',
    code: 'authentication',
    say: (w) =>
      `the client "${w.clientId}" in realm "${home(w)}" is public. Turn on "Client authentication" and "Service accounts roles" among its capabilities.`,
  },
  {
    from: 'token',
    status: 401,
    error: 'unauthorized_client',
    code: 'authentication',
    say: (w) =>
      `Keycloak does not accept the secret of client "${w.clientId}" in realm "${home(w)}". Copy it anew from the client's Credentials tab into "clientSecret".`,
  },
  {
    from: 'token',
    status: 404,
    error: 'Realm does not exist',
    code: 'authentication',
    say: (w) =>
      `Keycloak has no realm "${home(w)}" to sign in to. Check ${w.authRealm === undefined ? '"realm"' : '"authRealm"'}; capitals matter.`,
  },
  {
    from: 'token',
    status: 404,
    error: 'Unable to find matching target resource method',
    code: 'incomplete',
    say: (w) =>
      `there is a Keycloak at ${w.url}, but not under that path. Servers before version 17, and those with http-relative-path, need it in "url", as https://id.example.com/auth; others must not have it.`,
  },
  {
    from: 'token',
    status: 404,
    code: 'incomplete',
    say: (w) =>
      `what answers at ${w.url} is not Keycloak: it has no token endpoint for realm "${home(w)}". Check "url", and proxies between.`,
  },
  {
    from: 'token',
    status: 400,
    error: 'unsupported_grant_type',
    code: 'authentication',
    say: (w) =>
      `the server at ${w.url} does not give tokens for client credentials. Check that "url" is Keycloak's own address.`,
  },
  {
    from: 'admin',
    status: 401,
    code: 'authentication',
    say: () =>
      `Keycloak gave an access token and then refused it, a fresh one too. Check that "url" is the address under which Keycloak knows itself (its hostname setting), that "authRealm" is right, and the clocks of its nodes.`,
  },
  {
    from: 'admin',
    status: 403,
    error: FORBIDDEN,
    code: 'permission',
    say: (w) =>
      [w.realm, 'master'].includes(home(w))
        ? `client "${w.clientId}" may not read users and groups of realm "${w.realm}". Give its service account the role view-users of client ${rights(w)}.`
        : `client "${w.clientId}" of realm "${home(w)}" may not read realm "${w.realm}": only clients of that realm itself and of "master" can. Check "authRealm".`,
  },
  {
    from: 'admin',
    status: 404,
    error: REALM_NOT_FOUND,
    code: 'incomplete',
    say: (w) => `Keycloak has no realm "${w.realm}". Check "realm"; capitals matter.`,
  },
];

/** Keycloak's part of the fetch layer: what an answer means. */
export const explainer =
  (where: Where) =>
  (answer: Answer, call: Call): Explanation | undefined => {
    const from = call.what === TOKEN ? 'token' : 'admin';
    const error = errorOf(answer.body);
    const description = descriptionOf(answer.body);
    const row = ROWS.find(
      (one) =>
        one.from === from &&
        one.status === answer.status &&
        (one.error === undefined || one.error === error) &&
        (one.description === undefined || description.includes(one.description)),
    );
    return row && { code: row.code, sentence: row.say(where) };
  };

/** Whether an answer is Keycloak's own, in these words. */
export const says = (answer: Answer, error: string): boolean => errorOf(answer.body) === error;

/** The `error` of Keycloak's JSON; undefined for what is not Keycloak's, such as a proxy's page. */
export function errorOf(body: unknown): string | undefined {
  return isObject(body) && typeof body.error === 'string' ? body.error : undefined;
}

const descriptionOf = (body: unknown): string =>
  isObject(body) && typeof body.error_description === 'string' ? body.error_description : '';
