import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Random } from '../random.ts';
import type { Privileges } from './kinds.ts';

/** Scopes that a reader of the directory asks for. Any other of the vendor's may be delegated too. */
export const scopes = {
  users: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
  groups: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
  members: 'https://www.googleapis.com/auth/admin.directory.group.member.readonly',
  customer: 'https://www.googleapis.com/auth/admin.directory.customer.readonly',
  domains: 'https://www.googleapis.com/auth/admin.directory.domain.readonly',
  cloud: 'https://www.googleapis.com/auth/cloud-platform',
} as const;

export interface AccountKey {
  readonly id: string;
  readonly publicKey: KeyObject;
  /** A deleted key is taken out of the list instead. */
  state: 'active' | 'disabled';
}

/** A service account of the emulated Google Cloud project. Tests may change it while the server runs. */
export interface ServiceAccount {
  readonly email: string;
  /** The unique id, which the Admin console knows it by. */
  readonly clientId: string;
  keys: AccountKey[];
  state: 'active' | 'disabled' | 'deleted';
  /** What the Admin console delegates to the client id, domain-wide; empty is no entry there. */
  delegated: Set<string>;
  /** An administrator's role of its own: then it needs nobody to act for. */
  privileges: Privileges;
  /** Addresses of accounts with the role Service Account Token Creator on it. */
  tokenCreators: Set<string>;
}

/** What a downloaded key file holds (cloud.google.com/iam/docs/keys-create-delete). */
export interface KeyFile {
  type: 'service_account';
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  auth_provider_x509_cert_url: string;
  client_x509_cert_url: string;
  universe_domain: string;
}

export function newAccount(random: Random, name: string, project: string): ServiceAccount {
  const clientId = `1${Array.from({ length: 20 }, () => random.below(10)).join('')}`;
  return {
    ...{ email: `${name}@${project}.iam.gserviceaccount.com`, clientId, keys: [], state: 'active' },
    ...{ delegated: new Set<string>(), privileges: null, tokenCreators: new Set<string>() },
  };
}

/**
 * PEM. Making one takes a quarter of a second, so that a process makes one for key files and one for the keys that the
 * vendor manages, unless told.
 */
export function privateKey(of: 'file' | 'system' | 'itself'): string {
  const known = of === 'itself' ? undefined : made.get(of);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  made.set(of, pem);
  return pem;
}

const made = new Map<string, string>();

/** Adds a key to an account. @returns its id */
export function addKey(account: ServiceAccount, pem: string, random: Random): string {
  const id = `${random.uuid()}${random.uuid()}`.replaceAll('-', '').slice(0, 40);
  account.keys.push({ id, publicKey: createPublicKey(createPrivateKey(pem)), state: 'active' });
  return id;
}

/** @param project its id */
export function keyFile(account: ServiceAccount, keyId: string, pem: string, project: string, origin: string): KeyFile {
  return {
    type: 'service_account',
    project_id: project,
    private_key_id: keyId,
    private_key: pem,
    client_email: account.email,
    client_id: account.clientId,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: `${origin}/token`,
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(account.email)}`,
    universe_domain: 'googleapis.com',
  };
}
