import { createHash, createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto';

type Claims = Readonly<Record<string, unknown>>;

/** A JSON Web Token (RFC 7519) as it was sent, nothing of it believed yet. */
export interface Jwt {
  header: Claims;
  claims: Claims;
  signed: string;
  signature: Buffer;
}

/** Null for anything that is none. */
export function jwtOf(text: string): Jwt | null {
  const [head = '', body = '', signature = '', ...rest] = text.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (!header || !claims || signature === '' || rest.length > 0) return null;
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

/** Whether the key made the signature: RS256 with RSA, ES256 with the curve P-256, and nothing else. */
export function isSignedBy({ header, signed, signature }: Jwt, key: JsonWebKey): boolean {
  const fits = (header.alg === 'RS256' && key.kty === 'RSA') || (header.alg === 'ES256' && key.crv === 'P-256');
  if (!fits) return false;
  try {
    const publicKey = createPublicKey({ key, format: 'jwk' });
    return verify('sha256', Buffer.from(signed), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}

/** A signed token, for tests that ask for one of their own. @param privateKey a JWK */
export function signed(header: object, claims: object, privateKey: JsonWebKey): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const key = { key: privateKey, format: 'jwk' as const, dsaEncoding: 'ieee-p1363' as const };
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** The thumbprint of a key (RFC 7638). */
export function thumbprint({ kty, n, e, crv, x, y }: JsonWebKey): string {
  const needed = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(needed)).digest('base64url');
}

function decoded(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value && typeof value === 'object' ? { ...value } : null;
  } catch {
    return null;
  }
}
