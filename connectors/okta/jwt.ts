import { createHash, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import type { SigningKey } from './key.ts';

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A signed token (RFC 7515). */
export function signed(header: object, claims: object, { key, alg }: Pick<SigningKey, 'key' | 'alg'>): string {
  const text = `${encoded({ ...header, alg })}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** Seconds that an assertion is good for: long enough for clocks that disagree a little. */
const LIFE = 300;

/** A client assertion (RFC 7523): that this is the application, said to one token endpoint. Good for one request. */
export function assertion(clientId: string, audience: string, key: SigningKey, now: number): string {
  const at = Math.floor(now / 1000);
  const header = { typ: 'JWT', ...(key.kid === undefined ? {} : { kid: key.kid }) };
  const claims = { iss: clientId, sub: clientId, aud: audience, iat: at, exp: at + LIFE, jti: randomUUID() };
  return signed(header, claims, key);
}

/** What a proof of possession is for. */
export interface Proving {
  method: string;
  url: URL;
  /** The access token that it stands beside; absent where one is asked for. */
  token?: string;
  nonce: string | undefined;
  now: number;
}

/** A key made for this process, which proofs show that requests come from who asked for the token (RFC 9449). */
export interface Prover {
  proof(proving: Proving): string;
}

export function prover(): Prover {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y }: JsonWebKey = publicKey.export({ format: 'jwk' });
  const jwk = { kty, crv, x, y };
  return {
    proof: ({ method, url, token, nonce, now }) => {
      const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
      const claims = {
        jti: randomUUID(),
        htm: method,
        htu: `${url.origin}${url.pathname}`,
        iat: Math.floor(now / 1000),
        ...ath,
        ...(nonce === undefined ? {} : { nonce }),
      };
      return signed({ typ: 'dpop+jwt', jwk }, claims, { key: privateKey, alg: 'ES256' });
    },
  };
}
