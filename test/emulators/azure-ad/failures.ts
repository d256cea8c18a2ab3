import { type Behaviour, reset, rewrite, status } from '../faults.ts';

const codes: Readonly<Record<number, string>> = {
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** A failure in Graph's way of writing one. @param retryAfter seconds, or a date */
export function graphFailure(code: number, retryAfter?: number | Date): Behaviour {
  const message = code === 429 ? 'Please retry again later.' : 'The request could not be answered.';
  const innerError = { date: '2026-01-01T00:00:00', 'request-id': 'emulated', 'client-request-id': 'emulated' };
  const body = { error: { code: codes[code] ?? 'UnknownError', message, innerError } };
  return status(code, retryAfter === undefined ? { body } : { body, retryAfter });
}

/** What `conditions.failures` are for this vendor, until they are changed. */
export const everyday = (): [Behaviour, ...Behaviour[]] => [
  graphFailure(500),
  graphFailure(502),
  graphFailure(503, 1),
  graphFailure(504),
  graphFailure(429, 1),
  reset(),
];

/** The link to the next page, changed; an answer without one is left alone. The link of a delta query is left alone too. */
export function nextLink(change: (link: string) => string): Behaviour {
  return rewrite((answer) => {
    if (!answer || typeof answer !== 'object' || !('@odata.nextLink' in answer)) return answer;
    return { ...answer, '@odata.nextLink': change(String(answer['@odata.nextLink'])) };
  });
}

/** The link to the next page leads to the page that it stands on. @param origin where the emulator is */
export function loop(origin: string): Behaviour {
  return async (request, honest) => {
    const here = `${origin}${request.path}?${request.query}`;
    return nextLink(() => here)(request, honest);
  };
}
