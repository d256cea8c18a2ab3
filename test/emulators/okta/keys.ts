import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';

/** A key pair of an app. */
export interface KeyPair {
  kid: string;
  /** The private key, as a JWK and as PEM (PKCS #8). */
  privateKey: { jwk: JsonWebKey; pem: string };
  publicJwk: JsonWebKey;
}

/** @param alg RS256 is RSA with 2048 bits, ES256 the curve P-256 */
export function makeKeyPair(kid: string, alg: 'RS256' | 'ES256' = 'RS256'): KeyPair {
  const { privateKey, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    kid,
    privateKey: {
      jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg },
      pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  };
}

let usual: KeyPair | undefined;

/** The key pair of every emulator's own app: a process makes it once, since making RSA keys takes a while. */
export const usualKeyPair = (): KeyPair => (usual ??= makeKeyPair('emulated-key'));
