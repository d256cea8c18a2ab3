import { Client, type Context, type GraphRequest, ResponseType } from '@microsoft/microsoft-graph-client';
import type { Surroundings } from '../connector.ts';
import { type Answer, FetchFailure, Refused } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { ask } from '../http/fetch.ts';
import { type Attempt, type Call, type Http, openHttp } from '../http/http.ts';
import { isObject, type Json, listUnder, objectOf, type Unexpected, unexpectedFor } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { type Credential, expiryOf, readCredential } from './certificate.ts';
import { explainer, isNoValue } from './errors.ts';
import { requestToken, tokenUrl } from './login.ts';
import { type AzureAdConfig, endpointsOf } from './schema.ts';

const VERSION = 'v1.0';
/** Parts of one batch, at most (learn.microsoft.com/graph/json-batching). */
export const MOST_PARTS = 20;

/** One request of a batch: GET, below the version. */
export interface Asked {
  /** What is read, for messages. */
  what: string;
  /** Such as `/groups/{id}/members?$select=id&$top=999`. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Tries at most, if not as usual. */
  attempts?: number;
}

/** One page of a list, and the link to the next. */
export interface Page {
  rows: readonly Json[];
  /** As Graph wrote it. */
  next: string | null;
  /** What else the answer has: `@odata.count`, `@odata.deltaLink`. */
  rest: Json;
}

/** The requests that are made to one tenant, their answers' shapes checked. */
export interface Graph {
  /** For people. */
  tenant: string;
  http: Http;
  fail: Unexpected;
  /** The failure of a wanted property that no rule can read. */
  unreadable(property: string, what: string): FetchFailure;
  credential: Credential | undefined;
  /** Asks for a token that nobody uses, `attempts` times at most: whether Entra ID is there and accepts the application. */
  signIn(signal: AbortSignal, attempts: number): Promise<void>;
  /** Whether the token in use holds an application permission; null where that is not known. */
  holds(permission: string): boolean | null;
  /** One list by the SDK, its first page. */
  first(what: string, signal: AbortSignal, build: (client: Client) => GraphRequest): Promise<Page>;
  /** A page by its link, which is followed as it was written: the SDK would encode it anew. */
  follow(link: string, what: string, signal: AbortSignal): Promise<Page>;
  /** The answers to several requests at once, in their order, whatever became of each; throws what befalls the whole. */
  batch(parts: readonly Asked[], signal: AbortSignal): Promise<Answer[]>;
  /** A link of Graph's as the address of a part of a batch. Throws where it leads elsewhere. */
  below(link: string): string;
  /** Whether a link leads to the configured address. */
  isOurs(link: string): boolean;
  /** The page in the answer to a part of a batch. */
  pageIn(body: unknown, what: string): Page;
}

