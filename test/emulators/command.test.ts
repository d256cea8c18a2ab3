import { expect, test } from 'vitest';
import { startCommand } from './started.ts';

test('says where it is and how to read it, answers, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
  const { text, ended, config, interrupt } = await startCommand(
    'keycloak',
    '--users',
    '200',
    '--groups',
    '10',
    '--seed',
    'x',
    '--fault',
    'status=500 path=count',
  );
  expect(text).toContain('(200 people, 10 groups, 2000 direct memberships)');
  const { sources } = config();
  const [{ url, realm, clientId, clientSecret }] = sources;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const token = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token } = JSON.parse(await token.text());
  const headers = { authorization: `Bearer ${access_token}` };
  const count = async () => (await fetch(`${url}/admin/realms/${realm}/users/count`, { headers })).text();
  expect(await count()).toBe('{"error":"HTTP 500"}');
  expect(await count()).toBe('200');
  interrupt();
  expect(await ended).toBe(0);
});

test.each([
  [['--users', 'many'], 'It must be a number from 0 to'],
  [['--fault', 'nonsense'], '"nonsense" must name one fault of: status, html'],
  [['--roles', 'king'], 'The roles are query-users'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await startCommand('keycloak', ...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
