import { expect, test } from 'vitest';
import { rows, without } from '../faults.ts';
import { startEntra } from './entra.ts';
import { graphFailure, loop, nextLink } from './failures.ts';
import { all, ask, failure, rowOf, rowsOf, tokenOf } from './walk.ts';

test('speaks HTTPS with a certificate made at start', async () => {
  await using entra = await startEntra();
  const ada = entra.tenant.addUser({ userPrincipalName: 'ada@contoso.example' });
  expect(entra.graphUrl).toMatch(/^https:/);
  const token = await tokenOf(entra);
  expect((await all(entra, token, '/users')).rows).toMatchObject([{ id: ada.id }]);
});

test('lists users, groups and members page by page, and in a batch', async () => {
  await using entra = await startEntra({ https: false });
  const { tenant } = entra;
  const team = tenant.addGroup({ displayName: 'Team' });
  const users = Array.from({ length: 205 }, (_, at) => tenant.addUser({ userPrincipalName: `u${at}@contoso.example` }));
  for (const user of users) tenant.join(user, team);
  const token = await tokenOf(entra);

  const listed = await all(entra, token, '/users?$select=id,userPrincipalName&$top=100');
  expect(listed.pages).toBe(3);
  expect(listed.rows).toEqual(
    users.map(({ id, properties }) => ({ id, userPrincipalName: properties.userPrincipalName })),
  );
  expect((await all(entra, token, '/groups?$select=id')).rows).toEqual([{ id: team.id }]);
  const members = await all(entra, token, `/groups/${team.id}/members?$select=id&$top=999`);
  expect(members.pages).toBe(1);
  expect(members.rows).toEqual(users.map(({ id }) => ({ '@odata.type': '#microsoft.graph.user', id })));

  const requests = [
    { id: '1', method: 'GET', url: `/groups/${team.id}/members?$select=id&$top=200` },
    { id: '2', method: 'GET', url: '/groups/nothing' },
    { id: '3', method: 'GET', url: '/users?$top=1000' },
  ];
  const { status, body } = await ask(entra, token, '/$batch', { body: { requests } });
  expect(status).toBe(200);
  const { responses } = rowOf(body);
  const answers = new Map(Array.isArray(responses) ? responses.map((each) => [rowOf(each).id, rowOf(each)]) : []);
  expect([...answers].map(([id, each]) => [id, each.status])).toEqual([
    ['3', 400],
    ['2', 404],
    ['1', 200],
  ]);
  const first = answers.get('1')?.body;
  expect(rowsOf(first)).toHaveLength(200);
  const rest = await ask(entra, token, String(rowOf(first)['@odata.nextLink']));
  expect(rowsOf(rest.body)).toHaveLength(5);
  expect(entra.batched.map((each) => each.status)).toEqual([200, 404, 400]);
});

test.each([
  ['no token', null, '401 InvalidAuthenticationToken'],
  ['a text that is no token', 'nonsense', '401 InvalidAuthenticationToken'],
])('refuses %s', async (_, token, wanted) => {
  await using entra = await startEntra({ https: false });
  expect(failure(await ask(entra, token, '/users'))).toBe(wanted);
});

test('rows come twice, or not at all, as faults say', async () => {
  await using entra = await startEntra({ https: false });
  for (const name of ['a', 'b', 'c']) entra.tenant.addUser({ userPrincipalName: `${name}@contoso.example` });
  const token = await tokenOf(entra);
  entra.faults.when(
    { path: '/users', nth: 1 },
    rows((all) => [...all, ...all.slice(0, 1)]),
  );
  entra.faults.when({ path: '/users', nth: 2 }, without('value'));
  entra.faults.when({ path: '/users', nth: 3 }, graphFailure(503, 120));
  expect(rowsOf((await ask(entra, token, '/users')).body)).toHaveLength(4);
  expect(rowOf((await ask(entra, token, '/users')).body)).toEqual({ '@odata.context': expect.any(String) });
  const busy = await ask(entra, token, '/users');
  expect([failure(busy), busy.headers.get('retry-after')]).toEqual(['503 ServiceUnavailable', '120']);
});

test('page links may lead in a circle, or elsewhere', async () => {
  await using entra = await startEntra({ https: false });
  for (let at = 0; at < 3; at++) entra.tenant.addUser({ userPrincipalName: `u${at}@contoso.example` });
  const token = await tokenOf(entra);
  const link = async () => String(rowOf((await ask(entra, token, '/users?$top=1')).body)['@odata.nextLink']);
  entra.faults.when({ path: '/users', nth: 1 }, loop(entra.graphUrl));
  entra.faults.when(
    { path: '/users', nth: 2 },
    nextLink((to) => to.replace(entra.graphUrl, 'https://x.example')),
  );
  expect(await link()).toBe(`${entra.graphUrl}/v1.0/users?%24top=1`);
  expect(await link()).toMatch(/^https:\/\/x\.example\/v1\.0\/users\?\$top=1&\$skiptoken=/);
});
