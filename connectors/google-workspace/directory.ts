import { admin } from '@googleapis/admin';
import type { Surroundings } from '../connector.ts';
import { excerpt } from '../http/excerpt.ts';
import { ask } from '../http/fetch.ts';
import { type Call, type Http, openHttp } from '../http/http.ts';
import { isObject, type Json, listOf, objectOf, type Unexpected, unexpectedFor } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { explainer, type Where } from './errors.ts';
import { type Login, openLogin } from './login.ts';
import { unproxied } from './machine.ts';
import { FIRST, quotaPace } from './pace.ts';
import { endpointsOf, type GoogleWorkspaceConfig, type Part, tenantOf } from './schema.ts';

/** One page of a list. */
export interface Page {
  rows: readonly Json[];
  /** The token of the next page. */
  next: string | null;
}

/** What a request is, for messages and for the pace. */
export type Asked = Pick<Call, 'what' | 'attempts' | 'bucket'>;

/** How a list is asked for. */
export interface Query {
  maxResults: number;
  /** Of a row. */
  fields: string;
  pageToken?: string | undefined;
  query?: string | undefined;
}

/** What of a user is asked for. */
export interface UserShape {
  fields: string;
  /** Custom schemas. */
  schemas: readonly string[];
}

/** The requests that are made to one directory, their answers' shapes checked. */
export interface Directory {
  /** For people. */
  tenant: string;
  /** Who reads, for messages. */
  where: Where;
  http: Http;
  fail: Unexpected;
  /** Asks for a token that nobody uses, `attempts` times at most. */
  signIn(signal: AbortSignal, attempts: number): Promise<void>;
  users(asked: Asked, of: Part, query: Query & Pick<UserShape, 'schemas'>, signal: AbortSignal): Promise<Page>;
  groups(asked: Asked, of: Part, query: Query, signal: AbortSignal): Promise<Page>;
  members(asked: Asked, id: string, query: Query, signal: AbortSignal): Promise<Page>;
  user(id: string, shape: UserShape, signal: AbortSignal): Promise<Json>;
  group(id: string, fields: string, signal: AbortSignal): Promise<Json>;
}

/** What one call of the SDK is given beside its parameters. */
interface Options {
  fetchImplementation: typeof fetch;
  retry: false;
  universeDomain: string;
}

/** Groups whose members are asked for at once. */
export const WIDTH = 20;

/** @throws Failure `configuration` where the credentials cannot be used */
export function openDirectory(config: GoogleWorkspaceConfig, surroundings: Surroundings): Directory {
  const { source, env, clock } = surroundings;
  const { directory: root } = endpointsOf(config);
  const url = new URL(root);
  const product = 'Google';
  const fail = unexpectedFor({ source, product, url });
  const login: Login = openLogin(config, surroundings, fail);
  const { email, clientId, lacking, machine } = login;
  const where: Where = { config, email, clientId, lacking, now: () => clock.now() };
  const http: Http = openHttp({
    surroundings: machine ? { ...surroundings, env: unproxied(env, machine) } : surroundings,
    product,
    url,
    setting: 'endpoints',
    token: (attempt) => login.token(attempt, http.run),
    tokenUrl: login.url,
    explain: explainer(where),
    // One walks the users meanwhile.
    concurrency: WIDTH + 1,
    ...quotaPace(config.queriesPerMinute),
  });
  const api = admin('directory_v1');

  /**
   * One request by the SDK: it makes address and headers, the fetch layer sends them and reads the answer. What the SDK
   * would do beside is not asked for: it retries without the pace, and takes a page of HTML for an answer.
   */
  const bySdk = (asked: Asked, signal: AbortSignal, send: (options: Options) => Promise<unknown>): Promise<unknown> =>
    http.run(asked, signal, async (attempt) => {
      let answer: unknown;
      let failed: unknown;
      const fetchImplementation: typeof fetch = async (input, init) => {
        const { pathname, search } = new URL(String(input));
        try {
          const headers = new Headers(init?.headers);
          answer = await ask(attempt, new URL(`${root}${pathname}${search}`), { headers });
        } catch (error) {
          failed = error;
          throw error;
        }
        return new Response(null, { status: 204 });
      };
      try {
        // The variable GOOGLE_CLOUD_UNIVERSE_DOMAIN would send it elsewhere.
        await send({ fetchImplementation, retry: false, universeDomain: 'googleapis.com' });
      } catch (error) {
        throw failed ?? error;
      }
      return answer;
    });

  /** Without rows a page has no key for them: that it is such a page, only its kind says. */
  const pageIn = (body: unknown, name: 'users' | 'groups' | 'members', what: string): Page => {
    const kind = `admin#directory#${name}`;
    if (!isObject(body) || body.kind !== kind) throw fail(what, body, `an object of the kind "${kind}"`);
    const rows = Object.hasOwn(body, name) ? listOf(body[name], what, fail) : [];
    const next = body.nextPageToken ?? null;
    if (next !== null && typeof next !== 'string') throw fail(what, next, 'the token of the next page');
    return { rows, next: next === '' ? null : next };
  };

  const list = ({ maxResults, pageToken, query }: Query, name: string, fields: string) => ({
    ...{ maxResults, fields: `kind,nextPageToken,${name}(${fields})` },
    ...(pageToken === undefined ? {} : { pageToken }),
    ...(query === undefined ? {} : { query }),
  });

  return {
    tenant: tenantOf(config),
    where,
    http,
    fail,
    signIn: async (signal, attempts) => {
      const call = { what: TOKEN, anonymous: true, attempts, url: login.url };
      await http.run(call, signal, (attempt) => login.token(attempt, http.run));
    },
    users: async (asked, of, query, signal) => {
      const params = { ...of, ...list(query, 'users', query.fields), ...shown(query.schemas), orderBy: 'email' };
      const first = { ...asked, bucket: FIRST };
      return pageIn(await bySdk(first, signal, (options) => api.users.list(params, options)), 'users', asked.what);
    },
    groups: async (asked, of, query, signal) => {
      const params = { ...of, ...list(query, 'groups', query.fields) };
      return pageIn(await bySdk(asked, signal, (options) => api.groups.list(params, options)), 'groups', asked.what);
    },
    members: async (asked, id, query, signal) => {
      const params = { groupKey: id, ...list(query, 'members', query.fields) };
      return pageIn(await bySdk(asked, signal, (options) => api.members.list(params, options)), 'members', asked.what);
    },
    user: async (id, { fields, schemas }, signal) => {
      const what = named('user', id);
      const params = { userKey: id, fields, ...shown(schemas) };
      return objectOf(await bySdk({ what }, signal, (options) => api.users.get(params, options)), what, fail);
    },
    group: async (id, fields, signal) => {
      const what = named('group', id);
      const params = { groupKey: id, fields };
      return objectOf(await bySdk({ what }, signal, (options) => api.groups.get(params, options)), what, fail);
    },
  };
}

/** Custom schemas are shown where each is named. */
const shown = (schemas: readonly string[]) =>
  schemas.length === 0 ? { projection: 'basic' } : { projection: 'custom', customFieldMask: schemas.join(',') };

export const USERS = 'the users';
export const GROUPS = 'the groups';
export const membersOfGroup = (id: string): string => `the members of ${named('group', id)}`;

/** For messages: an id is the provider's text, and may be anything. */
export const named = (kind: 'user' | 'group', id: string): string => `${kind} ${excerpt(id, 80)}`;
