import { json, type Reply } from '../reply.ts';

/** status, OAuth error (RFC 6749, section 5.2) and text (developers.google.com/identity/protocols/oauth2/service-account, error codes). */
const table = {
  grantMissing: [400, 'invalid_request', 'Required parameter is missing: grant_type'],
  assertionMissing: [400, 'invalid_request', 'Required parameter is missing: assertion'],
  grant: [400, 'unsupported_grant_type', 'Invalid grant_type: {1}'],
  malformed: [400, 'invalid_grant', 'Bad Request'],
  account: [400, 'invalid_grant', 'Invalid grant: account not found'],
  disabled: [401, 'disabled_client', 'The OAuth client was disabled.'],
  signature: [400, 'invalid_grant', 'Invalid JWT Signature.'],
  audience: [400, 'invalid_grant', 'Invalid JWT: Failed audience check.'],
  time: [
    400,
    'invalid_grant',
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  ],
  scope: [400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.'],
  address: [400, 'invalid_grant', 'Not a valid email or user ID.'],
  subject: [400, 'invalid_grant', 'Invalid email or User ID'],
  unauthorized: [
    401,
    'unauthorized_client',
    'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
  ],
  denied: [403, 'access_denied', 'Requested client not authorized.'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type TokenError = keyof typeof table;

/** The token endpoint's answer to what it refuses: OAuth's shape, not the API's. */
export function tokenError(name: TokenError, value = ''): Reply {
  const [status, error, text] = table[name];
  const answer = { error, error_description: text.replace('{1}', value) };
  return json(status, answer, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-cache, no-store',
  });
}
