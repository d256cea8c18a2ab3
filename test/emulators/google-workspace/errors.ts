import { json, type Reply } from '../reply.ts';

/** Thrown where the Directory API refuses, however deep inside; `directoryError` writes it as the API does. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly more: More;

  constructor(status: number, reason: string, message: string, more: More = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.more = more;
  }
}

/** What only some errors have. */
interface More {
  /** Default `global`. */
  domain?: string;
  /** The text within `errors`, where it differs from the whole. */
  inner?: string;
  location?: string;
  locationType?: string;
  extendedHelp?: string;
  /** Of google.rpc.Code, where the front of the API answers and not the directory behind it. */
  status?: string;
  details?: readonly unknown[];
}

/** The error body (developers.google.com/workspace/admin/directory/v1/guides/troubleshoot-error-codes). */
export function directoryError({ status: code, reason, message, more }: Refusal): Reply {
  const { domain = 'global', inner = message, status, details, ...where } = more;
  const errors = [{ message: inner, domain, reason, ...where }];
  const error = { code, message, errors, ...(status ? { status } : {}), ...(details ? { details } : {}) };
  const challenge = code === 401 ? { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' } : {};
  return json(code, { error }, { 'content-type': 'application/json; charset=UTF-8', ...challenge });
}

const info = (reason: string, metadata: Readonly<Record<string, string>>) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata },
];
const service = 'admin.googleapis.com';
const argument = (message: string, field: string, description: string) =>
  new Refusal(400, 'badRequest', message, {
    status: 'INVALID_ARGUMENT',
    details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] }],
  });

const CREDENTIALS =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
const header = { location: 'Authorization', locationType: 'header', status: 'UNAUTHENTICATED' };

/** What the API says where, by the name of the mistake. The sentences are those of real answers. */
export const refuse = {
  noToken: () =>
    new Refusal(401, 'required', `Request is missing required authentication credential. ${CREDENTIALS}`, {
      ...{ inner: 'Login Required.', ...header },
    }),
  token: () =>
    new Refusal(401, 'authError', `Request had invalid authentication credentials. ${CREDENTIALS}`, {
      ...{ inner: 'Invalid Credentials', ...header, details: info('ACCESS_TOKEN_EXPIRED', { service }) },
    }),
  scope: (method: string) =>
    new Refusal(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
      inner: 'Insufficient Permission',
      status: 'PERMISSION_DENIED',
      details: info('ACCESS_TOKEN_SCOPE_INSUFFICIENT', {
        service,
        method: `ccc.hosted.frontend.directory.v1.${method}`,
      }),
    }),
  notConfigured: (project: string) =>
    new Refusal(
      403,
      'accessNotConfigured',
      `Admin SDK API has not been used in project ${project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=${project} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
      {
        ...{
          domain: 'usageLimits',
          extendedHelp: 'https://console.developers.google.com',
          status: 'PERMISSION_DENIED',
        },
        details: info('SERVICE_DISABLED', { service, consumer: `projects/${project}` }),
      },
    ),
  forbidden: () => new Refusal(403, 'forbidden', 'Not Authorized to access this resource/api'),
  bad: () => new Refusal(400, 'badRequest', 'Bad Request'),
  input: (what?: string) =>
    new Refusal(400, 'invalid', what === undefined ? 'Invalid Input' : `Invalid Input: ${what}`),
  type: (what: string) => new Refusal(400, 'badRequest', `Type not supported: ${what}`),
  unknown: (name: string) => {
    const what = `Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`;
    return argument(`Invalid JSON payload received. ${what}`, '', `Invalid JSON payload received. ${what}`);
  },
  value: (name: string, type: string, value: string) => {
    const what = `Invalid value at '${name}' (${type}), "${value}"`;
    return argument(what, name, what);
  },
  field: (path: string) =>
    argument(
      'Request contains an invalid argument.',
      path,
      `Error expanding 'fields' parameter. Cannot find matching fields for path '${path}'.`,
    ),
  missing: (what: string) => new Refusal(404, 'notFound', `Resource Not Found: ${what}`),
  domain: () => new Refusal(404, 'notFound', 'Domain not found.'),
  path: () => new Refusal(404, 'notFound', 'Not Found'),
  deleted: () =>
    new Refusal(412, 'conditionNotMet', 'User is deleted.', { location: 'If-Match', locationType: 'header' }),
} as const;

/** Four ways of saying that there were too many queries (developers.google.com/workspace/admin/directory/v1/limits). */
export const tooMany = {
  rateLimitExceeded: (project: string) =>
    new Refusal(
      403,
      'rateLimitExceeded',
      `Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'admin.googleapis.com' for consumer 'project_number:${project}'.`,
      { domain: 'usageLimits', status: 'RESOURCE_EXHAUSTED' },
    ),
  userRateLimitExceeded: () =>
    new Refusal(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded', { domain: 'usageLimits' }),
  quotaExceeded: () =>
    new Refusal(403, 'quotaExceeded', 'Request rate higher than configured.', { domain: 'usageLimits' }),
  tooManyRequests: () =>
    new Refusal(429, 'rateLimitExceeded', 'Resource has been exhausted (e.g. check quota).', {
      status: 'RESOURCE_EXHAUSTED',
    }),
} as const;
