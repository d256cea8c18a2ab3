import { type Answer, type FetchCode, FetchFailure, Refusal } from './errors.ts';
import { excerpt } from './excerpt.ts';

/** What a sentence speaks of. */
export interface About {
  source: string;
  /** The identity provider's name, such as `Keycloak`. */
  product: string;
  /** What was being read. */
  what: string;
  url: URL;
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
const who = (about: About): string => `Source "${about.source}": ${about.product} at ${about.url.host}`;

/** A status that the vendor's table says nothing about. */
export function refused(about: About, answer: Answer): Refusal {
  const { status } = answer;
  const { code, todo } = meaning(about, answer);
  return new Refusal(
    code,
    `${who(about)} answered ${status} when asked for ${about.what}${quote(answer)}. ${todo}`,
    answer,
  );
}

function meaning({ product }: About, answer: Answer): { code: FetchCode; todo: string } {
  const { status, headers } = answer;
  if (status === 401)
    return { code: 'authentication', todo: 'Check the credentials; a new access token was refused as well.' };
  if (status === 403) return { code: 'permission', todo: `Give the credentials the right to read this at ${product}.` };
  if (status === 407)
    return { code: 'unreachable', todo: 'This comes from a proxy: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.' };
  if (status === 429) return { code: 'throttled', todo: 'Ask less often ("schedule"), or raise its limit.' };
  if (status >= 300 && status < 400) return { code: 'incomplete', todo: redirect(headers) };
  if (status >= 500 || status === 408) return { code: 'unreachable', todo: `Look at ${product}'s log.` };
  return { code: 'incomplete', todo: 'Check the address in the configuration and what stands between.' };
}

function redirect(headers: Headers): string {
  const to = headers.get('location') ?? '';
  const where = URL.canParse(to) ? ` (it points to ${excerpt(new URL(to).origin)})` : '';
  return `rosterd follows no redirect${where}: write the final address into the configuration.`;
}

/** What a provider says of itself in its JSON, or the start of a text. */
function quote({ body }: Answer): string {
  if (body === '' || body === null || body === undefined) return '';
  return `: ${excerpt(body)}`;
}

/** The last of several tries, all of them in vain. */
export function exhausted(tries: number, last: FetchFailure, answer?: Answer): FetchFailure {
  if (tries === 1) return last;
  if (!answer) return new FetchFailure(last.code, `${last.message} It was tried ${tries} times.`, cause(last));
  return new Refusal(last.code, `${last.message} It was tried ${tries} times.`, answer);
}

const cause = (error: Error): Error | undefined => (error.cause instanceof Error ? error.cause : undefined);

/** The provider asks for more patience than a pass has. */
export function tooLong(about: About, wait: number, longest: number, answer?: Answer): FetchFailure {
  const message = `${who(about)} asks to wait ${seconds(wait)} before it gives ${about.what}, and a pass waits at most ${seconds(longest)}. If this stays, ask less often ("schedule").`;
  return answer ? new Refusal('throttled', message, answer) : new FetchFailure('throttled', message);
}

/** No complete answer within the time of one request. */
export function stalled(about: About, timeout: number): FetchFailure {
  return new FetchFailure(
    'unreachable',
    `${who(about)} gave no complete answer within ${seconds(timeout)} when asked for ${about.what}. Look at its load and its log, and at proxies between.`,
  );
}

/** A 2xx answer that is not what was asked for. It is never taken for an empty one. */
export function unexpected(about: About, got: unknown, wanted: string): FetchFailure {
  return new FetchFailure(
    'incomplete',
    `${who(about)} answered the request for ${about.what} with ${kind(got)} where ${wanted} was expected${
      got === '' || got === null || got === undefined ? '' : `: ${excerpt(got)}`
    }. Nothing was taken from it. Check the address in the configuration, and proxies and login pages between.`,
  );
}

function kind(got: unknown): string {
  if (got === null || got === undefined) return 'nothing';
  if (got === '') return 'an empty body';
  if (typeof got === 'string') return /^\s*</.test(got) ? 'a web page' : 'a text';
  if (Array.isArray(got)) return 'a list';
  return typeof got === 'object' ? 'another object' : `a ${typeof got}`;
}
