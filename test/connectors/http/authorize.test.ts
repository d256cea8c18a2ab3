import { describe, expect, test } from 'vitest';
import { askWhole } from '../../../connectors/http/fetch.ts';
import { TOKEN } from '../../../connectors/http/token.ts';
import { json } from '../../emulators/reply.ts';
import type { Received } from '../../emulators/server.ts';
import { answering, failureOf, never, open } from './open.ts';

const ok = json(200, [1]);
const init = { what: 'the users', signal: never };

describe('a provider with its own way of showing credentials', () => {
  const seen = async (headers: string[]) =>
    await answering([
      ({ headers: { authorization = 'none' } }: Received) => {
        headers.push(authorization);
        return ok;
      },
    ]);

  test('is shown token, method and address of each request', async () => {
    const headers: string[] = [];
    const server = await seen(headers);
    const { http } = open(server.origin, {
      token: async () => ({ value: 'abc', expiresIn: 60 }),
      authorize: (to, token, method, url) => to.set('authorization', `Own ${token} ${method} ${url.pathname}`),
    });
    await http.fetch(`${server.origin}/users?limit=1`, init);
    await http.fetch(`${server.origin}/groups`, { ...init, method: 'POST', body: 'x' });
    expect(headers).toEqual(['Own abc GET /users', 'Own abc POST /groups']);
  });

  test('needs no token, and none is put where a request is to be anonymous', async () => {
    const headers: string[] = [];
    const server = await seen(headers);
    const { http } = open(server.origin, { authorize: (to, token) => to.set('authorization', `SSWS key${token}`) });
    await http.fetch(server.origin, init);
    await http.fetch(server.origin, { ...init, anonymous: true });
    expect(headers).toEqual(['SSWS key', 'none']);
  });
});

describe('an answer that asks for the request in another way', () => {
  const nonce = json(401, { error: 'use_nonce' });

  test('is heard at once, without another token and without a wait', async () => {
    const server = await answering([nonce, ok]);
    let asked = 0;
    const { http, clock } = open(server.origin, {
      token: async () => ({ value: `token ${++asked}`, expiresIn: 60 }),
      anew: ({ body }, { what }) => what !== TOKEN && JSON.stringify(body).includes('use_nonce'),
    });
    expect(await (await http.fetch(server.origin, init)).json()).toEqual([1]);
    expect([asked, http.requests(), clock.slept]).toEqual([1, 2 + 1, []]);
  });

  test('is heard twice at most; then it is what it is', async () => {
    const server = await answering([nonce]);
    const { http } = open(server.origin, { anew: () => true });
    expect(await failureOf(http.fetch(server.origin, init))).toMatchObject({ code: 'authentication' });
    expect(server.requests).toHaveLength(3);
  });
});

test('a pace is told which limit each request counts against', async () => {
  const server = await answering([json(429, {}, { 'retry-after': '3' }), ok]);
  const told: unknown[] = [];
  const { http } = open(server.origin, {
    pace: {
      take: (_, bucket) => {
        told.push(['take', bucket]);
        return 0;
      },
      until: (_, bucket) => void told.push(['until', bucket]),
      saw: (status, _, __, bucket) => void told.push(['saw', status, bucket]),
    },
  });
  const call = { what: 'the users', bucket: 'users' };
  const { body } = await http.run(call, never, (attempt) => askWhole(attempt, new URL(server.origin), {}));
  expect(body).toEqual([1]);
  expect(told).toEqual([
    ['take', 'users'],
    ['saw', 429, 'users'],
    ['until', 'users'],
    ['take', 'users'],
    ['saw', 200, 'users'],
  ]);
});
