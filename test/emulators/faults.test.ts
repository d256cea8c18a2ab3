import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  after,
  type Behaviour,
  before,
  cutOff,
  emptyBody,
  html,
  nullBody,
  redirect,
  reset,
  rewrite,
  rows,
  status,
  trickle,
  without,
} from './faults.ts';
import { type KeycloakEmulator, startKeycloak } from './keycloak/keycloak.ts';
import { ask, tokenOf } from './keycloak/walk.ts';

/** A clock that notes how long it was told to sleep, and does not. */
const clock = { slept: [] as number[], now: () => 0, sleep: async (ms: number) => void clock.slept.push(ms) };
let keycloak: KeycloakEmulator;
let token: string;

beforeEach(async () => {
  clock.slept.length = 0;
  keycloak = await startKeycloak({ clock });
  for (const username of ['ada', 'bea', 'cem', 'dua']) keycloak.realm.addUser({ username });
  token = await tokenOf(keycloak);
});
afterEach(() => keycloak.close());

const names = (body: unknown) => (Array.isArray(body) ? body.map((user) => user.username) : body);
const users = (query = '') => ask(keycloak, token, `/users${query}`);
const onUsers = (behaviour: Behaviour) => keycloak.faults.when({ path: /\/users$/ }, behaviour);

describe('an answer goes wrong as asked', () => {
  test.each<[string, Behaviour, number, unknown]>([
    ['a status', status(503), 503, { error: 'HTTP 503' }],
    ['a status with a body', status(400, { body: { error: 'no' } }), 400, { error: 'no' }],
    ['a page for people', html(200), 200, expect.stringContaining('<h1>Sign in</h1>')],
    ['a proxy’s own 404', html(404, 'Not Found'), 404, expect.stringContaining('Not Found')],
    ['null', nullBody(), 200, null],
    ['a key that is not there', without('username'), 200, [expect.not.objectContaining({ username: 'ada' })]],
    ['another value', rewrite(() => ({ users: [] })), 200, { users: [] }],
  ])('%s', async (_, behaviour, code, body) => {
    onUsers(behaviour);
    expect(await users('?max=1')).toMatchObject({ status: code, body });
  });

  test.each([
    ['seconds', 5, '5'],
    ['a date', new Date(Date.UTC(2026, 10, 24, 12)), 'Tue, 24 Nov 2026 12:00:00 GMT'],
  ])('with Retry-After as %s', async (_, retryAfter, header) => {
    onUsers(status(429, { retryAfter }));
    const { status: code, headers } = await users();
    expect([code, headers.get('retry-after')]).toEqual([429, header]);
  });

  test.each([
    ['a body that is cut off', cutOff(0.5)],
    ['an empty body', emptyBody()],
    ['a reset connection', reset()],
  ])('%s', async (_, behaviour) => {
    onUsers(behaviour);
    await expect(users()).rejects.toThrow();
    expect(names((await users()).body)).toHaveLength(4);
  });

  test('a body in drops is whole in the end', async () => {
    onUsers(trickle(100, 30));
    expect(names((await users()).body)).toEqual(['ada', 'bea', 'cem', 'dua']);
    expect(clock.slept.length).toBeGreaterThan(3);
    expect(new Set(clock.slept)).toEqual(new Set([30]));
  });

  test('a redirect keeps path and query', async () => {
    onUsers(redirect('https://elsewhere.example'));
    const { status: code, headers } = await users('?max=2');
    expect(code).toBe(302);
    expect(headers.get('location')).toBe('https://elsewhere.example/admin/realms/company/users?max=2');
  });

  test('rows that come twice', async () => {
    onUsers(rows((all) => [...all, ...all.slice(0, 1)]));
    expect(names((await users()).body)).toEqual(['ada', 'bea', 'cem', 'dua', 'ada']);
  });

  test('a count that lies', async () => {
    keycloak.faults.when(
      { path: /count$/ },
      rewrite((count) => Number(count) + 7),
    );
    expect((await ask(keycloak, token, '/users/count')).body).toBe(11);
  });

  test('one group’s members that may not be read', async () => {
    const { id } = keycloak.realm.addGroup('secret');
    keycloak.faults.when({ path: `${id}/members`, times: Number.POSITIVE_INFINITY }, status(403));
    expect((await ask(keycloak, token, `/groups/${id}/members`)).status).toBe(403);
    expect((await ask(keycloak, token, '/groups')).status).toBe(200);
  });
});

