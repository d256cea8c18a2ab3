import KeycloakAdminClient, { NetworkError } from '@keycloak/keycloak-admin-client';
import type { Surroundings } from '../connector.ts';
import { Refusal, Refused } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { ask } from '../http/fetch.ts';
import { type Attempt, type Http, openHttp } from '../http/http.ts';
import { countOf, type Json, listOf, objectOf, type Unexpected, unexpectedFor } from '../http/pages.ts';
import { TOKEN, type Token } from '../http/token.ts';
import { explainer, FORBIDDEN, REALM_NOT_FOUND, says } from './errors.ts';
import type { KeycloakConfig } from './schema.ts';

/** An id that no user has; asked for, Keycloak shows whether the caller may view users at all. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** The requests that are made to one realm, their answers' shapes checked. */
export interface Realm {
  /** The realm's own address, for people. */
  tenant: string;
  http: Http;
  fail: Unexpected;
  /** Asks for a token that nobody uses, `attempts` times at most: whether the server is there and the client is accepted. */
  signIn(signal: AbortSignal, attempts: number): Promise<void>;
  /**
   * Whether every user of the realm may be viewed, an empty realm's too: true, or a Refusal where Keycloak says no. Null
   * where something in between does not let the question through.
   */
  mayViewUsers(signal: AbortSignal): Promise<true | null>;
  countUsers(signal: AbortSignal): Promise<number>;
  /** Ordered by user name; service accounts left out by the server. */
  users(first: number, max: number, signal: AbortSignal): Promise<readonly Json[]>;
  user(id: string, signal: AbortSignal): Promise<Json>;
  countGroups(signal: AbortSignal): Promise<number>;
  /** Every group of every level, flat, where the server knows how (23 and later); `max` -1: all. */
  allGroups(brief: boolean, max: number, signal: AbortSignal): Promise<readonly Json[]>;
  /** Those at the top, with whatever of the tree an older server puts below them. */
  topGroups(brief: boolean, signal: AbortSignal): Promise<readonly Json[]>;
  children(id: string, first: number, max: number, brief: boolean, signal: AbortSignal): Promise<readonly Json[]>;
  group(id: string, signal: AbortSignal): Promise<Json>;
  /** Direct members, service accounts among them, in one answer; `max` -1: all. */
  members(id: string, max: number, signal: AbortSignal): Promise<readonly Json[]>;
  /** The realm's user profile: which attributes the Admin API shows. */
  profile(signal: AbortSignal): Promise<Json>;
}

