import { expect, test } from 'vitest';
import { rows, without } from '../faults.ts';
import { freshLoop, loop, nextLink, oktaFailure, withoutLinks } from './failures.ts';
import { startOkta } from './okta.ts';
import { all, ask, failure, idsOf, linkOf, rowOf, rowsOf } from './walk.ts';

test('lists users, groups and members page by page', async () => {
  await using okta = await startOkta();
  const { org } = okta;
  const team = org.addGroup({ name: 'Team', description: 'All of us' });
  const users = Array.from({ length: 205 }, (_, at) => org.addUser({ login: `u${at}@acme.example` }));
  for (const user of users) org.join(user, team);
  const listed = await all(okta, '/api/v1/users');
  expect([listed.pages, idsOf(listed.rows)]).toEqual([2, users.map(({ id }) => id)]);
  const groups = await all(okta, '/api/v1/groups');
  expect(groups.rows.map(({ id, type }) => [id, type])).toEqual([
    [org.everyone.id, 'BUILT_IN'],
    [team.id, 'OKTA_GROUP'],
  ]);
  const members = await all(okta, `/api/v1/groups/${team.id}/users?limit=100`);
  expect([members.pages, members.rows.length]).toEqual([3, 205]);
  expect((await all(okta, `/api/v1/groups/${org.everyone.id}/users`)).rows).toHaveLength(205);
});

test('shows a user and a group as real answers do', async () => {
  const clock = { now: () => Date.parse('2026-03-30T07:55:48.500Z'), sleep: async () => {} };
  await using okta = await startOkta({ clock });
  const ada = okta.org.addUser({ login: 'ada@acme.example', firstName: 'Ada' });
  const at = '2026-03-30T07:55:48.000Z';
  const { body, headers } = await ask(okta, '/api/v1/users?limit=1');
  expect(body).toEqual([
    {
      ...{ id: ada.id, status: 'ACTIVE', created: at, activated: at, statusChanged: at, lastLogin: null },
      ...{ lastUpdated: at, passwordChanged: at, type: { id: expect.stringMatching(/^oty/) } },
      profile: {
        ...{ firstName: 'Ada', lastName: null, mobilePhone: null, secondEmail: null },
        ...{ login: 'ada@acme.example', email: 'ada@acme.example' },
      },
      credentials: {
        password: {},
        emails: [{ value: 'ada@acme.example', status: 'VERIFIED', type: 'PRIMARY' }],
        provider: { type: 'OKTA', name: 'OKTA' },
      },
      _links: { self: { href: `${okta.orgUrl}/api/v1/users/${ada.id}` } },
    },
  ]);
  expect(ada.id).toMatch(/^00u\w{17}$/);
  expect(headers.get('date')).toBe('Mon, 30 Mar 2026 07:55:48 GMT');
  expect(headers.get('link')).toBe(`<${okta.orgUrl}/api/v1/users?limit=1>; rel="self"`);
  const [everyone] = rowsOf((await ask(okta, '/api/v1/groups')).body);
  expect(everyone).toMatchObject({
    ...{ type: 'BUILT_IN', created: at, lastMembershipUpdated: at, objectClass: ['okta:user_group'] },
    profile: { name: 'Everyone', description: 'All users in your organization' },
  });
});

test('speaks HTTPS with a certificate made at start', async () => {
  await using okta = await startOkta({ https: true });
  const ada = okta.org.addUser({ login: 'ada@acme.example' });
  expect(okta.orgUrl).toMatch(/^https:/);
  expect(idsOf((await all(okta, '/api/v1/users')).rows)).toEqual([ada.id]);
});

test('is found without a token at a well-known place', async () => {
  await using okta = await startOkta({ tokenRole: 'SUPER_ADMIN' });
  const { status, body } = await ask(okta, '/.well-known/okta-organization', { as: null });
  expect([status, body]).toMatchObject([200, { id: okta.org.id, pipeline: 'idx' }]);
  expect(rowOf((await ask(okta, '/api/v1/org')).body)).toMatchObject({ id: okta.org.id, status: 'ACTIVE' });
});

test.each<[string, string, string]>([
  ['GET', '/api/v1/nothing', '404 E0000008'],
  ['GET', '/nothing', '404 E0000008'],
  ['POST', '/api/v1/users', '403 E0000006'],
  ['DELETE', '/api/v1/groups/x', '403 E0000006'],
  ['PATCH', '/api/v1/users', '405 E0000022'],
  ['GET', '/oauth2/v1/token', '405 E0000022'],
  ['GET', '/api/v1/users/00unobody', '404 E0000007'],
  ['GET', '/api/v1/groups/00gnothing/users', '404 E0000007'],
])('%s %s: %s', async (method, path, wanted) => {
  await using okta = await startOkta();
  expect(failure(await ask(okta, path, { method }))).toBe(wanted);
});

