import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** Starts the command and waits for its introduction, or its end. */
async function start(...args: string[]): Promise<{ text: string; ended: Promise<number | null> }> {
  const started = spawn(process.execPath, [main, 'keycloak', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  const ended = new Promise<number | null>((resolve) => started.on('exit', (code) => resolve(code)));
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
  const { text, ended } = await start(
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
  const { sources } = parse(text.slice(text.indexOf('directory:'), text.indexOf('Ctrl-C')));
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
  child?.kill('SIGINT');
  expect(await ended).toBe(0);
});

test.each([
  [['--users', 'many'], 'It must be a number from 0 to'],
  [['--fault', 'nonsense'], '"nonsense" must name one fault of: status, html'],
  [['--roles', 'king'], 'The roles are query-users'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await start(...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
