import { type Answer, Refusal } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { isObject } from '../http/pages.ts';

/** What an answer says, in its own words. */
export interface Words {
  /** OAuth's `error`, else the API's `reason`, else the name of its status; empty where there is none. */
  reason: string;
  message: string;
}

/** The reason and sentence of an answer in Google's own shape; empty for what is not Google's, such as a proxy's page. */
export function wordsOf({ body }: Answer): Words {
  if (!isObject(body)) return NOTHING;
  const { error, error_description: text } = body;
  if (typeof error === 'string') return { reason: error, message: typeof text === 'string' ? excerpt(text, 300) : '' };
  if (!isObject(error)) return NOTHING;
  const message = typeof error.message === 'string' ? excerpt(error.message, 400) : '';
  const [first] = Array.isArray(error.errors) ? error.errors : [];
  const [info] = Array.isArray(error.details) ? error.details : [];
  const reason = [first, info]
    .map((one) => (isObject(one) ? one.reason : undefined))
    .find((one) => typeof one === 'string');
  return { reason: reason ?? (typeof error.status === 'string' ? error.status : ''), message };
}

const NOTHING: Words = { reason: '', message: '' };

const RATE: readonly string[] = ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded'];

/** Whether a 403 only says that there were too many queries. */
export const isRateLimit = (answer: Answer): boolean => answer.status === 403 && RATE.includes(wordsOf(answer).reason);

/** Whether scopes that were asked for are not delegated. */
export const isUndelegated = (answer: Answer): boolean =>
  ['unauthorized_client', 'access_denied'].includes(wordsOf(answer).reason);

/** Whether Google itself says that this may not be read. A proxy's 403 has other words. */
export const denies = (error: unknown): error is Refusal => isSaid(error, 403, 'forbidden');

/** Whether Google itself says that there is no such user or group. Any other 404 says nothing about an object. */
export const isMissing = (error: unknown): boolean =>
  isSaid(error, 404, 'notFound') && /^Resource Not Found: \w+Key$/i.test(wordsOf(error.answer()).message);

/** Whether Google says that a user is deleted, and can be restored yet. */
export const isDeleted = (error: unknown): boolean => isSaid(error, 412, 'conditionNotMet');

/** Whether Google does not take a request that it took before: the token of a page has expired. */
export const isExpiredPage = (error: unknown): boolean =>
  isSaid(error, 400, 'invalid') || isSaid(error, 400, 'badRequest');

function isSaid(error: unknown, status: number, reason: string): error is Refusal {
  return error instanceof Refusal && error.status === status && wordsOf(error.answer()).reason === reason;
}
