import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { expect, test } from 'vitest';
import { startCommand } from '../started.ts';

test('says where it is and how to read it, answers, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
  const ca = join(mkdtempSync(join(tmpdir(), 'entra-')), 'ca.pem');
  const flags = ['--users', '200', '--groups', '10', '--guests', '3', '--no-throttle', '--ca-out', ca];
  const { text, ended, config, interrupt } = await startCommand(
    'azure-ad',
    ...flags,
    '--fault',
    'status=500 path=/users',
  );
  expect(text).toContain('(203 people, 10 groups, ');
  const { caFile, sources } = config();
  const [{ type, tenantId, clientId, clientSecret, endpoints }] = sources;
  expect([type, caFile]).toEqual(['azure-ad', ca]);
  const dispatcher = new Agent({ connect: { ca: readFileSync(ca, 'utf8') } });
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const scope = 'https://graph.microsoft.com/.default';
  const token = await fetch(`${endpoints.login}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, scope }),
    dispatcher,
  });
  const { access_token } = JSON.parse(await token.text());
  const headers = { authorization: `Bearer ${access_token}` };
  const users = async () => fetch(`${endpoints.graph}/v1.0/users?$top=999`, { headers, dispatcher });
  expect((await users()).status).toBe(500);
  expect(JSON.parse(await (await users()).text()).value).toHaveLength(203);
  interrupt();
  expect(await ended).toBe(0);
});

test.each([
  [['--throttle', 'much'], 'It must be a number from 1 to'],
  [['--fault', 'nonsense'], 'expire-pages, expire-deltas'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await startCommand('azure-ad', ...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
