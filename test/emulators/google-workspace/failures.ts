import { type Behaviour, reset, rewrite, status } from '../faults.ts';

/** What an error of the Directory API says by its reason: status, sentence and domain. */
const reasons: Readonly<Record<string, readonly [status: number, message: string, domain: string]>> = {
  badRequest: [400, 'Bad Request', 'global'],
  invalid: [400, 'Invalid Input', 'global'],
  authError: [401, 'Invalid Credentials', 'global'],
  forbidden: [403, 'Not Authorized to access this resource/api', 'global'],
  domainCannotUseApis: [403, 'Domain cannot use apis.', 'global'],
  quotaExceeded: [403, 'Request rate higher than configured.', 'usageLimits'],
  userRateLimitExceeded: [403, 'User Rate Limit Exceeded', 'usageLimits'],
  dailyLimitExceeded: [403, 'Daily Limit Exceeded', 'usageLimits'],
  notFound: [404, 'Resource Not Found: groupKey', 'global'],
  conditionNotMet: [412, 'Precondition Failed', 'global'],
  rateLimitExceeded: [429, 'Resource has been exhausted (e.g. check quota).', 'global'],
  backendError: [503, 'Service unavailable. Please try again', 'global'],
};

/** The reason of a status where none is named. */
const usual: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  412: 'conditionNotMet',
  429: 'rateLimitExceeded',
};

/** A failure in the Directory API's way of writing one. `retryAfter` is seconds, or a date: the vendor sends none. */
export function googleFailure(
  code: number,
  { reason = usual[code] ?? 'backendError', retryAfter }: { reason?: string; retryAfter?: number | Date } = {},
): Behaviour {
  const [, message = 'The request could not be answered.', domain = 'global'] = reasons[reason] ?? [];
  const body = { error: { code, message, errors: [{ message, domain, reason }] } };
  return status(code, retryAfter === undefined ? { body } : { body, retryAfter });
}

/** The failure of a reason, with the status that goes with it. @throws Error at a reason that there is not */
export function reasonFailure(reason: string): Behaviour {
  const [code] = reasons[reason] ?? [];
  if (code === undefined) throw new Error(`"${reason}" must be one of ${Object.keys(reasons).join(', ')}`);
  return googleFailure(code, { reason });
}

/** What `conditions.failures` are for this vendor, until they are changed. */
export const everyday = (): [Behaviour, ...Behaviour[]] => [
  googleFailure(500),
  googleFailure(502),
  googleFailure(503),
  googleFailure(403, { reason: 'quotaExceeded' }),
  googleFailure(403, { reason: 'userRateLimitExceeded' }),
  googleFailure(429),
  reset(),
];

/** The token of the next page, changed or, as undefined, taken away; an answer without one gets what `change` makes of undefined. */
export function nextPageToken(change: (token: string | undefined) => string | undefined): Behaviour {
  return rewrite((answer) => {
    if (!answer || typeof answer !== 'object') return answer;
    const token = 'nextPageToken' in answer ? String(answer.nextPageToken) : undefined;
    return { ...answer, nextPageToken: change(token) };
  });
}

/** The token of the next page leads to the page that it stands on; on a first page, which has none, it stays. */
export function loop(): Behaviour {
  return async (request, honest) => {
    const here = request.query.get('pageToken') ?? undefined;
    return nextPageToken((token) => here ?? token)(request, honest);
  };
}
