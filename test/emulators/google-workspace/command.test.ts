import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JWT } from 'google-auth-library';
import { expect, test } from 'vitest';
import { startCommand } from '../started.ts';

test('says where it is and how to read it, answers, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'google-')), 'key.json');
  const flags = ['--users', '200', '--groups', '10', '--outsiders', '3', '--everyone', '--no-quota', '--key-out', file];
  const { text, ended, config, interrupt } = await startCommand(
    'google-workspace',
    ...flags,
    '--fault',
    'reason=quotaExceeded path=/users',
  );
  // The administrator is one of the people, and the group of everybody one of the groups.
  expect(text).toContain('(201 people, 11 groups, ');
  const { sources } = config();
  const [{ type, customer, serviceAccountKey, subject, endpoints }] = sources;
  expect([type, serviceAccountKey]).toEqual(['google-workspace', `\${file:${file}}`]);
  const key = JSON.parse(readFileSync(file, 'utf8'));
  expect([statSync(file).mode & 0o777, key.type, key.token_uri]).toEqual([0o600, 'service_account', endpoints.token]);
  const client = new JWT({
    ...{ email: key.client_email, key: key.private_key, subject },
    scopes: ['https://www.googleapis.com/auth/admin.directory.user.readonly'],
    transporterOptions: { fetchImplementation: (_url, init) => fetch(endpoints.token, init) },
  });
  const headers = { authorization: `Bearer ${(await client.getAccessToken()).token}` };
  const users = async () =>
    fetch(`${endpoints.directory}/admin/directory/v1/users?customer=${customer}&maxResults=500`, { headers });
  const refused = await users();
  expect([refused.status, JSON.parse(await refused.text()).error.errors[0].reason]).toEqual([403, 'quotaExceeded']);
  expect(JSON.parse(await (await users()).text()).users).toHaveLength(201);
  interrupt();
  expect(await ended).toBe(0);
});

test.each([
  [['--quota', 'much'], 'It must be a number from 1 to'],
  [['--quota-reason', 'whim'], 'Allowed choices are rateLimitExceeded'],
  [['--fault', 'nonsense'], 'expire-pages, lose-scopes, lose-privileges'],
  [['--fault', 'reason=whim'], '"whim" must be one of badRequest'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await startCommand('google-workspace', ...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
