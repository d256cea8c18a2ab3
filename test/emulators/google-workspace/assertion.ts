import { verify } from 'node:crypto';
import type { ServiceAccount } from './accounts.ts';
import type { TokenError } from './token-errors.ts';

/** Clocks differ: so many seconds either way are let pass. */
const SKEW = 300;
/** `exp` may be at most so many seconds after `iat` (developers.google.com/identity/protocols/oauth2/service-account). */
const LONGEST = 3600 + SKEW;

/** What an assertion asks for. */
export interface Claims {
  account: ServiceAccount;
  scopes: readonly string[];
  /** The address of whom to act for; null is the service account itself. */
  subject: string | null;
}

interface Wanted {
  accounts: readonly ServiceAccount[];
  /** The addresses that an assertion may be for. */
  audiences: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** Checks the assertion of a service account (RFC 7523) as the vendor does. @returns the name of the error it deserves */
export function claimsOf(assertion: string, { accounts, audiences, now }: Wanted): Claims | TokenError {
  const [head = '', body = '', signature = '', ...rest] = assertion.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (!header || !claims || signature === '' || rest.length > 0) return 'malformed';
  const account = accounts.find(({ email, clientId }) => email === claims.iss || clientId === claims.iss);
  if (!account || account.state === 'deleted') return 'account';
  if (account.state === 'disabled') return 'disabled';
  if (header.alg !== 'RS256') return 'signature';
  const text = Buffer.from(`${head}.${body}`);
  const bytes = Buffer.from(signature, 'base64url');
  const fitting = account.keys.filter(
    ({ id, state }) => state === 'active' && (header.kid === undefined || header.kid === id),
  );
  if (!fitting.some(({ publicKey }) => verify('sha256', text, publicKey, bytes))) return 'signature';
  if (!audiences.includes(String(claims.aud))) return 'audience';
  const [from, until, at] = [Number(claims.iat), Number(claims.exp), now / 1000];
  const timely = from <= at + SKEW && until > at - SKEW && until >= from && until - from <= LONGEST;
  if (!timely) return 'time';
  const scopes = String(claims.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== '');
  if (scopes.length === 0 || !scopes.every(isScope)) return 'scope';
  // `prn` is the older name of `sub`, and an account that acts for itself may say so.
  const subject = String(claims.sub ?? claims.prn ?? account.email);
  return { account, scopes, subject: subject === account.email ? null : subject };
}

const isScope = (scope: string) =>
  /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._-]+$/.test(scope) || ['openid', 'email', 'profile'].includes(scope);

function decoded(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value && typeof value === 'object' && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
