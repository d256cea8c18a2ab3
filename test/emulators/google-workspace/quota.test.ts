import { expect, test } from 'vitest';
import { rows, without } from '../faults.ts';
import { googleFailure, loop, nextPageToken } from './failures.ts';
import { startGoogle } from './google.ts';
import { ask, failure, rowOf, rowsOf, tokenOf } from './walk.ts';

const users = '/users?customer=my_customer';

test.each([
  [
    'rateLimitExceeded',
    /^403 rateLimitExceeded: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute/,
  ],
  ['userRateLimitExceeded', /^403 userRateLimitExceeded: /],
  ['quotaExceeded', /^403 quotaExceeded: Request rate higher than configured\.$/],
  ['tooManyRequests', /^429 rateLimitExceeded: /],
] as const)('too many queries in a minute are %s', async (quotaReason, wanted) => {
  let now = Date.UTC(2026, 10, 1);
  const clock = { now: () => now, sleep: async () => {} };
  await using google = await startGoogle({ clock, quota: 3, quotaReason });
  const token = await tokenAt(google, now);
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await ask(google, token, users)).status);
  expect(statuses).toEqual([200, 200, 200]);
  const refused = await ask(google, token, users);
  expect(failure(refused)).toMatch(wanted);
  expect(refused.headers.get('retry-after')).toBe(null);
  now += 60_000;
  expect((await ask(google, token, users)).status).toBe(200);
  google.settings.quota = false;
  for (let at = 0; at < 5; at++) expect((await ask(google, token, users)).status).toBe(200);
});

const tokenAt = (google: Parameters<typeof tokenOf>[0], now: number) =>
  tokenOf(google, { iat: now / 1000, exp: now / 1000 + 3600 });

test.each([
  [googleFailure(403), '403 forbidden'],
  [googleFailure(403, { reason: 'quotaExceeded' }), '403 quotaExceeded'],
  [googleFailure(403, { reason: 'domainCannotUseApis' }), '403 domainCannotUseApis'],
  [googleFailure(404), '404 notFound'],
  [googleFailure(412), '412 conditionNotMet'],
  [googleFailure(429), '429 rateLimitExceeded'],
  [googleFailure(500), '500 backendError'],
  [googleFailure(503), '503 backendError'],
])('a failure is written as the vendor does: %#', async (fault, wanted) => {
  await using google = await startGoogle();
  const token = await tokenOf(google);
  google.faults.when({ path: '/users' }, fault);
  const { body, status } = await ask(google, token, users);
  expect(failure({ body, status, headers: new Headers() })).toContain(wanted);
  expect(rowOf(rowOf(body).error)).toMatchObject({ code: status, errors: [{ domain: expect.any(String) }] });
  expect((await ask(google, token, users)).status).toBe(200);
});

test('rows come twice, or not at all, and tokens lead in circles, as faults say', async () => {
  await using google = await startGoogle({ https: true });
  for (const name of ['a', 'b', 'c']) google.directory.addUser({ primaryEmail: `${name}@fjord.example` });
  const token = await tokenOf(google);
  const page = async (more = '') => (await ask(google, token, `${users}&maxResults=2${more}`)).body;
  const places = { path: '/users' };
  google.faults.when(
    places,
    rows((all) => [...all, ...all.slice(0, 1)]),
  );
  google.faults.when({ ...places, nth: 2 }, without('users'));
  google.faults.when({ ...places, nth: 3 }, loop());
  google.faults.when({ ...places, nth: 5 }, loop());
  google.faults.when(
    { ...places, nth: 6 },
    nextPageToken(() => undefined),
  );
  expect(rowsOf(await page(), 'users')).toHaveLength(3);
  expect(await page()).not.toHaveProperty('users');
  const first = rowOf(await page());
  // Without a token of its own a page leads nowhere that it has been.
  expect(first.nextPageToken).toEqual(expect.any(String));
  const second = `&pageToken=${encodeURIComponent(String(first.nextPageToken))}`;
  expect(rowOf(await page(second)).nextPageToken).toBe(undefined);
  expect(rowOf(await page(second)).nextPageToken).toBe(first.nextPageToken);
  expect(rowOf(await page()).nextPageToken).toBe(undefined);
});
