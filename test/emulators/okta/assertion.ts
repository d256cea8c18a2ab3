import type { App } from './holders.ts';
import { isSignedBy, type Jwt, jwtOf } from './jwt.ts';

/** The longest that an assertion may live (developer.okta.com/docs/api/openapi/okta-oauth, client authentication). */
const LONGEST_S = 3600;

/** What a token request is refused with: an OAuth error (RFC 6749, section 5.2). */
export interface OAuthFault {
  status: number;
  error: string;
  description: string;
  /** Sent as `DPoP-Nonce`. */
  nonce?: string;
}

interface Wanted {
  apps: readonly App[];
  /** The token endpoint, by each of its names. The vendor takes the very address that was called and nothing else. */
  audiences: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
  /** Assertions that were used already, by their `jti`. */
  used: Set<string>;
}

const no = (description: string): OAuthFault => ({ status: 401, error: 'invalid_client', description });

/**
 * The app that a client assertion (RFC 7523, `private_key_jwt`) proves to be, or what Okta says to it. An assertion is good
 * once: it is used up even where the request is refused for something else afterwards, such as a missing DPoP nonce.
 */
export function appOf(assertion: string, { apps, audiences, now, used }: Wanted): App | OAuthFault {
  const jwt = jwtOf(assertion);
  if (!jwt) return no('The client_assertion is not a valid JWT.');
  const { iss, sub, aud, exp, iat, jti } = jwt.claims;
  const app = apps.find(({ clientId }) => clientId === sub);
  if (!app) return no("Invalid value for 'client_id' parameter.");
  if (!app.active) return no('The client is not active.');
  if (iss !== sub) return no('The issuer and the subject of client_assertion must be the client.');
  const key = keyOf(app, jwt);
  if (!key) return no('The client_assertion JWT kid is invalid.');
  if (!isSignedBy(jwt, key)) return no('The client_assertion signature is invalid.');
  if (!audiences.includes(String(aud))) {
    return no('The audience claim for client_assertion must be the endpoint invoked for the request.');
  }
  const seconds = now / 1000;
  if (typeof exp !== 'number' || exp <= seconds) return no('The client_assertion token is expired.');
  if (exp > seconds + LONGEST_S) return no('The client_assertion token has an expiration too far into the future.');
  if (typeof iat === 'number' && iat > seconds + 300) return no('The client_assertion token is not valid yet.');
  if (typeof jti === 'string') {
    if (used.has(jti)) return no('The client_assertion token has already been used.');
    used.add(jti);
  }
  return app;
}

/** The registered key that the header names; where there is one key only it need not be named. */
function keyOf({ keys }: App, { header }: Jwt) {
  if (header.kid === undefined) return keys.length === 1 ? keys[0] : undefined;
  return keys.find(({ kid }) => kid === header.kid);
}