describe('the directory changes in mid-listing', () => {
  test('a newcomer before the page moves all rows by one: one comes twice', async () => {
    keycloak.faults.when(
      { path: /\/users$/ },
      after(() => keycloak.realm.addUser({ username: 'aaa' })),
    );
    expect(names((await users('?first=0&max=2')).body)).toEqual(['ada', 'bea']);
    expect(names((await users('?first=2&max=2')).body)).toEqual(['bea', 'cem']);
  });

  test('a leaver before the page: one is never seen', async () => {
    keycloak.faults.when(
      { path: /\/users$/, nth: 2 },
      before(() => keycloak.realm.removeUser(keycloak.realm.user('ada'))),
    );
    expect(names((await users('?first=0&max=2')).body)).toEqual(['ada', 'bea']);
    expect(names((await users('?first=2&max=2')).body)).toEqual(['dua']);
  });
});

describe('which requests a fault meets', () => {
  test('the n-th that matches, and so many from there on', async () => {
    keycloak.faults.when({ method: 'GET', path: '/users', query: { max: '1' }, nth: 2, times: 2 }, status(500));
    const seen: number[] = [];
    for (let at = 0; at < 5; at++) {
      seen.push((await users('?max=1')).status);
      expect((await users('?max=2')).status).toBe(200);
    }
    expect(seen).toEqual([200, 500, 500, 200, 200]);
  });

  test('until it is ended', async () => {
    const end = keycloak.faults.when({ path: '/users', times: Number.POSITIVE_INFINITY }, status(500));
    expect((await users()).status).toBe(500);
    end();
    expect((await users()).status).toBe(200);
  });

  test('a share of all, the same ones for the same seed', async () => {
    Object.assign(keycloak.faults.conditions, { errorRate: 0.3, failures: [status(500)], latencyMs: 20, jitterMs: 10 });
    const seen: number[] = [];
    for (let at = 0; at < 100; at++) seen.push((await users('?max=1')).status);
    expect(seen.filter((code) => code === 500).length).toBeGreaterThan(15);
    expect(seen.filter((code) => code === 500).length).toBeLessThan(45);
    expect(Math.min(...clock.slept)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...clock.slept)).toBeLessThan(30);
    keycloak.faults.clear();
    expect((await users()).status).toBe(200);
  });
});

describe('the server itself', () => {
  test('stops accepting, and comes back at the same place', async () => {
    keycloak.faults.when(
      { path: '/users', nth: 2 },
      after(() => keycloak.stopAccepting()),
    );
    expect((await users()).status).toBe(200);
    expect((await users()).status).toBe(200);
    await expect(users()).rejects.toThrow();
    await keycloak.resume();
    expect((await users()).status).toBe(200);
  });

  test('records every request, without what is secret', async () => {
    await users('?first=0&max=2');
    keycloak.faults.when({ path: '/users' }, reset());
    await users().catch(() => undefined);
    expect(keycloak.requests).toEqual([
      { method: 'POST', path: '/realms/company/protocol/openid-connect/token', query: {}, status: 200 },
      { method: 'GET', path: '/admin/realms/company/users', query: { first: '0', max: '2' }, status: 200 },
      { method: 'GET', path: '/admin/realms/company/users', query: {}, status: null },
    ]);
    expect(JSON.stringify(keycloak.requests)).not.toContain(keycloak.client.secret);
  });
});
