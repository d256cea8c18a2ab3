import { describe, expect, test } from 'vitest';
import { reset } from '../faults.ts';
import { startEntra } from './entra.ts';
import { graphFailure } from './failures.ts';
import { costOf } from './throttle.ts';
import { ask, failure, type Row, rowOf, tokenOf } from './walk.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const part = (id: number, url: string, more = {}) => ({ id: String(id), method: 'GET', url, ...more });

async function started(options: Parameters<typeof startEntra>[0] = {}) {
  const entra = await startEntra({ https: false, ...options });
  entra.tenant.addUser({ userPrincipalName: 'ada@contoso.example' });
  const token = await tokenOf(entra);
  const send = (requests: unknown) => ask(entra, token, '/$batch', { body: { requests } });
  /** The parts' answers by their ids. */
  const answers = async (requests: unknown): Promise<Record<string, Row>> => {
    const { responses } = rowOf((await send(requests)).body);
    const rows = Array.isArray(responses) ? responses.map(rowOf) : [];
    return Object.fromEntries(rows.map((row) => [String(row.id), row]));
  };
  return { entra, token, send, answers };
}

describe('$batch', () => {
  test.each([
    ['21 parts', Array.from({ length: 21 }, (_, at) => part(at, '/users'))],
    ['two parts of one id', [part(1, '/users'), part(1, '/groups')]],
    ['a part without an id', [{ method: 'GET', url: '/users' }]],
    ['a whole address', [part(1, 'https://graph.microsoft.com/v1.0/users')]],
    ['a body without its type', [part(1, '/directoryObjects/getByIds', { method: 'POST', body: { ids: ['x'] } })]],
    ['no list', 'nonsense'],
    ['no parts', []],
    ['a method that HTTP does not have', [part(1, '/users', { method: 'FOO' })]],
    ['a part that depends on one that is not there', [part(1, '/users', { dependsOn: ['2'] })]],
    ['a batch in a batch', [part(1, '/$batch', { method: 'POST', headers: JSON_TYPE, body: { requests: [] } })]],
  ])('refuses %s', async (_, requests) => {
    const { entra, send } = await started();
    await using _entra = entra;
    expect(failure(await send(requests))).toBe('400 BadRequest');
    expect(entra.batched).toEqual([]);
  });

  test('refuses what is not called JSON', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const body = JSON.stringify({ requests: [part(1, '/users')] });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' };
    const answer = await fetch(`${entra.graphUrl}/v1.0/$batch`, { method: 'POST', headers, body });
    expect(answer.status).toBe(415);
    expect(entra.batched).toEqual([]);
  });

  test('one part fails by itself, and says when to come again', async () => {
    const { entra, answers } = await started();
    await using _ = entra;
    entra.parts.when({ path: '/groups', nth: 2 }, graphFailure(429, 7));
    entra.parts.when({ path: '/users' }, reset());
    const got = await answers([part(1, '/groups'), part(2, '/groups?$select=id'), part(3, '/users')]);
    expect(Object.values(got).map(({ id, status }) => [id, status])).toEqual([
      ['1', 200],
      ['2', 429],
      ['3', 504],
    ]);
    expect(got['2']).toMatchObject({ headers: { 'Retry-After': '7' }, body: { error: { code: 'TooManyRequests' } } });
  });

  test('what depends on a failure fails, and each part says its own consistency level', async () => {
    const { entra, answers } = await started();
    await using _ = entra;
    const eventual = { headers: { ConsistencyLevel: 'eventual' } };
    const got = await answers([
      part(1, '/users/nobody'),
      part(2, '/users', { dependsOn: ['1'] }),
      part(3, '/users/$count'),
      part(4, '/users/$count', eventual),
    ]);
    expect(Object.values(got).map(({ status }) => status)).toEqual([404, 424, 400, 200]);
    expect(Buffer.from(String(got['4']?.body), 'base64').toString()).toBe('1');
  });

  test('has a body in a part', async () => {
    const { entra, answers } = await started({ permissions: ['Directory.Read.All'] });
    await using _ = entra;
    const ids = entra.tenant.users().map(({ id }) => id);
    const headers = { 'Content-Type': 'application/json' };
    const got = await answers([part(1, '/directoryObjects/getByIds', { method: 'POST', headers, body: { ids } })]);
    expect(got['1']).toMatchObject({ status: 200, body: { value: [{ id: ids[0] }] } });
  });
});

describe('resource units', () => {
  test.each([
    ['/v1.0/users', 2],
    ['/v1.0/users?$select=id', 1],
    ['/v1.0/users?$select=id&$expand=manager', 2],
    ['/v1.0/users?$select=id&$top=5', 1],
    ['/v1.0/groups?$select=id', 1],
    ['/v1.0/groups/x/members', 3],
    ['/v1.0/groups/x/members?$select=id', 2],
    ['/v1.0/groups/x/transitiveMembers?$select=id', 4],
    ['/v1.0/users/delta', 1],
    ['/v1.0/users/x/transitiveMemberOf', 2],
    ["/v1.0/servicePrincipals(appId='x')/appRoleAssignments", 2],
  ])('%s costs %i', (url, cost) => {
    const { pathname: path, searchParams: query } = new URL(url, 'http://emulator');
    expect(costOf({ method: 'GET', path, query })).toBe(cost);
  });

  test('run out, for a part by itself too, and come back within ten seconds', async () => {
    let now = 1_800_000_000_000;
    const clock = { now: () => now, sleep: async () => {} };
    const { entra, answers } = await started({ clock, throttle: 10 });
    await using _ = entra;
    const parts = Array.from({ length: 11 }, (_, at) => part(at + 1, '/groups?$select=id'));
    now += 3000;
    const got = await answers(parts);
    expect(Object.values(got).map(({ status }) => status)).toEqual([...Array(10).fill(200), 429]);
    expect(got['8']?.headers).toMatchObject({ 'x-ms-resource-unit': '1', 'x-ms-throttle-limit-percentage': '0.80' });
    expect(got['11']?.headers).toMatchObject({ 'Retry-After': '1', 'x-ms-throttle-scope': expect.any(String) });
    now += 1000;
    expect((await answers(parts.slice(0, 2)))['1']?.status).toBe(200);
    now += 10_000;
    expect((await answers(parts.slice(0, 10)))['10']?.status).toBe(200);
  });
});
