import type { Keycloak } from './server.ts';

/** Keycloak's own admin API, as an administrator of realm `master` uses it; what the run edits and compares with. */
export interface AdminApi {
  get(path: string): Promise<unknown>;
  /** The id of what was made, from the answer's Location; empty where there is none. */
  post(path: string, body: unknown): Promise<string>;
  put(path: string, body?: unknown): Promise<void>;
  delete(path: string, body?: unknown): Promise<void>;
}

/** How long a token serves before the next is asked for, in milliseconds: half of what Keycloak gives in `master`. */
const TOKEN_AGE = 30_000;

/** Paths are below `/admin/realms`. Every answer but a 2xx is thrown, with what Keycloak said. */
export function adminApi({ url, admin }: Keycloak): AdminApi {
  let token = '';
  let asked = 0;
  const renewed = async () => {
    if (Date.now() - asked > TOKEN_AGE) {
      asked = Date.now();
      token = await adminToken(url, admin);
    }
    return token;
  };
  const request = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const answer = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await renewed()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  return {
    get: async (path) => (await request('GET', path)).json(),
    post: async (path, body) => {
      const answer = await request('POST', path, body);
      await answer.text();
      return answer.headers.get('location')?.split('/').at(-1) ?? '';
    },
    put: async (path, body) => {
      await (await request('PUT', path, body)).text();
    },
    delete: async (path, body) => {
      await (await request('DELETE', path, body)).text();
    },
  };
}

async function adminToken(url: string, admin: Keycloak['admin']): Promise<string> {
  const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...admin }),
  });
  const body: unknown = await answer.json();
  if (typeof body === 'object' && body && 'access_token' in body && typeof body.access_token === 'string')
    return body.access_token;
  throw new Error(`Keycloak gave the administrator no token: it answered ${answer.status}.`);
}

/** Asks for pages of `size` until one is empty. `path` bears its question mark. */
export async function paged<T>(api: AdminApi, path: string, size: number): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    // `as`: the caller names the shape that Keycloak documents; a wrong one shows as a failed comparison.
    const page = (await api.get(`${path}&first=${all.length}&max=${size}`)) as T[];
    if (page.length === 0) return all;
    all.push(...page);
  }
}