test('says what was not found', async () => {
  await using okta = await startOkta();
  const { body } = await ask(okta, '/api/v1/groups/00gnothing');
  expect(body).toEqual({
    errorCode: 'E0000007',
    errorSummary: 'Not found: Resource not found: 00gnothing (UserGroup)',
    errorLink: 'E0000007',
    errorId: expect.stringMatching(/^oae/),
    errorCauses: [],
  });
});

test('misbehaves as told', async () => {
  await using okta = await startOkta();
  for (const name of ['a', 'b', 'c']) okta.org.addUser({ login: `${name}@acme.example` });
  const path = '/api/v1/users?limit=2';
  const strikes = [
    rows((all) => [...all, ...all.slice(0, 1)]),
    without('status'),
    nextLink((link) => link.replace(okta.orgUrl, 'https://x.example')),
    loop(okta.orgUrl),
    withoutLinks(),
    oktaFailure(429, 7),
    oktaFailure('E0000015'),
    oktaFailure(502),
  ];
  for (const [at, strike] of strikes.entries()) okta.faults.when({ path: '/users', nth: at + 1 }, strike);
  expect(rowsOf((await ask(okta, path)).body)).toHaveLength(3);
  expect(rowsOf((await ask(okta, path)).body).every((row) => !('status' in row))).toBe(true);
  expect(linkOf(await ask(okta, path))).toMatch(/^https:\/\/x\.example\/api\/v1\/users\?after=\w+&limit=2$/);
  expect(linkOf(await ask(okta, path))).toBe(`${okta.orgUrl}${path}`);
  expect((await ask(okta, path)).headers.get('link')).toBe(null);
  const busy = await ask(okta, path);
  expect(failure(busy)).toBe('429 E0000047');
  expect(busy.headers.get('retry-after')).toBe(null);
  const [reset, date] = [Number(busy.headers.get('x-rate-limit-reset')), busy.headers.get('date') ?? ''];
  expect(reset - Date.parse(date) / 1000).toBe(7);
  expect(failure(await ask(okta, path))).toBe('401 E0000015');
  expect((await ask(okta, path)).body).toContain('<!doctype html>');
});

test.each<[number, string[]]>([
  [1, ['a b', 'a b', 'a b', 'a b', 'a b']],
  [2, ['a b', 'c d', 'c d', 'c d', 'c d']],
  // The last page leads on too, and to itself.
  [3, ['a b', 'c d', 'e', 'e', 'e']],
])('a fresh loop from page %i on has new cursors and the same rows for ever', async (nth, wanted) => {
  await using okta = await startOkta();
  for (const name of ['a', 'b', 'c', 'd', 'e']) okta.org.addUser({ login: name });
  okta.faults.when({ path: '/users', nth }, freshLoop(okta));
  const pages: string[] = [];
  const links = new Set<string>();
  for (let next = '/api/v1/users?limit=2'; pages.length < 5; ) {
    const answer = await ask(okta, next);
    pages.push(
      rowsOf(answer.body)
        .map(({ profile }) => rowOf(profile).login)
        .join(' '),
    );
    next = linkOf(answer) ?? '';
    links.add(new URL(next).searchParams.get('after') ?? '');
  }
  expect([pages, links.size]).toEqual([wanted, 5]);
  // Who begins again is told the truth, until the fault strikes again.
  expect((await all(okta, '/api/v1/users?limit=2')).rows).toHaveLength(5);
});

test('a fresh loop leaves lists of one page alone, and ends where cursors expire', async () => {
  await using okta = await startOkta();
  for (const name of ['a', 'b']) okta.org.addUser({ login: name });
  okta.faults.when({ path: '/', times: Number.POSITIVE_INFINITY }, freshLoop(okta));
  expect(linkOf(await ask(okta, '/api/v1/users?q=a'))).toBe(null);
  expect(linkOf(await ask(okta, '/api/v1/users/a/groups'))).toBe(null);
  const link = linkOf(await ask(okta, `/api/v1/groups/${okta.org.everyone.id}/users`)) ?? '';
  const again = await ask(okta, link);
  expect([rowsOf(again.body).length, linkOf(again)]).toEqual([2, expect.stringContaining('after=')]);
  okta.expirePages();
  expect(failure(await ask(okta, link))).toBe('400 E0000001');
});
