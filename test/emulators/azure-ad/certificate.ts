import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A certificate that vouches for itself, with its key; both PEM. */
export interface Certificate {
  key: string;
  cert: string;
  x509: X509Certificate;
  /** SHA-256 of the certificate, in hexadecimal, as portals show it. */
  thumbprint: string;
}

/**
 * Makes a certificate (RFC 5280, version 3) with an RSA key of 2048 bits, good for 127.0.0.1, localhost and `name`.
 * @param validity milliseconds since the epoch; default from yesterday, for a year
 */
export function makeCertificate(name: string, validity: { from?: number; until?: number } = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const day = 86_400_000;
  const { from = Date.now() - day, until = from + 366 * day } = validity;
  const algorithm = sequence(oid('2a864886f70d01010b'), der(0x05)); // sha256WithRSAEncryption
  const who = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name))))); // commonName
  const names = sequence(
    der(0x82, Buffer.from('localhost')),
    der(0x82, Buffer.from(name)),
    der(0x87, Buffer.from([127, 0, 0, 1])),
  );
  const extensions = [
    sequence(oid('551d11'), der(0x04, names)), // subjectAltName
    sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff]))))), // a CA
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    who,
    sequence(time(from), time(until)),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, privateKey);
  const bytes = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const x509 = new X509Certificate(bytes);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: x509.toString(),
    x509,
    thumbprint: createHash('sha256').update(bytes).digest('hex').toUpperCase(),
  };
}

/** One value in DER (X.690): its tag, its length, what it holds. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const held = Buffer.concat(parts);
  if (held.length < 0x80) return Buffer.concat([Buffer.from([tag, held.length]), held]);
  const hex = held.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, held]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));

/** UTCTime, which holds the years 1950 to 2049. */
const time = (ms: number) =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
