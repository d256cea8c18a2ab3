import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JWT } from 'google-auth-library';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** Starts the command and waits for its introduction, or its end. */
async function start(...args: string[]): Promise<{ text: string; ended: Promise<number | null> }> {
  const started = spawn(process.execPath, [main, 'google-workspace', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  const ended = new Promise<number | null>((resolve) => started.on('exit', resolve));
  let text = '';
  const introduced = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Ctrl-C')) resolve();
    };
    started.stdout.on('data', read);
    started.stderr.on('data', read);
  });
  await Promise.race([introduced, ended]);
  return { text, ended };
}

test('says where it is and how to read it, answers, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'google-')), 'key.json');
  const flags = ['--users', '200', '--groups', '10', '--outsiders', '3', '--everyone', '--no-quota', '--key-out', file];
  const { text, ended } = await start(...flags, '--fault', 'reason=quotaExceeded path=/users');
  // The administrator is one of the people, and the group of everybody one of the groups.
  expect(text).toContain('(201 people, 11 groups, ');
  const { sources } = parse(text.slice(text.indexOf('directory:'), text.indexOf('Ctrl-C')));
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
  child?.kill('SIGINT');
  expect(await ended).toBe(0);
});

test.each([
  [['--quota', 'much'], 'It must be a number from 1 to'],
  [['--quota-reason', 'whim'], 'Allowed choices are rateLimitExceeded'],
  [['--fault', 'nonsense'], 'expire-pages, lose-scopes, lose-privileges'],
  [['--fault', 'reason=whim'], '"whim" must be one of badRequest'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await start(...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
