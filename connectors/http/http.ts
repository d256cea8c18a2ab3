import type { Surroundings } from '../connector.ts';
import { type Answer, type Explanation, FetchFailure, Refusal, Refused } from './errors.ts';
import { type FetchInit, fetchWith } from './fetch.ts';
import { gate } from './gate.ts';
import { trouble } from './network.ts';
import { noPace, type Pace } from './pace.ts';
import { type Again, again, backoff, type Rule } from './retry.ts';
import { exhausted, refused, stalled, tooLong } from './sentences.ts';
import { keepToken, TOKEN, type Token, unlessAborted } from './token.ts';
import { openTransport } from './transport.ts';

/** What one try of a request is given. It makes exactly one request, and throws Refused for an answer that is not a 2xx. */
export interface Attempt {
  /** Ends the request, its body included: the pass was cancelled, or it took too long. */
  signal: AbortSignal;
  /** For fetch: proxy, certificates, kept connections. */
  dispatcher: NonNullable<RequestInit['dispatcher']>;
  /** The access token; empty for an anonymous call. */
  token: string;
  /** Puts the credentials into the headers of a request, where the provider has its own way; absent: a bearer's token. */
  authorize?(headers: Headers, method: string, url: URL): void;
  /** To be told of the status and headers of a good answer, where the SDK shows them. */
  saw(status: number, headers: Headers): void;
}

/** One request as the operator may read of it. */
export interface Call {
  /** What is read, for messages: `the users`, `the members of group 4711`. */
  what: string;
  /** Where it goes, if not to the configured address. */
  url?: URL;
  /** Without the access token. */
  anonymous?: boolean;
  /** Tries at most, if not as configured. */
  attempts?: number;
  /** Which of the provider's limits it counts against, for a pace that knows several. */
  bucket?: string;
}

export interface HttpOptions {
  surroundings: Pick<Surroundings, 'source' | 'clock' | 'ca' | 'env' | 'log'>;
  /** The provider's name in messages, such as `Keycloak`. */
  product: string;
  /** The configured address. Links and calls to any other origin are refused, but for `origins`. */
  url: URL;
  /** The key of the configuration file that holds it. */
  setting: string;
  origins?: readonly string[];
  /** Asks for an access token. Absent where an SDK brings its own. */
  token?: (attempt: Attempt) => Promise<Token>;
  /** How a request shows its credentials, the token among them if there is one; absent: `Authorization: Bearer`. */
  authorize?: (headers: Headers, token: string, method: string, url: URL) => void;
  /**
   * Whether an answer only asks for the same request made in another way, such as with a nonce that it gives: it is then
   * made again at once, twice at most.
   */
  anew?: (answer: Answer, call: Call) => boolean;
  /** Where tokens are asked for, if not at `url`. */
  tokenUrl?: URL;
  /** The vendor's table of errors: what an answer means, or undefined where it does not say more than its status. */
  explain?: (answer: Answer, call: Call) => Explanation | undefined;
  /** The vendor's own rule on whether to try again and after how many ms (null: as usual); undefined: the common rule. */
  again?: Rule;
  pace?: Pace;
  /** Requests in flight at once, token requests apart. 4. */
  concurrency?: number;
  /** ms that one request may take, body included. 120,000. */
  timeout?: number;
  /** Tries of one request. 8. */
  attempts?: number;
  /** ms that one request may spend waiting between its tries. 600,000. */
  longestWait?: number;
  /** 0 to 1. */
  random?: () => number;
}

/** Requests by the status of their answers, `none` where none came; and how long they waited because they were asked to. */
export interface Usage {
  statuses: Readonly<Record<string, number>>;
  /** Milliseconds, of all requests together. */
  throttled: number;
}

