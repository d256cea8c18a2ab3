import { Agent, fetch } from 'undici';
import type { App } from './apps.ts';
import type { EntraEmulator } from './entra.ts';

export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: unknown;
}

/** A row of Graph's, or any other object in an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** Asks the token endpoint, for the emulator's own tenant unless told. */
export async function tokenAnswer(
  entra: EntraEmulator,
  form: Readonly<Record<string, string>>,
  tenant = entra.tenantId,
): Promise<Answer> {
  const url = `${entra.loginUrl}/${tenant}/oauth2/v2.0/token`;
  return answerOf(entra, url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
}

/** The form of a client with a secret. */
export const secretForm = (app: App): Record<string, string> => ({
  grant_type: 'client_credentials',
  client_id: app.appId,
  client_secret: app.secrets[0]?.value ?? '',
  scope: 'https://graph.microsoft.com/.default',
});

export async function tokenOf(entra: EntraEmulator, app: App = entra.app): Promise<string> {
  const { status, body } = await tokenAnswer(entra, secretForm(app));
  const token = rowOf(body).access_token;
  if (status !== 200 || typeof token !== 'string') throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return token;
}

/** GETs below /v1.0, or wherever a link leads; with a body, POSTs. */
export async function ask(
  entra: EntraEmulator,
  token: string | null,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...options.headers };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  const url = path.startsWith('http') ? path : `${entra.graphUrl}/v1.0${path}`;
  if (options.body === undefined) return answerOf(entra, url, { headers });
  headers['content-type'] = 'application/json';
  return answerOf(entra, url, { method: 'POST', headers, body: JSON.stringify(options.body) });
}

/** All rows of a listing, page by page, and the last page. Throws at any answer but 200. */
export async function all(
  entra: EntraEmulator,
  token: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ rows: Row[]; last: Row; pages: number }> {
  const rows: Row[] = [];
  for (let pages = 1, next = path; ; pages++) {
    const { status, body } = await ask(entra, token, next, { headers });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const page = rowOf(body);
    rows.push(...rowsOf(body));
    const link = page['@odata.nextLink'];
    if (typeof link !== 'string') return { rows, last: page, pages };
    next = link;
  }
}

export const rowOf = (value: unknown): Row => (value && typeof value === 'object' ? { ...value } : {});
export const rowsOf = (body: unknown): Row[] => {
  const { value } = rowOf(body);
  return Array.isArray(value) ? value.map(rowOf) : [];
};

/** Graph's code, or AADSTS's number, and the status. */
export function failure({ status, body }: Answer): string {
  const { error, error_codes: codes } = rowOf(body);
  return `${status} ${typeof error === 'string' ? `${error} ${codes}` : rowOf(error).code}`;
}

const agents = new WeakMap<EntraEmulator, Agent>();

async function answerOf(entra: EntraEmulator, url: string, init: Parameters<typeof fetch>[1]): Promise<Answer> {
  let agent = agents.get(entra);
  if (!agent) agents.set(entra, (agent = new Agent(entra.ca ? { connect: { ca: entra.ca } } : {})));
  const response = await fetch(url, { ...init, dispatcher: agent });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