export function openRealm(config: KeycloakConfig, surroundings: Surroundings): Realm {
  const { realm } = config;
  const url = new URL(config.url);
  const baseUrl = config.url.replace(/\/+$/, '');
  const fail = unexpectedFor({ source: surroundings.source, product: 'Keycloak', url });
  const askToken = (attempt: Attempt) => requestToken(config, baseUrl, attempt, fail);
  const http = openHttp({
    surroundings,
    product: 'Keycloak',
    url,
    setting: 'url',
    token: askToken,
    explain: explainer(config),
  });

  /** One call of the SDK. A client of its own for each try takes about 0.1 ms, and is the SDK's only way to set a signal. */
  const call = <T>(what: string, signal: AbortSignal, ask: (client: KeycloakAdminClient) => Promise<T>): Promise<T> =>
    http.run({ what }, signal, async (attempt) => {
      // The SDK's types leave the signal out, since its own timeout would replace it; none is set, and it arrives.
      const requestOptions: RequestInit = {
        signal: attempt.signal,
        dispatcher: attempt.dispatcher,
        redirect: 'manual',
        headers: { 'user-agent': 'rosterd' },
      };
      const client = new KeycloakAdminClient({ baseUrl, realmName: realm, requestOptions });
      client.registerTokenProvider({ getAccessToken: async () => attempt.token });
      try {
        return await ask(client);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        const { status, headers } = error.response;
        throw new Refused({ status, headers, body: error.responseData });
      }
    });
  const list = async (what: string, signal: AbortSignal, ask: (client: KeycloakAdminClient) => Promise<unknown>) =>
    listOf(await call(what, signal, ask), what, fail);
  const object = async (what: string, signal: AbortSignal, ask: (client: KeycloakAdminClient) => Promise<unknown>) =>
    objectOf(await call(what, signal, ask), what, fail);

  return {
    tenant: `${baseUrl}/realms/${encodeURIComponent(realm)}`,
    http,
    fail,
    signIn: async (signal, attempts) => {
      await http.run({ what: TOKEN, anonymous: true, attempts }, signal, askToken);
    },
    mayViewUsers: async (signal) => {
      const what = 'the permission to view users';
      try {
        await object(what, signal, (client) => client.attackDetection.findOne({ id: NOBODY }, EXACT));
        return true;
      } catch (error) {
        if (!(error instanceof Refusal) || ![403, 404].includes(error.status)) throw error;
        if (says(error.answer(), FORBIDDEN) || says(error.answer(), REALM_NOT_FOUND)) throw error;
        return null;
      }
    },
    countUsers: async (signal) => {
      const what = 'the number of users';
      return countOf(await call<unknown>(what, signal, (client) => client.users.count()), what, fail);
    },
    users: (first, max, signal) =>
      list('the users', signal, (client) => client.users.find({ first, max, briefRepresentation: false })),
    user: (id, signal) => object(named('user', id), signal, (client) => client.users.findOne({ id }, EXACT)),
    countGroups: async (signal) => {
      const what = 'the number of groups';
      const { count } = await object(what, signal, (client) => client.groups.count());
      return countOf(count, what, fail);
    },
    allGroups: (brief, max, signal) => list('the groups', signal, (client) => client.groups.find(flat(brief, max))),
    topGroups: (brief, signal) =>
      list('the groups', signal, (client) => client.groups.find({ first: 0, max: -1, briefRepresentation: brief })),
    children: (id, first, max, brief, signal) =>
      list(`the child groups of ${named('group', id)}`, signal, (client) =>
        client.groups.listSubGroups({ parentId: id, first, max, briefRepresentation: brief }, EXACT),
      ),
    group: (id, signal) => object(named('group', id), signal, (client) => client.groups.findOne({ id }, EXACT)),
    members: (id, max, signal) =>
      list(`the members of ${named('group', id)}`, signal, (client) =>
        client.groups.listMembers({ id, first: 0, max, briefRepresentation: true }, EXACT),
      ),
    profile: (signal) => object('the user profile', signal, (client) => client.users.getProfile()),
  };
}

/** For messages: an id is the provider's text, and may be anything. */
export const named = (kind: 'user' | 'group', id: string): string => `${kind} ${excerpt(id, 80)}`;

/** The SDK turns a 404 into null otherwise, a proxy's page with that status too. */
const EXACT = { catchNotFound: false };

/**
 * A search for a space, which the server trims to nothing: every group contains that. An empty text would not be sent.
 * Counting each group's children is slow and not needed.
 */
const flat = (brief: boolean, max: number) => ({
  search: ' ',
  first: 0,
  max,
  briefRepresentation: brief,
  populateHierarchy: false,
  subGroupsCount: false,
});

async function requestToken(
  config: KeycloakConfig,
  baseUrl: string,
  attempt: Attempt,
  fail: Unexpected,
): Promise<Token> {
  const url = new URL(
    `${baseUrl}/realms/${encodeURIComponent(config.authRealm ?? config.realm)}/protocol/openid-connect/token`,
  );
  const body = await ask(attempt, url, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: config.clientId,
      client_secret: config.clientSecret.open(),
    }),
  });
  const { access_token: value, expires_in: life } = objectOf(body, TOKEN, fail);
  if (typeof value !== 'string' || value === '') throw fail(TOKEN, body, 'an object with "access_token"');
  // RFC 6749 lets it out; a minute is Keycloak's shortest default.
  return { value, expiresIn: typeof life === 'number' && life > 0 ? life : 60 };
}
