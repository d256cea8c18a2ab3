import type { OAuthFault } from './assertion.ts';
import type { App } from './holders.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SCOPE = /^okta\.[A-Za-z]+\.(read|manage)$/;
const OPENID = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

const no = (status: number, error: string, description: string): OAuthFault => ({ status, error, description });

/** The client assertion of a token request, or why the request is none. */
export function assertionIn(form: URLSearchParams): string | OAuthFault {
  const grant = form.get('grant_type');
  if (grant === null) return no(400, 'invalid_request', "The 'grant_type' parameter is missing.");
  if (grant !== 'client_credentials') {
    const known = 'Configured grant types: [client_credentials].';
    const description = `The authorization grant type is not supported by the authorization server. ${known}`;
    return no(400, 'unsupported_grant_type', description);
  }
  const assertion = form.get('client_assertion');
  if (assertion === null) {
    const description = 'Client authentication failed. Either the client or the client credentials are invalid.';
    return no(401, 'invalid_client', description);
  }
  if (form.get('client_assertion_type') === ASSERTION) return assertion;
  return no(401, 'invalid_client', 'The client_assertion_type is invalid.');
}

/** The scopes of the token, or why there is none: those that were not granted are left out without a word. */
export function scopesOf(text: string | null, app: App): string[] | OAuthFault {
  const wanted = (text ?? '').split(' ').filter(Boolean);
  if (wanted.length === 0) {
    const description = "any configured default scopes, 'scope' must be provided.";
    return no(400, 'invalid_scope', `The authorization server resource does not have ${description}`);
  }
  const openid = wanted.find((scope) => OPENID.includes(scope));
  if (openid) return no(400, 'invalid_scope', `Cannot request '${openid}' scopes using client credentials.`);
  if (!wanted.every((scope) => SCOPE.test(scope))) {
    const description = 'One or more scopes are not configured for the authorization server resource.';
    return no(400, 'invalid_scope', description);
  }
  const some = wanted.filter((scope) => app.scopes.has(scope));
  return some.length > 0 ? some : no(400, 'consent_required', 'You are not allowed any of the requested scopes.');
}
