import { json, type Reply } from '../reply.ts';

/** Thrown where Graph refuses, however deep inside; `graphError` writes it as Graph does. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The error body of Graph (learn.microsoft.com/graph/errors). @param now milliseconds since the epoch */
export function graphError(refusal: Refusal, now: number, requestId: string): Reply {
  const date = new Date(now).toISOString().slice(0, 19);
  const innerError = { date, 'request-id': requestId, 'client-request-id': requestId };
  return json(refusal.status, { error: { code: refusal.code, message: refusal.message, innerError } }, refusal.headers);
}

/** What Graph says where, by the name of the mistake. */
export const refuse = {
  token: (message: string) => new Refusal(401, 'InvalidAuthenticationToken', message),
  permission: () =>
    new Refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
  option: (name: string) => new Refusal(400, 'BadRequest', `The query option '${name}' is not supported here.`),
  property: (name: string, type: string) =>
    new Refusal(
      400,
      'BadRequest',
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
    ),
  unsupported: (message: string) => new Refusal(400, 'Request_UnsupportedQuery', message),
  bad: (message: string) => new Refusal(400, 'Request_BadRequest', message),
  request: (message: string) => new Refusal(400, 'BadRequest', message),
  missing: (id: string) =>
    new Refusal(
      404,
      'Request_ResourceNotFound',
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    ),
  segment: (name: string) => new Refusal(400, 'BadRequest', `Resource not found for the segment '${name}'.`),
  method: () => new Refusal(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.'),
  mediaType: (type: string) =>
    new Refusal(415, 'UnsupportedMediaType', `The media type '${type}' is not supported; 'application/json' is.`),
  pageToken: () =>
    new Refusal(400, 'Directory_ExpiredPageToken', 'The specified page token value has expired or is invalid.'),
} as const;