/** The way to one identity provider, shared by everything that asks it. */
export interface Http {
  /**
   * Paces, limits, times, retries and counts one request, and makes what goes wrong a FetchFailure; rejects with the
   * signal's reason as soon as it aborts. What `attempt` throws that is not of the network passes through.
   */
  run<T>(call: Call, signal: AbortSignal, attempt: (attempt: Attempt) => Promise<T>): Promise<T>;
  /** The same as a fetch for SDKs. Its answers are read to their end before they are given. */
  fetch(input: string | URL, init: FetchInit): Promise<Response>;
  /**
   * After how many ms to ask again for what one part of an answer refused, a part of a batch; the whole may be good.
   * Throws the failure where it is not to be asked for again. The wait is up to the caller.
   * @param so how often it was asked for, this time included, and how long it was waited for so far
   */
  again(call: Call, answer: Answer, so: { tries: number; waited: number }): number;
  /** How many requests went out. */
  requests(): number;
  /** What it cost so far. */
  usage(): Usage;
  close(): Promise<void>;
}

/** How one try ended, if not well. */
interface Miss {
  failure: FetchFailure;
  next: Again;
  answer?: Answer;
  token: string;
}

/** So often one request is made in another way because an answer asked for that. */
const ANEW = 2;
/** A wait of so many ms is worth a line that an operator sees. */
const NOTABLE = 10_000;
/** ms between two such lines of the pace, for one bucket: many requests wait side by side. */
const QUIET = 60_000;
const TOO_LATE = Symbol('took longer than a request may');

