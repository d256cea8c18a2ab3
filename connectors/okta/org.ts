import okta, { type GroupApi, type RequestContext, type UserApi } from '@okta/okta-sdk-nodejs';
import type { Surroundings } from '../connector.ts';
import type { Answer } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { askWhole } from '../http/fetch.ts';
import { type Call, type Http, openHttp } from '../http/http.ts';
import { pinned } from '../http/links.ts';
import { type Json, listOf, objectOf, type Unexpected, unexpectedFor } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { explainer } from './errors.ts';
import { limitRule, oktaPace } from './limits.ts';
import { linksIn } from './links.ts';
import { type Login, openLogin, TOKENS, tokenUrl } from './login.ts';
import { type OktaConfig, orgOf } from './schema.ts';

/** One page of a list. */
export interface Page {
  rows: readonly Json[];
  /** The link to the next page, as Okta wrote it. */
  next: string | null;
  /** When it was given, by the server's clock, in ms since 1970. */
  at: number;
}

/** What a request is: for messages, and for the limit that it counts against. */
export type Asked = Required<Pick<Call, 'what' | 'bucket'>> & Pick<Call, 'attempts'>;

/** How a list of users is asked for. */
export interface UserQuery {
  limit: number;
  filter?: string;
  fields?: string;
}

/** The requests that are made to one org, their answers' shapes checked. */
export interface Org {
  /** For people. */
  tenant: string;
  http: Http;
  fail: Unexpected;
  /** Asks for a token that nobody uses, `attempts` times at most; with an API token, for one user. */
  signIn(signal: AbortSignal, attempts: number): Promise<void>;
  /** Whether the token in use was given a scope; null where that is not known, or there are none. */
  holds(scope: string): boolean | null;
  users(asked: Asked, query: UserQuery, signal: AbortSignal): Promise<Page>;
  groups(asked: Asked, query: { limit: number; filter?: string }, signal: AbortSignal): Promise<Page>;
  members(asked: Asked, id: string, limit: number, signal: AbortSignal): Promise<Page>;
  /** A page by its link, which is followed as it was written. */
  follow(asked: Asked, link: string, signal: AbortSignal): Promise<Page>;
  user(id: string, signal: AbortSignal): Promise<Json>;
  group(id: string, signal: AbortSignal): Promise<Json>;
}

interface Apis {
  users: UserApi;
  groups: GroupApi;
}

/**
 * Leaves out what is slow to find and not read (the vendor's reference, listUsers, Content-Type): where passwords are
 * checked by a directory elsewhere, it is asked for each user.
 */
const CONTENT_TYPE = 'application/json; okta-response=omitCredentials,omitCredentialsLinks,omitTransitioningToStatus';
/** One walks the users while eight read members and one looks up. */
const CONCURRENCY = 10;

