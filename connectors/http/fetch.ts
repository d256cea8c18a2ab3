import { type Answer, Refused } from './errors.ts';
import type { Attempt, Call, Http, HttpOptions } from './http.ts';
import { pinned } from './links.ts';
import { again } from './retry.ts';

/** What SDKs hand to fetch, and what the layer wants to know beside it. */
export interface FetchInit {
  method?: string;
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: string | URLSearchParams;
  signal: AbortSignal;
  /** What is read, for messages. */
  what: string;
  /** Without the layer's own token; what the SDK put into the headers goes out as it is. */
  anonymous?: boolean;
  /** What becomes of an answer that is neither a 2xx nor retried. `throw` (default): a Refusal. `return`: it is given. */
  refusals?: 'throw' | 'return';
}

/** An answer, read to its end. */
export interface Sent {
  status: number;
  headers: Headers;
  bytes: ArrayBuffer;
}

/** A fetch on top of `run`, for SDKs that let one be put in. */
export function fetchWith(run: Http['run'], options: HttpOptions): Http['fetch'] {
  const origins = new Set(options.origins);
  const { source, clock } = options.surroundings;

  return async (input, init) => {
    const url = pinned(input, options.url, origins, source);
    const call: Call = { what: init.what, url, ...(init.anonymous ? { anonymous: true } : {}) };
    return await run(call, init.signal, async (attempt) => {
      const sent = await send(attempt, url, init);
      if (good(sent.status)) return response(sent);
      const answer = answerOf(sent);
      const renewable = sent.status === 401 && attempt.token !== '';
      if (init.refusals === 'return' && !renewable && !again(answer, clock.now(), options.again)) {
        attempt.saw(sent.status, sent.headers);
        return response(sent);
      }
      throw new Refused(answer);
    });
  };
}

/**
 * Sends one request and reads its answer to the end. Redirects are not followed: a token goes where it was meant to go.
 */
export async function send(
  attempt: Attempt,
  url: URL,
  init: Pick<FetchInit, 'method' | 'headers' | 'body'>,
): Promise<Sent> {
  const headers = new Headers(init.headers);
  const method = init.method ?? 'GET';
  if (attempt.authorize) attempt.authorize(headers, method, url);
  else if (attempt.token) headers.set('authorization', `Bearer ${attempt.token}`);
  if (!headers.has('user-agent')) headers.set('user-agent', 'rosterd');
  const answer = await fetch(url, {
    method,
    headers,
    ...(init.body === undefined ? {} : { body: init.body }),
    signal: attempt.signal,
    redirect: 'manual',
    dispatcher: attempt.dispatcher,
  });
  const bytes = await answer.arrayBuffer();
  if (good(answer.status)) attempt.saw(answer.status, answer.headers);
  return { status: answer.status, headers: answer.headers, bytes };
}

/** Sends one request and gives the JSON of its answer, or the text where it is none. Throws Refused for what is no 2xx. */
export async function ask(...request: Parameters<typeof send>): Promise<unknown> {
  return (await askWhole(...request)).body;
}

/** The same with the headers, for whom links stand there. */
export async function askWhole(...request: Parameters<typeof send>): Promise<Answer> {
  const answer = answerOf(await send(...request));
  if (!good(answer.status)) throw new Refused(answer);
  return answer;
}

/** A 304 is good where it was asked for: it has a meaning for whoever sent If-None-Match. */
const good = (status: number): boolean => (status >= 200 && status < 300) || status === 304;

/** Its body as JSON, or the text as it came. */
function answerOf({ status, headers, bytes }: Sent): Answer {
  const text = new TextDecoder().decode(bytes);
  try {
    return { status, headers, body: JSON.parse(text) };
  } catch {
    // Not JSON: whoever expected it says so, with the start of the text.
    return { status, headers, body: text };
  }
}

function response({ status, headers, bytes }: Sent): Response {
  const plain = new Headers(headers);
  // fetch has unpacked the body already.
  plain.delete('content-encoding');
  plain.delete('content-length');
  return new Response(bytes.byteLength === 0 ? null : bytes, { status, headers: plain });
}