export function openHttp(options: HttpOptions): Http {
  const { surroundings, concurrency = 4, timeout = 120_000, attempts: most = 8, longestWait = 600_000 } = options;
  const { source, clock, log } = surroundings;
  const random = options.random ?? Math.random;
  const transport = openTransport(source, surroundings.env, surroundings.ca);
  const places = gate(concurrency);
  const pace = options.pace ?? noPace();
  const statuses: Record<string, number> = {};
  /** By bucket: when a wait of its pace was last told. */
  const lines = new Map<string, number>();
  let requests = 0;
  let throttled = 0;

  const { token: askToken, tokenUrl, authorize: own } = options;
  const tokenCall: Call = { what: TOKEN, anonymous: true, ...(tokenUrl ? { url: tokenUrl } : {}) };
  const keeper = askToken ? keepToken((signal) => run(tokenCall, signal, askToken), clock) : undefined;

  async function run<T>(call: Call, signal: AbortSignal, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    let waited = 0;
    let renewed = false;
    let anew = 0;
    for (let n = 1; ; n += 1) {
      const outcome = await once(call, signal, attempt);
      if ('value' in outcome) return outcome.value;
      const { answer, token } = outcome.miss;
      if (answer && anew < ANEW && options.anew?.(answer, call)) {
        anew += 1;
        continue;
      }
      if (answer?.status === 401 && token && !renewed) {
        renewed = true;
        keeper?.spurn(token);
        continue;
      }
      const wait = patience(outcome.miss, call, n, waited);
      waited += wait;
      await clock.sleep(wait, signal);
    }
  }

  /** How many ms to wait before the next try; throws where there is none. `n` tries were made, `waited` ms between. */
  function patience({ failure, next, answer }: Miss, call: Call, n: number, waited: number): number {
    if (!next) throw failure;
    const wait = next.after === null ? backoff(n, random()) : next.after + Math.round(random() * 500);
    const about = { source, product: options.product, what: call.what, url: call.url ?? options.url };
    if (waited + wait > longestWait) throw next.after === null ? failure : tooLong(about, wait, longestWait, answer);
    if (next.after !== null) pace.until(clock.now() + next.after, call.bucket);
    if (n >= (call.attempts ?? most)) throw exhausted(n, failure, answer);
    if (next.after !== null) throttled += wait;
    log[wait < NOTABLE ? 'debug' : 'warn'](
      { source, what: call.what, try: n, wait, status: answer?.status ?? null },
      failure.message,
    );
    return wait;
  }

  type Outcome<T> = { value: T } | { miss: Miss };

  async function once<T>(call: Call, signal: AbortSignal, attempt: (a: Attempt) => Promise<T>): Promise<Outcome<T>> {
    signal.throwIfAborted();
    // A token request must not wait for the requests that wait for it.
    const leave = call.anonymous ? undefined : await places.enter(signal);
    try {
      await paced(call, signal);
      const token = keeper && !call.anonymous ? await keeper.get(signal) : '';
      return await timed(call, signal, token, attempt);
    } finally {
      leave?.();
    }
  }

  async function paced(call: Call, signal: AbortSignal): Promise<void> {
    const { bucket } = call;
    for (let wait = pace.take(clock.now(), bucket); wait > 0; wait = pace.take(clock.now(), bucket)) {
      const about = { source, product: options.product, what: call.what, url: call.url ?? options.url };
      if (wait > longestWait) throw tooLong(about, wait, longestWait);
      throttled += wait;
      if (wait >= NOTABLE) tell(wait, call);
      await clock.sleep(wait, signal);
    }
  }

  function tell(wait: number, { what, bucket = '', url = options.url }: Call): void {
    const now = clock.now();
    if (now - (lines.get(bucket) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    lines.set(bucket, now);
    const message = `Source "${source}": waiting ${Math.ceil(wait / 1000)} s before ${options.product} at ${url.host} is asked for ${what}, to keep to what it allows.`;
    log.warn({ source, what, wait }, message);
  }

  async function timed<T>(
    call: Call,
    signal: AbortSignal,
    token: string,
    attempt: (a: Attempt) => Promise<T>,
  ): Promise<Outcome<T>> {
    const url = call.url ?? options.url;
    const route = transport.route(url);
    // By hand: AbortSignal.any leaks on a signal that outlives thousands of requests, in the Node of today.
    const stop = new AbortController();
    const cancel = () => stop.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    const timer = new AbortController();
    const late = () => stop.abort(TOO_LATE);
    // The timer is called off in every case but one; that it then rejects says nothing.
    clock.sleep(timeout, timer.signal).then(late, () => undefined);
    let seen = 200;
    requests += 1;
    try {
      const value = await unlessAborted(
        attempt({
          signal: stop.signal,
          // One class seen through two sets of types: undici's own, and those that come with Node's fetch.
          dispatcher: route.dispatcher as unknown as Attempt['dispatcher'],
          token,
          ...(own && !call.anonymous
            ? { authorize: (...request) => own(request[0], token, request[1], request[2]) }
            : {}),
          saw: (status, headers) => {
            seen = status;
            pace.saw?.(status, headers, clock.now(), call.bucket);
          },
        }),
        stop.signal,
      );
      count(seen);
      return { value };
    } catch (error) {
      signal.throwIfAborted();
      const about = { source, product: options.product, what: call.what, url };
      if (error instanceof Refused) {
        count(error.answer().status);
        return { miss: missed(error.answer(), call, token) };
      }
      count('none');
      if (stop.signal.reason === TOO_LATE)
        return { miss: { failure: stalled(about, timeout), next: { after: null }, token } };
      const found = trouble(error, { ...about, route, setting: options.setting });
      if (!found) throw error;
      const failure = new FetchFailure(found.code, `Source "${source}": ${found.sentence}`, found.cause);
      return { miss: { failure, next: found.passing ? { after: null } : null, token } };
    } finally {
      timer.abort();
      signal.removeEventListener('abort', cancel);
    }
  }

  function missed(answer: Answer, call: Call, token: string): Miss {
    const now = clock.now();
    pace.saw?.(answer.status, answer.headers, now, call.bucket);
    const explained = options.explain?.(answer, call);
    const failure = explained
      ? new Refusal(explained.code, `Source "${source}": ${explained.sentence}`, answer)
      : refused({ source, product: options.product, what: call.what, url: call.url ?? options.url }, answer);
    return { failure, next: again(answer, now, options.again), answer, token };
  }

  const count = (status: number | 'none'): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  };

  return {
    run,
    fetch: fetchWith(run, options),
    again: (call, answer, { tries, waited }) => patience(missed(answer, call, ''), call, tries, waited),
    requests: () => requests,
    usage: () => ({ statuses: { ...statuses }, throttled }),
    close: () => transport.close(),
  };
}
