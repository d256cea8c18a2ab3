import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../src/model/failure.ts';
import { isObject } from '../http/pages.ts';

/** The private key that signs for an application. It never leaves memory. */
export interface SigningKey {
  key: KeyObject;
  alg: Alg;
  /** The id that the application knows it by; undefined where it has this key only. */
  kid: string | undefined;
}

/** Of what Okta takes, what an RSA key and one on the curve P-256 sign with. */
export type Alg = 'RS256' | 'ES256';

/**
 * Reads a private key as Okta's page shows it when it makes one: a JWK, or PEM.
 * @param text the value of `privateKey`; never repeated in a message
 * @throws Failure `configuration` that says what is wrong with it
 */
export function readKey(text: string, keyId: string | undefined, source: string): SigningKey {
  const read = text.trim().startsWith('{') ? fromJwk(text) : fromPem(text);
  if (typeof read === 'string')
    throw new Failure('configuration', `Source "${source}": "privateKey" ${read}`, { exit: 2 });
  const alg = algOf(read.key);
  if (alg) return { key: read.key, alg, kid: keyId ?? read.kid };
  throw new Failure(
    'configuration',
    `Source "${source}": "privateKey" is neither an RSA key nor one on the curve P-256. Make a new one at the application, and register it there.`,
    { exit: 2 },
  );
}

type Read = { key: KeyObject; kid: string | undefined } | string;

function fromJwk(text: string): Read {
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    // What is in it is secret, and so is what the parser would say of it.
    return 'begins like a JWK and is not well-formed JSON. Copy it whole, from { to }.';
  }
  if (isObject(jwk) && Array.isArray(jwk.keys))
    return 'is a set of keys. Write the one key in it, from its { to its }.';
  if (!isObject(jwk) || typeof jwk.kty !== 'string') return 'is JSON, but no JWK: it has no "kty".';
  if (typeof jwk.d !== 'string') return 'is a public key (no "d"). The private one is shown once, when it is made.';
  try {
    // Its members are looked at by createPrivateKey.
    const key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return { key, kid: typeof jwk.kid === 'string' && jwk.kid !== '' ? jwk.kid : undefined };
  } catch {
    // OpenSSL's words for it help nobody.
    return 'is a damaged JWK. Copy it whole.';
  }
}

function fromPem(text: string): Read {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: .*ENCRYPTED/m.test(text))
    return 'is encrypted. Write it as it is without a passphrase, and protect the file that it is read from.';
  if (/-----BEGIN (?:RSA |EC )?PUBLIC KEY-----/.test(text)) return 'is a public key. The private one is needed.';
  if (!/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(text))
    return 'is neither a JWK nor PEM text, from "-----BEGIN PRIVATE KEY-----" to "-----END PRIVATE KEY-----".';
  try {
    return { key: createPrivateKey(text), kid: undefined };
  } catch {
    // The same.
    return 'is a damaged private key. Copy it whole, with its line ends.';
  }
}

function algOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Alg | undefined {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
}
