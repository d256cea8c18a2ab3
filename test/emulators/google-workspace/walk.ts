import { createPrivateKey, sign } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { type KeyFile, scopes } from './accounts.ts';
import type { GoogleEmulator } from './google.ts';

export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: unknown;
}

/** A row of the directory's, or any other object in an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** What a reader asks for. */
export const READERS = [scopes.users, scopes.groups, scopes.customer, scopes.domains];

/** The assertion of a service account; `claims` and `header` change what it says. @param now milliseconds since the epoch */
export function assertionOf(
  google: GoogleEmulator,
  claims: Row = {},
  { key = google.serviceAccountKey, now = Date.now(), header = {} }: { key?: KeyFile; now?: number; header?: Row } = {},
): string {
  const iat = Math.floor(now / 1000);
  const usual = { iss: key.client_email, sub: google.subject, scope: READERS.join(' '), aud: google.tokenUrl };
  const parts = [
    { alg: 'RS256', typ: 'JWT', kid: key.private_key_id, ...header },
    { ...usual, iat, exp: iat + 3600, ...claims },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(key.private_key)).toString('base64url')}`;
}

export function tokenAnswer(google: GoogleEmulator, assertion: string): Promise<Answer> {
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return send(google, google.tokenUrl, { form });
}

export async function tokenOf(google: GoogleEmulator, claims: Row = {}): Promise<string> {
  const { status, body } = await tokenAnswer(google, assertionOf(google, claims));
  const token = rowOf(body).access_token;
  if (status !== 200 || typeof token !== 'string') throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return token;
}

/** GETs below /admin/directory/v1. */
export function ask(google: GoogleEmulator, token: string | null, path: string): Promise<Answer> {
  return send(google, `${google.directoryUrl}/admin/directory/v1${path}`, { token });
}

/** All rows of a listing, page by page, and the last page. Throws at any answer but 200. */
export async function all(
  google: GoogleEmulator,
  token: string,
  path: string,
): Promise<{ rows: Row[]; last: Row; pages: number }> {
  const name = path.split('?')[0]?.split('/').at(-1) ?? '';
  const rows: Row[] = [];
  for (let pages = 1, next: unknown = null; ; pages++) {
    const more = typeof next === 'string' ? `&pageToken=${encodeURIComponent(next)}` : '';
    const { status, body } = await ask(google, token, `${path}${path.includes('?') ? '' : '?'}${more}`);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const page = rowOf(body);
    rows.push(...rowsOf(body, name));
    next = page.nextPageToken;
    if (typeof next !== 'string') return { rows, last: page, pages };
  }
}

export async function send(
  google: GoogleEmulator,
  url: string,
  what: { token?: string | null; form?: Record<string, string>; body?: unknown; headers?: Record<string, string> },
): Promise<Answer> {
  let agent = agents.get(google);
  if (!agent) agents.set(google, (agent = new Agent(google.ca ? { connect: { ca: google.ca } } : {})));
  const headers: Record<string, string> = { ...what.headers };
  if (what.token) headers['authorization'] = `Bearer ${what.token}`;
  const body = what.form ? new URLSearchParams(what.form).toString() : JSON.stringify(what.body);
  if (what.form) headers['content-type'] = 'application/x-www-form-urlencoded';
  const response = await fetch(url, {
    headers,
    dispatcher: agent,
    ...(body === undefined ? {} : { method: 'POST', body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

const agents = new WeakMap<GoogleEmulator, Agent>();

export const rowOf = (value: unknown): Row => (value && typeof value === 'object' ? { ...value } : {});
export const rowsOf = (body: unknown, name: string): Row[] => {
  const value = rowOf(body)[name];
  return Array.isArray(value) ? value.map(rowOf) : [];
};

/** The status with the API's reason and sentence, or with the token endpoint's error and description. */
export function failure({ status, body }: Answer): string {
  const { error, error_description: description } = rowOf(body);
  if (typeof error === 'string') return `${status} ${error}: ${description}`;
  const { errors, message, status: name } = rowOf(error);
  const reason = Array.isArray(errors) ? rowOf(errors[0]).reason : name;
  return `${status} ${reason}: ${message}`;
}
