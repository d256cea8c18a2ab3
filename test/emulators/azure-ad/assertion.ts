import { constants, createHash, verify, type X509Certificate } from 'node:crypto';
import type { LoginError } from './login-errors.ts';

interface Wanted {
  appId: string;
  /** The addresses that an assertion may be for: the token endpoint and the issuer. */
  audiences: readonly string[];
  certificates: readonly X509Certificate[];
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Checks a client assertion (RFC 7523) as Entra does: RS256 or PS256, the certificate named by its thumbprint (x5t, x5t#S256).
 * @returns the error that it deserves, or null
 */
export function assertionFault(assertion: string, wanted: Wanted): LoginError | null {
  const [head = '', body = '', signature = '', ...rest] = assertion.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (!header || !claims || signature === '' || rest.length > 0) return 50027;
  if (header.alg !== 'RS256' && header.alg !== 'PS256') return 50027;
  if (claims.iss !== wanted.appId || claims.sub !== wanted.appId) return 700021;
  if (!wanted.audiences.includes(String(claims.aud))) return 700023;
  const certificate = wanted.certificates.find((each) => isNamed(each, header));
  if (!certificate || Date.parse(certificate.validTo) <= wanted.now) return 700027;
  const padding = header.alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  const bytes = Buffer.from(signature, 'base64url');
  if (!verify('sha256', Buffer.from(`${head}.${body}`), { key: certificate.publicKey, ...padding }, bytes))
    return 700027;
  // Five minutes either way are let pass, as clocks differ.
  const from = (Number(claims.nbf ?? claims.iat) || 0) * 1000 - 300_000;
  const until = (Number(claims.exp) || 0) * 1000 + 300_000;
  return wanted.now < from || wanted.now >= until ? 700024 : null;
}

function isNamed(certificate: X509Certificate, header: Readonly<Record<string, unknown>>): boolean {
  const print = (algorithm: string) => createHash(algorithm).update(certificate.raw).digest();
  if (header['x5t#S256'] !== undefined) return header['x5t#S256'] === print('sha256').toString('base64url');
  // Some libraries write x5t in plain base64.
  return header.x5t !== undefined && Buffer.from(String(header.x5t), 'base64').equals(print('sha1'));
}

function decoded(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value && typeof value === 'object' ? { ...value } : null;
  } catch {
    return null;
  }
}
