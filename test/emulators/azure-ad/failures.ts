import { type Behaviour, reset, status } from '../faults.ts';

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
