import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { expect, test } from 'vitest';
import { startKeycloak } from './keycloak.ts';
import { ask, tokenOf } from './walk.ts';

const certificate = (name: string) =>
  readFileSync(new URL(`../../connectors/http/certificates/${name}`, import.meta.url), 'utf8');

test('answers below a base path only', async () => {
  await using keycloak = await startKeycloak({ basePath: '/auth' });
  expect(keycloak.url).toBe(`${keycloak.origin}/auth`);
  expect((await ask(keycloak, await tokenOf(keycloak), '/users')).status).toBe(200);
  const elsewhere = await fetch(`${keycloak.origin}/realms/company`);
  expect([elsewhere.status, await elsewhere.text()]).toEqual([
    404,
    '{"error":"Unable to find matching target resource method"}',
  ]);
});

test.each([
  ['/realms/company', 200, expect.stringContaining('"realm":"company"')],
  ['/realms/nowhere', 404, '{"error":"Realm does not exist"}'],
  ['/realms/company/nothing', 404, '{"error":"HTTP 404 Not Found"}'],
  ['/admin/nothing', 405, '{"error":"HTTP 405 Method Not Allowed"}'],
  ['/', 302, ''],
])('GET %s, which needs no token', async (path, status, body) => {
  await using keycloak = await startKeycloak();
  const answer = await fetch(keycloak.url + path, { redirect: 'manual' });
  expect([answer.status, await answer.text()]).toEqual([status, body]);
});

test('is edited by its tests, never over HTTP', async () => {
  await using keycloak = await startKeycloak();
  const authorization = `Bearer ${await tokenOf(keycloak)}`;
  const url = `${keycloak.url}/admin/realms/company/users`;
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: '{"username":"eve"}' });
  expect(answer.status).toBe(403);
});

test('speaks HTTPS when it is given a key', async () => {
  const tls = { key: certificate('server.key.pem'), cert: certificate('server.pem') };
  await using keycloak = await startKeycloak({ tls });
  expect(keycloak.url).toMatch(/^https:/);
  const status = await new Promise((resolve, reject) => {
    get(`${keycloak.url}/realms/company`, { ca: certificate('ca.pem') }, (answer) => resolve(answer.statusCode)).on(
      'error',
      reject,
    );
  });
  expect(status).toBe(200);
});
