import { createPrivateKey } from 'node:crypto';
import { Failure } from '../../src/model/failure.ts';
import { isObject } from '../http/pages.ts';

/** What of a key file signs for its service account (cloud.google.com/iam/docs/keys-create-delete). */
export interface Key {
  email: string;
  /** The number by which the Admin console knows the account; null where the file does not say. */
  clientId: string | null;
  /** Which of the account's keys; null where the file does not say. */
  keyId: string | null;
  /** PEM; never leaves memory. */
  pem: string;
}

/**
 * Reads a key file. Only that of a service account is taken: files of other types can make a program ask any address, or
 * run commands (cloud.google.com/docs/authentication/external/externally-sourced-credentials).
 * @throws Failure `configuration` that says what is wrong with it, and repeats nothing of it
 */
export function readKey(text: string, source: string): Key {
  const refuse = (why: string): never => {
    throw new Failure('configuration', `Source "${source}": "serviceAccountKey" ${why}`, { exit: 2 });
  };
  const json = parsed(text);
  if (!isObject(json))
    return refuse(
      'is not JSON. It takes the text of the key file, such as ${file:/run/secrets/google.json}, not its path.',
    );
  const { type, client_email: email, private_key: pem, client_id: clientId, private_key_id: keyId } = json;
  if (type !== 'service_account')
    return refuse(
      'is not the key of a service account: its "type" is another one than service_account. Make a key in the Cloud console (IAM & Admin > Service Accounts > Keys), or use "impersonate" with the credentials of this machine.',
    );
  if (typeof email !== 'string' || !email.includes('@') || typeof pem !== 'string')
    return refuse('lacks "client_email" or "private_key". Download a new key: Google shows each one once.');
  if (json.universe_domain !== undefined && json.universe_domain !== 'googleapis.com')
    return refuse('is of another universe than googleapis.com, in which there is no Google Workspace.');
  if (!isRsa(pem)) return refuse('holds a damaged private key. Put in the file as it was downloaded, \\n and all.');
  const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  return { email, pem, clientId: textOf(clientId), keyId: textOf(keyId) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's words for it would repeat some of the text.
    return null;
  }
}

function isRsa(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    // OpenSSL's words help nobody more than that it is damaged.
    return false;
  }
}
