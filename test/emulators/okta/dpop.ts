import { createHash, type JsonWebKey } from 'node:crypto';
import { isSignedBy, jwtOf, thumbprint } from './jwt.ts';

/** What a proof is for (RFC 9449, section 4.3). */
export interface ProofFor {
  method: string;
  /** The address without its query, by each of the server's names. */
  urls: readonly string[];
  /** Where it stands beside an access token: that token, and the thumbprint of the key that it is bound to. */
  token?: { text: string; jkt: string };
  /** The nonce that it must hold; null where none is asked for. */
  nonce: string | null;
  /** Milliseconds since the epoch. */
  now: number;
  used: Set<string>;
}

/** How far `iat` may be from the server's clock. */
const LEEWAY_S = 300;

/** The thumbprint of the key that made a proof, or why it is none. `use_dpop_nonce` asks for another with the nonce. */
export function proofOf(
  text: string | readonly string[] | undefined,
  wanted: ProofFor,
): { jkt: string } | { error: 'invalid_dpop_proof' | 'use_dpop_nonce'; description: string } {
  const no = (description: string) => ({ error: 'invalid_dpop_proof' as const, description });
  if (text === undefined) return no('The DPoP proof JWT header is missing.');
  const jwt = typeof text === 'string' ? jwtOf(text) : null;
  if (!jwt) return no('The DPoP proof JWT is invalid.');
  const { header, claims } = jwt;
  if (header.typ !== 'dpop+jwt') return no("'typ' in the DPoP proof JWT header is invalid.");
  const key = header.jwk;
  if (!isKey(key) || 'd' in key) return no("'jwk' in the DPoP proof JWT header is invalid.");
  if (!isSignedBy(jwt, key)) return no('The DPoP proof JWT signature is invalid.');
  const claim = (name: string) => no(`'${name}' claim in the DPoP proof JWT is invalid.`);
  if (claims.htm !== wanted.method) return claim('htm');
  if (!wanted.urls.includes(String(claims.htu))) return claim('htu');
  const age = typeof claims.iat === 'number' ? wanted.now / 1000 - claims.iat : Number.POSITIVE_INFINITY;
  if (Math.abs(age) > LEEWAY_S) return claim('iat');
  if (typeof claims.jti !== 'string' || wanted.used.has(claims.jti)) return claim('jti');
  if (wanted.token) {
    const hash = createHash('sha256').update(wanted.token.text).digest('base64url');
    if (claims.ath !== hash) return claim('ath');
    if (thumbprint(key) !== wanted.token.jkt) return no('The access token is bound to another key.');
  }
  wanted.used.add(claims.jti);
  if (wanted.nonce !== null && claims.nonce !== wanted.nonce) {
    const whose = wanted.token ? 'Resource' : 'Authorization';
    return { error: 'use_dpop_nonce', description: `${whose} server requires nonce in DPoP proof.` };
  }
  return { jkt: thumbprint(key) };
}

const isKey = (value: unknown): value is JsonWebKey => typeof value === 'object' && value !== null && 'kty' in value;
