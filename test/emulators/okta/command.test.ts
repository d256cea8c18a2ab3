import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCommand } from '../started.ts';
import { Org } from './org.ts';

test('says where it is and how to read it, answers, and ends at Ctrl-C', { timeout: 60_000 }, async () => {
  const key = join(mkdtempSync(join(tmpdir(), 'okta-')), 'key.pem');
  const flags = ['--users', '250', '--groups', '10', '--no-throttle', '--key-out', key, '--inactive', 'SUSPENDED'];
  const { text, ended, config, interrupt } = await startCommand(
    'okta',
    ...flags,
    '--fault',
    'okta=E0000047 path=/users',
  );
  expect(text).toContain('(250 people, 11 groups with Everyone, ');
  const { sources } = config();
  const [{ type, orgUrl, apiToken }] = sources;
  expect([type, readFileSync(key, 'utf8')]).toEqual(['okta', expect.stringContaining('PRIVATE KEY')]);
  const users = () => fetch(`${orgUrl}/api/v1/users`, { headers: { authorization: `SSWS ${apiToken}` } });
  const busy = await users();
  expect([busy.status, JSON.parse(await busy.text()).errorCode]).toEqual([429, 'E0000047']);
  const answer = await users();
  expect(Number(answer.headers.get('x-rate-limit-remaining'))).toBeGreaterThan(1_000_000);
  const rows = JSON.parse(await answer.text());
  expect(rows).toHaveLength(200);
  expect(rows.some(({ status }: { status: string }) => status === 'SUSPENDED')).toBe(true);
  expect(Date.now() - Date.parse(rows[0].created)).toBeGreaterThan(86_400_000);
  interrupt();
  expect(await ended).toBe(0);
});

test('hides by 404 what a role does not see, and repeats a page for ever', { timeout: 60_000 }, async () => {
  const key = join(mkdtempSync(join(tmpdir(), 'okta-')), 'key.pem');
  const flags = [
    '--users',
    '9',
    '--groups',
    '2',
    '--key-out',
    key,
    '--role',
    'USER_ADMIN',
    '--hidden',
    '404',
    '--seed',
    '7',
  ];
  const { ended, config, interrupt } = await startCommand('okta', ...flags, '--fault', 'fresh-loop path=/users nth=2');
  const [{ orgUrl, apiToken }] = config().sources;
  const get = (url: string) => fetch(url, { headers: { authorization: `SSWS ${apiToken}` } });
  const pages: string[] = [];
  const links: string[] = [];
  for (let next = `${orgUrl}/api/v1/users?limit=4`; pages.length < 5; ) {
    const answer = await get(next);
    pages.push(await answer.text());
    next = /<([^<>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
    links.push(next);
  }
  expect([new Set(pages).size, new Set(links).size]).toEqual([2, 5]);
  // Ids come from the seed, and Everyone's is the first: a group administrator is never told it.
  const { id } = new Org(7, Date.now).everyone;
  expect((await get(`${orgUrl}/api/v1/groups/${id}`)).status).toBe(404);
  interrupt();
  expect(await ended).toBe(0);
});

test.each([
  [['--token-share', 'much'], 'It must be a number from 1 to'],
  [['--role', 'KING'], 'Allowed choices are SUPER_ADMIN'],
  [['--hidden', '401'], 'Allowed choices are 403, 404'],
  [['--fault', 'nonsense'], 'loop, fresh-loop, foreign-link, without-links, expire-pages'],
])('%j is refused with a sentence', { timeout: 60_000 }, async (args, sentence) => {
  const { text, ended } = await startCommand('okta', ...args);
  expect(await ended).not.toBe(0);
  expect(text).toContain(sentence);
});