export function openOrg(config: OktaConfig, surroundings: Surroundings): Org {
  const { source, clock } = surroundings;
  const root = orgOf(config);
  const url = new URL(root);
  const fail = unexpectedFor({ source, product: 'Okta', url });
  const login: Login = openLogin(config, surroundings, fail);
  const http = openHttp({
    surroundings,
    product: 'Okta',
    url,
    setting: 'orgUrl',
    ...(login.token ? { token: login.token, tokenUrl: tokenUrl(config) } : {}),
    ...(login.authorize ? { authorize: login.authorize } : {}),
    ...(login.anew ? { anew: login.anew } : {}),
    explain: explainer(config),
    again: limitRule(Math.random),
    pace: oktaPace(config.rateLimitShare),
    concurrency: CONCURRENCY,
  });

  /**
   * One request by the SDK: its API classes make address and headers, the fetch layer sends them and reads the answer.
   * They are made without the SDK's Client, which reads okta.yaml and OKTA_ variables whatever it is given. Pages are
   * read as they are: the SDK's collections make an instance of a class of each row, and show no header.
   */
  const bySdk = (asked: Asked, signal: AbortSignal, send: (apis: Apis) => Promise<unknown>): Promise<Answer> =>
    http.run(asked, signal, async (attempt) => {
      let answer: Answer | undefined;
      let failed: unknown;
      const httpApi = okta.wrapHttpLibrary({
        send: async (request: RequestContext) => {
          try {
            const init = { method: request.getHttpMethod(), headers: request.getHeaders() };
            answer = await askWhole(attempt, new URL(request.getUrl()), init);
          } catch (error) {
            failed = error;
            throw error;
          }
          // What the SDK would make of the body is not asked for: its shape is looked at here.
          return new okta.ResponseContext(200, JSON_TYPE, { text: async () => 'null', binary: async () => NO_BYTES });
        },
      });
      const configuration = okta.createConfiguration({ baseServer: new okta.ServerConfiguration(root, {}), httpApi });
      try {
        await send({ users: new okta.UserApi(configuration), groups: new okta.GroupApi(configuration) });
      } catch (error) {
        throw failed ?? error;
      }
      if (!answer) throw new Error('the SDK made no request');
      return answer;
    });

  const bears = { links: new Set<string>(), none: new Set<string>() };
  const pageIn = ({ headers, body }: Answer, { what, bucket }: Asked, limit: number): Page => {
    const rows = listOf(body, what, fail);
    const links = linksIn(headers.get('link'));
    const [next = null, ...others] = new Set(links.get('next'));
    if (others.length > 0) throw fail(what, headers.get('link'), 'one link to the next page');
    // Without any link, a page looks like the whole. Okta's lists bear one in every answer, if only to themselves; that
    // all of one part of the API do is not promised (okta-sdk-java, issue 870), so that it is what others bear that counts.
    if (links.size === 0 && rows.length >= limit)
      throw fail(what, 'a full page without the header Link', 'a link to the next page');
    bears[links.size > 0 ? 'links' : 'none'].add(bucket);
    if (bears.links.has(bucket) && bears.none.delete(bucket))
      throw fail(what, 'some pages with and some without the header Link', 'one in each');
    const date = Date.parse(headers.get('date') ?? '');
    return { rows, next, at: Number.isNaN(date) ? clock.now() : date };
  };

  const org: Org = {
    tenant: root,
    http,
    fail,
    signIn: async (signal, attempts) => {
      const call = { what: TOKEN, anonymous: true, attempts, bucket: TOKENS, url: tokenUrl(config) };
      if (login.token) await http.run(call, signal, login.token);
      else await org.users({ ...USERS, attempts }, { limit: 1 }, signal);
    },
    holds: (scope) => login.scopes()?.has(scope) ?? null,
    users: async (asked, query, signal) => {
      const page = await bySdk(asked, signal, async ({ users }) =>
        (await users.listUsers({ ...query, contentType: CONTENT_TYPE })).getNextPage(),
      );
      return pageIn(page, asked, query.limit);
    },
    groups: async (asked, query, signal) => {
      const page = await bySdk(asked, signal, async ({ groups }) => (await groups.listGroups(query)).getNextPage());
      return pageIn(page, asked, query.limit);
    },
    members: async (asked, id, limit, signal) => {
      const page = await bySdk(asked, signal, async ({ groups }) =>
        (await groups.listGroupUsers({ groupId: id, limit })).getNextPage(),
      );
      return pageIn(page, asked, limit);
    },
    follow: async (asked, link, signal) => {
      const to = pinned(link, url, NO_OTHERS, source);
      const limit = Number(to.searchParams.get('limit') ?? Number.POSITIVE_INFINITY);
      const headers = {
        accept: 'application/json',
        ...(asked.bucket === USERS.bucket ? { 'content-type': CONTENT_TYPE } : {}),
      };
      const page = await http.run({ ...asked, url: to }, signal, (attempt) => askWhole(attempt, to, { headers }));
      return pageIn(page, asked, limit);
    },
    user: async (id, signal) => {
      const what = named('user', id);
      const asked = { what, bucket: 'user' };
      const { body } = await bySdk(asked, signal, ({ users }) =>
        users.getUser({ userId: id, contentType: CONTENT_TYPE }),
      );
      return objectOf(body, what, fail);
    },
    group: async (id, signal) => {
      const what = named('group', id);
      const { body } = await bySdk({ what, bucket: 'group' }, signal, ({ groups }) => groups.getGroup({ groupId: id }));
      return objectOf(body, what, fail);
    },
  };
  return org;
}

export const USERS: Asked = { what: 'the users', bucket: 'users' };
export const GROUPS: Asked = { what: 'the groups', bucket: 'groups' };
export const membersOfGroup = (id: string): Asked => ({
  what: `the members of ${named('group', id)}`,
  bucket: 'members',
});

/** For messages: an id is the provider's text, and may be anything. */
export const named = (kind: 'user' | 'group', id: string): string => `${kind} ${excerpt(id, 80)}`;

const JSON_TYPE = { 'content-type': 'application/json' };
const NO_BYTES = Buffer.alloc(0);
const NO_OTHERS: ReadonlySet<string> = new Set();
