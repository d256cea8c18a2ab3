import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../../src/model/failure.ts';
import type { AzureAdConfig } from './schema.ts';

/** A certificate with its private key, as MSAL takes them. */
export interface Credential {
  /** SHA-256, hexadecimal. */
  thumbprintSha256: string;
  /** PKCS #8, PEM, not encrypted; never leaves memory. */
  privateKey: string;
  /** When it ends, in milliseconds since 1970. */
  expires: number;
  /** The file, for messages. */
  path: string;
}

const DAY = 86_400_000;
/** So long before its end a certificate is worth a warning, in days. */
const SOON = 30;

/**
 * Reads the certificate and the key that sign for the application.
 * @param folder where relative paths start
 * @throws Failure `configuration` that names the file and what is wrong with it
 */
export function readCredential(
  config: NonNullable<AzureAdConfig['certificate']>,
  { folder, source }: { folder: string; source: string },
): Credential {
  const refuse = (why: string): never => {
    throw new Failure('configuration', `Source "${source}": ${why}`, { exit: 2 });
  };
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : 'unknown';
      return refuse(
        `the file ${path}, which "certificate" names, cannot be read (${code}). Check the path, which starts at the folder of the configuration file, and who may read it.`,
      );
    }
  };

  const path = resolve(folder, config.path);
  const keyPath = resolve(folder, config.privateKeyPath ?? config.path);
  const certificate = certificateIn(read(path)) ?? refuse(`${path} holds no certificate. It must be PEM text.`);
  const key = keyIn(read(keyPath), config.passphrase?.open());
  if (typeof key === 'string') return refuse(`${keyPath} ${key}`);
  if (key.asymmetricKeyType !== 'rsa')
    return refuse(`the private key in ${keyPath} is not an RSA key; Entra ID takes no other.`);
  if (!certificate.checkPrivateKey(key))
    return refuse(`the private key in ${keyPath} is not that of the certificate in ${path}.`);
  const prints = ['sha1', 'sha256'].map((name) => createHash(name).update(certificate.raw).digest('hex'));
  const [, thumbprintSha256 = ''] = prints;
  const wanted = config.thumbprint?.replace(/[^0-9a-f]/gi, '').toLowerCase();
  if (wanted !== undefined && !prints.includes(wanted))
    return refuse(`${path} holds the certificate with the thumbprint ${prints[0]}, not that of "thumbprint".`);
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { thumbprintSha256, privateKey, expires: Date.parse(certificate.validTo), path };
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // OpenSSL's words for it help nobody more than which file it is.
    return undefined;
  }
}

/** The key, or what is wrong with the file that should hold it. */
function keyIn(pem: string, passphrase: string | undefined): KeyObject | string {
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(pem))
    return 'holds no private key. It must be PEM text; where the key is in another file, name that with "privateKeyPath".';
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    const encrypted = /ENCRYPTED/.test(pem);
    if (!encrypted) return 'holds a damaged private key.';
    return passphrase === undefined
      ? 'holds an encrypted private key: write its passphrase into "passphrase".'
      : 'holds an encrypted private key, and "passphrase" does not open it.';
  }
}

/** What to say of a certificate that ends within 30 days, or has ended; null for one that is good for longer. */
export function expiryOf({ expires, path }: Credential, now: number): string | null {
  const days = Math.floor((expires - now) / DAY);
  if (days > SOON) return null;
  const date = new Date(expires).toISOString().slice(0, 10);
  const when =
    expires <= now ? `expired on ${date}` : `expires on ${date}, in ${days === 1 ? '1 day' : `${days} days`}`;
  return `The certificate in ${path} ${when}. Make a new one, upload it to the application beside the old one, then replace the file.`;
}
