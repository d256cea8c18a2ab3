import { gaxios } from 'google-auth-library';
import type { Answer } from '../http/errors.ts';
import type { FetchInit } from '../http/fetch.ts';

/** Sends one request of the vendor's library, and throws Refused for an answer that is not a 2xx. */
export type Send = (url: URL, init: Pick<FetchInit, 'method' | 'headers' | 'body'>) => Promise<Answer>;

/** The credentials of the machine that rosterd runs on (cloud.google.com/docs/authentication/application-default-credentials). */
export interface Machine {
  /** Where its token is asked for first. */
  url: URL;
  /** Asks for a token with which another account may sign. */
  token(send: Send): Promise<unknown>;
}

/**
 * The vendor's HTTP client with another one's way of sending: its own retries cannot be turned off where it asks for
 * tokens, and it knows neither `caFile` nor the pace. `failed` is what went wrong below the library, which makes errors
 * of its own out of everything.
 */
export function transporterOver(send: Send): { transporter: gaxios.Gaxios; failed(): unknown } {
  const transporter = new gaxios.Gaxios();
  let failure: unknown;
  transporter.request = async (options = {}) => {
    const { method, data } = options;
    const headers = new Headers(options.headers);
    if (isPlain(data) && !headers.has('content-type')) headers.set('content-type', 'application/json');
    try {
      const {
        status,
        headers: given,
        body,
      } = await send(new URL(String(options.url)), {
        ...{ headers, method: method ?? 'GET' },
        ...(data === undefined || data === null ? {} : { body: isPlain(data) ? JSON.stringify(data) : bodyOf(data) }),
      });
      // The library looks at these of a response, and at no more.
      return Object.assign(new Response(null, { status, headers: given }), { data: body, config: options }) as never;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return { transporter, failed: () => failure };
}

const isPlain = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && !(data instanceof URLSearchParams);

const bodyOf = (data: unknown): string | URLSearchParams => (data instanceof URLSearchParams ? data : String(data));
