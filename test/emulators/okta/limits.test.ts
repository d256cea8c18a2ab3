import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { loadOrganisation } from './load.ts';
import { type OktaOptions, startOkta } from './okta.ts';
import { type Answer, ask, failure } from './walk.ts';

const START = Date.parse('2026-05-01T12:00:00.000Z');

async function started(options: OktaOptions = {}) {
  let now = START;
  const clock = { now: () => now, sleep: async () => {} };
  const okta = await startOkta({ clock, ...options });
  loadOrganisation(okta.org, company);
  return { okta, wait: (ms: number) => (now += ms) };
}

const shown = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-rate-limit-${name}`)));

describe('the limits of a minute', () => {
  test.each([
    ['/api/v1/users', 300],
    ['/api/v1/users/me', 1000],
    ['/api/v1/groups', 250],
    ['/api/v1/groups/x', 500],
    ['/api/v1/groups/x/users', 250],
    ['/api/v1/users/me/groups', 600],
  ])('%s: %i for one token, half of what the org has', async (path, limit) => {
    const { okta } = await started();
    await using _ = okta;
    expect(shown(await ask(okta, path))).toEqual([limit, limit - 1, START / 1000 + 60]);
  });

  test('end a minute after the first request, by the clock of the server', async () => {
    const { okta, wait } = await started({ limits: { users: 4 } });
    await using _ = okta;
    const asked = () => ask(okta, '/api/v1/users?limit=1');
    expect(shown(await asked())).toEqual([2, 1, START / 1000 + 60]);
    wait(20_000);
    expect(shown(await asked())).toEqual([2, 0, START / 1000 + 60]);
    const over = await asked();
    expect([failure(over), shown(over)]).toEqual(['429 E0000047', [2, 0, START / 1000 + 60]]);
    expect([over.headers.get('retry-after'), over.headers.get('date')]).toEqual([
      null,
      'Fri, 01 May 2026 12:00:20 GMT',
    ]);
    expect((await ask(okta, '/api/v1/groups')).status).toBe(200);
    wait(40_000);
    expect(shown(await asked())).toEqual([2, 1, START / 1000 + 120]);
  });

  test('are the org’s too: others use them up', async () => {
    const { okta } = await started({ limits: { users: 4 }, tokenShare: 0.75 });
    await using _ = okta;
    const other = { as: `SSWS ${okta.addToken({ role: 'READ_ONLY_ADMIN' }).value}` };
    const remaining = async (asking = {}) => shown(await ask(okta, '/api/v1/users', asking)).slice(0, 2);
    expect(await remaining(other)).toEqual([3, 2]);
    expect(await remaining(other)).toEqual([3, 1]);
    expect(await remaining()).toEqual([3, 1]);
    expect(await remaining()).toEqual([3, 0]);
    expect(failure(await ask(okta, '/api/v1/users'))).toBe('429 E0000047');
    expect(failure(await ask(okta, '/api/v1/users', other))).toBe('429 E0000047');
  });

  test('count without refusing where that is wanted', async () => {
    const { okta } = await started({ limits: { users: 2 }, throttle: false });
    await using _ = okta;
    for (let at = 0; at < 5; at++) expect((await ask(okta, '/api/v1/users')).status).toBe(200);
  });

  test('hold for what is refused too', async () => {
    const { okta } = await started();
    await using _ = okta;
    expect(shown(await ask(okta, '/api/v1/users', { as: null }))[0]).toBe(300);
    expect(shown(await ask(okta, '/oauth2/v1/token', { method: 'POST', as: null }))[0]).toBe(600);
  });
});

test.each<[NonNullable<OktaOptions['concurrencyHeaders']>, number[]]>([
  ['zeros', [0, 0]],
  ['remaining', [600, 300]],
])('too many at the same time are told with %s', async (concurrencyHeaders, wanted) => {
  const { okta } = await started({ concurrency: 2, concurrencyHeaders });
  await using _ = okta;
  const waiting: (() => void)[] = [];
  const held = okta.faults.when({ path: '/users', times: 2 }, async (_, honest) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return honest();
  });
  const slow = [ask(okta, '/api/v1/users'), ask(okta, '/api/v1/users')];
  while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const over = await ask(okta, '/api/v1/users');
  expect([failure(over), shown(over).slice(0, 2), over.headers.get('retry-after')]).toEqual([
    '429 E0000047',
    wanted,
    null,
  ]);
  for (const release of waiting) release();
  held();
  for (const answer of await Promise.all(slow)) expect(answer.status).toBe(200);
  expect((await ask(okta, '/api/v1/users')).status).toBe(200);
});
