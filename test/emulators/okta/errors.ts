import { json, type Reply } from '../reply.ts';

/** Thrown where Okta refuses, however deep inside; `oktaError` writes it as Okta does. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly causes: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    summary: string,
    causes: readonly string[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(summary);
    this.status = status;
    this.code = code;
    this.causes = causes;
    this.headers = headers;
  }
}

/** The error body of Okta (developer.okta.com/docs/reference/error-codes). */
export const errorBody = (code: string, summary: string, errorId: string, causes: readonly string[] = []) => ({
  errorCode: code,
  errorSummary: summary,
  errorLink: code,
  errorId,
  errorCauses: causes.map((errorSummary) => ({ errorSummary })),
});

export const oktaError = ({ status, code, message, causes, headers }: Refusal, errorId: string): Reply =>
  json(status, errorBody(code, message, errorId, causes), headers);

/** The summary and the status of each code that is answered here. */
export const codes = {
  E0000001: [400, 'Api validation failed'],
  E0000003: [400, 'The request body was not well-formed.'],
  E0000004: [401, 'Authentication failed'],
  E0000005: [401, 'Invalid session'],
  E0000006: [403, 'You do not have permission to perform the requested action'],
  E0000007: [404, 'Not found'],
  E0000008: [404, 'The requested path was not found'],
  E0000009: [500, 'Internal Server Error'],
  E0000010: [503, 'Service is in read only mode'],
  E0000011: [401, 'Invalid token provided'],
  E0000015: [401, 'You do not have permission to access the feature you are requesting'],
  // With two spaces, as in real answers (zaproxy, issue 5004; okta-sdk-python, issue 400).
  E0000021: [400, 'Bad request.  Accept and/or Content-Type headers likely do not match supported values.'],
  E0000022: [405, 'The endpoint does not support the provided HTTP method'],
  E0000031: [400, 'Invalid search criteria.'],
  E0000047: [429, 'API call exceeded rate limit due to too many requests.'],
} as const;

export type Code = keyof typeof codes;

const plain = (code: Code, more = '', causes: readonly string[] = [], headers: Readonly<Record<string, string>> = {}) =>
  new Refusal(codes[code][0], code, `${codes[code][1]}${more}`, causes, headers);

/** What Okta says where, by the name of the mistake. */
export const refuse = {
  /** @param field the parameter that is wrong */
  invalid: (field: string, cause: string) => plain('E0000001', `: ${field}`, [`${field}: ${cause}`]),
  scheme: () => plain('E0000004'),
  session: () => plain('E0000005'),
  permission: (headers?: Readonly<Record<string, string>>) => plain('E0000006', '', [], headers),
  /** @param kind such as `User` or `UserGroup` */
  missing: (id: string, kind: string) => plain('E0000007', `: Resource not found: ${id} (${kind})`),
  path: () => plain('E0000008'),
  token: (headers?: Readonly<Record<string, string>>) => plain('E0000011', '', [], headers),
  feature: () => plain('E0000015'),
  mediaType: () => plain('E0000021'),
  method: () => plain('E0000022'),
  search: (cause = 'Invalid search syntax.') => plain('E0000031', '', [cause]),
  tooMany: () => plain('E0000047'),
} as const;