export function openGraph(config: AzureAdConfig, surroundings: Surroundings): Graph {
  const { source, clock, log, folder } = surroundings;
  const { login, graph: root } = endpointsOf(config);
  const url = new URL(root);
  const product = 'Microsoft Graph';
  const fail = unexpectedFor({ source, product, url });
  const failLogin = unexpectedFor({ source, product: 'Entra ID', url: new URL(login) });
  const credential = config.certificate && readCredential(config.certificate, { folder, source });
  let roles: ReadonlySet<string> | null = null;
  let warned = false;

  const askToken = async (attempt: Attempt) => {
    const soon = credential && expiryOf(credential, clock.now());
    if (soon && !warned) log.warn({ source, expires: new Date(credential.expires).toISOString() }, soon);
    warned = true;
    const access = await requestToken(config, credential, attempt, failLogin);
    roles = access.roles;
    return access;
  };

  const http = openHttp({
    surroundings,
    product,
    url,
    setting: config.endpoints ? 'endpoints' : 'cloud',
    token: askToken,
    tokenUrl: tokenUrl(config),
    explain: explainer(config),
    // One walks the users while four read members in batches.
    concurrency: 5,
  });

  /** One request by the SDK: it makes address, headers and body; the fetch layer sends them and reads the answer. */
  const bySdk = (call: Call, signal: AbortSignal, send: (client: Client) => Promise<unknown>): Promise<unknown> =>
    http.run(call, signal, async (attempt) => {
      let answer: unknown;
      let failed: unknown;
      const execute = async (context: Context) => {
        const { method, headers, body } = context.options ?? {};
        try {
          const init = { ...(method ? { method } : {}), headers: { ...plain(headers), ...PRIORITY } };
          answer = await ask(attempt, new URL(String(context.request)), {
            ...init,
            ...(typeof body === 'string' ? { body } : {}),
          });
        } catch (error) {
          failed = error;
          throw error;
        }
        // What the SDK would make of the body is not asked for: its shape is looked at here.
        context.response = new Response(null, { status: 200 });
      };
      try {
        await send(
          Client.initWithMiddleware({ baseUrl: `${root}/`, defaultVersion: VERSION, middleware: { execute } }),
        );
      } catch (error) {
        throw failed ?? error;
      }
      return answer;
    });

  const pageIn = (body: unknown, what: string): Page => {
    const rows = listUnder('value', body, what, fail);
    const rest = objectOf(body, what, fail);
    const next = rest['@odata.nextLink'] ?? null;
    if (next !== null && typeof next !== 'string') throw fail(what, next, 'a link to the next page');
    return { rows, next, rest };
  };

  return {
    tenant: config.tenantId,
    http,
    fail,
    unreadable: (property, what) => new FetchFailure('incomplete', `Source "${source}": ${isNoValue(property, what)}`),
    credential,
    signIn: async (signal, attempts) => {
      await http.run({ what: TOKEN, anonymous: true, attempts, url: tokenUrl(config) }, signal, askToken);
    },
    holds: (permission) => roles?.has(permission) ?? null,
    first: async (what, signal, build) =>
      pageIn(await bySdk({ what }, signal, (client) => build(client).responseType(ResponseType.RAW).get()), what),
    follow: async (link, what, signal) => {
      const answer = await http.fetch(link, { what, signal, headers: PRIORITY });
      return pageIn(await json(answer), what);
    },
    batch: async (parts, signal) => {
      const what = wholeOf(parts);
      const requests = parts.map(({ url: address, headers }, at) => ({
        ...{ id: String(at + 1), method: 'GET', url: address },
        ...(headers ? { headers } : {}),
      }));
      const [{ attempts } = {}] = parts;
      return await http.run({ what, ...(attempts ? { attempts } : {}) }, signal, async (attempt) => {
        const body = await post(attempt, { requests });
        const answers = answersIn(body, parts.length, what, fail);
        // A token that ended meanwhile: the layer asks for another, and for the whole batch again.
        const outdated = answers.find(({ status }) => status === 401);
        if (outdated) throw new Refused(outdated);
        return answers;
      });
    },
    isOurs: (link) => link.startsWith(`${root}/${VERSION}/`),
    below: (link) => {
      const start = `${root}/${VERSION}`;
      if (link.startsWith(`${start}/`)) return link.slice(start.length);
      throw new FetchFailure(
        'incomplete',
        `Source "${source}": Microsoft Graph gave a link to ${excerpt(URL.parse(link)?.origin ?? link)}, which is not the configured address. It was not followed, and nothing was taken from this listing. Check "endpoints".`,
      );
    },
    pageIn,
  };

  async function post(attempt: Attempt, content: object): Promise<unknown> {
    return await ask(attempt, new URL(`${root}/${VERSION}/$batch`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...PRIORITY },
      body: JSON.stringify(content),
    });
  }
}

/** Whoever works at the screen goes first (learn.microsoft.com/graph/throttling). */
const PRIORITY = { 'x-ms-throttle-priority': 'Low' };

/** One name for a batch, in messages about the whole of it. */
function wholeOf(parts: readonly Asked[]): string {
  const [first] = parts;
  const others = parts.length - 1;
  return others > 0 ? `${first?.what} and ${others} more` : String(first?.what);
}

const plain = (headers: unknown): Record<string, string> =>
  Object.fromEntries(new Headers((headers ?? {}) as Record<string, string>));

async function json(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    // Whoever expected JSON says what came instead.
    return text;
  }
}

/**
 * The answers of a batch in the order of its requests. What is no JSON comes in base64. A part without an answer is as
 * a gateway that did not answer in time: it is asked for again.
 */
function answersIn(body: unknown, count: number, what: string, fail: Unexpected): Answer[] {
  const answers = new Map<string, Answer>();
  for (const part of listUnder('responses', body, what, fail)) {
    const { id, status, headers, body: own } = part;
    if (typeof status !== 'number') throw fail(what, part, 'answers with a status');
    answers.set(String(id), {
      status,
      headers: headersOf(headers),
      body: typeof own === 'string' ? decoded(own) : own,
    });
  }
  return Array.from(
    { length: count },
    (_, at) => answers.get(String(at + 1)) ?? { status: 504, headers: new Headers(), body: '' },
  );
}

function headersOf(given: unknown): Headers {
  const headers = new Headers();
  if (!isObject(given)) return headers;
  for (const [name, value] of Object.entries(given))
    if (typeof value === 'string' || typeof value === 'number') headers.set(name, String(value));
  return headers;
}

const decoded = (text: string): string =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64').toString('utf8')
    : text;

/** For messages: an id is the provider's text, and may be anything. */
export const named = (kind: 'user' | 'group', id: string): string => `${kind} ${excerpt(id, 80)}`;
