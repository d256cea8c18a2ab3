import KcAdminClient from '@keycloak/keycloak-admin-client';
import type { Client } from './clients.ts';
import type { KeycloakEmulator } from './keycloak.ts';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Asks the token endpoint as RFC 6749 has it, for any client of the emulator. */
export async function tokenAnswer(
  { url, realmName }: KeycloakEmulator,
  form: Readonly<Record<string, string>>,
  options: { realm?: string; basic?: string; method?: string } = {},
): Promise<Answer> {
  const headers: Record<string, string> = options.basic
    ? { authorization: `Basic ${Buffer.from(options.basic).toString('base64')}` }
    : {};
  const method = options.method ?? 'POST';
  const response = await fetch(`${url}/realms/${options.realm ?? realmName}/protocol/openid-connect/token`, {
    method,
    headers,
    ...(method === 'POST' ? { body: new URLSearchParams(form) } : {}),
  });
  return answerOf(response);
}

export async function tokenOf(emulator: KeycloakEmulator, client: Client = emulator.client): Promise<string> {
  const { clientId, secret, realm } = client;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  const { status, body } = await tokenAnswer(emulator, form, { realm });
  if (status === 200 && body && typeof body === 'object' && 'access_token' in body) return String(body.access_token);
  throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
}

/** GETs below /admin/realms/{realm}. */
export async function ask(
  { url, realmName }: KeycloakEmulator,
  token: string | null,
  path: string,
  realm = realmName,
): Promise<Answer> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return answerOf(await fetch(`${url}/admin/realms/${realm}${path}`, { headers, redirect: 'manual' }));
}

/** The vendor's own client, with a token of the emulator's client. */
export async function vendorClient(emulator: KeycloakEmulator): Promise<KcAdminClient> {
  const vendor = new KcAdminClient({ baseUrl: emulator.url, realmName: emulator.realmName });
  const token = await tokenOf(emulator);
  vendor.registerTokenProvider({ getAccessToken: async () => token });
  return vendor;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
