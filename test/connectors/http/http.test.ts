import { describe, expect, test } from 'vitest';
import { FetchFailure, Refusal } from '../../../connectors/http/errors.ts';
import { ask, type FetchInit } from '../../../connectors/http/fetch.ts';
import type { Attempt, Http } from '../../../connectors/http/http.ts';
import { tokenBucket } from '../../../connectors/http/pace.ts';
import { json, type Reply, text } from '../../emulators/reply.ts';
import type { Received } from '../../emulators/server.ts';
import { testClock } from './clock.ts';
import { answering, failureOf, never, open } from './open.ts';

const get = async (http: Http, url: string, init: Partial<FetchInit> = {}): Promise<unknown> =>
  (await http.fetch(url, { what: 'the users', signal: never, ...init })).json();
const ok = json(200, [1]);
const resets: Reply = { ...ok, delivery: { how: 'reset' } };
const cut: Reply = { ...ok, body: JSON.stringify('x'.repeat(5000)), delivery: { how: 'cut', share: 0.5 } };

describe('tries again', () => {
  test.each([408, 429, 500, 502, 503, 504])('after a %i', async (status) => {
    const server = await answering([json(status, {}), ok]);
    const { http, clock } = open(server.origin);
    expect(await get(http, server.origin)).toEqual([1]);
    expect(clock.slept).toEqual([500]);
    expect(http.requests()).toBe(2);
    expect(http.usage().statuses).toEqual({ [status]: 1, 200: 1 });
  });

  test.each([
    ['a reset', resets],
    ['an answer that was cut off', cut],
  ])('after %s', async (_, fault) => {
    const server = await answering([fault, fault, ok]);
    const { http, clock } = open(server.origin);
    expect(await get(http, server.origin)).toEqual([1]);
    expect(clock.slept).toEqual([500, 1000]);
    expect(http.usage().statuses).toEqual({ none: 2, 200: 1 });
  });

  test('never after any other status', async () => {
    for (const status of [400, 403, 404, 405, 410, 501]) {
      const server = await answering([json(status, { error: 'x' })]);
      const { http } = open(server.origin);
      const failure = await failureOf(get(http, server.origin));
      expect(failure).toBeInstanceOf(Refusal);
      expect(server.requests).toHaveLength(1);
    }
  });

  test('as often as it may, and then says what the last answer was', async () => {
    const server = await answering([json(503, { error: 'busy' })]);
    const { http, clock } = open(server.origin);
    const failure = await failureOf(get(http, server.origin));
    expect(failure.message).toBe(
      `Source "corp": Exemplar at ${new URL(server.origin).host} answered 503 when asked for the users: {"error":"busy"}. Look at Exemplar's log. It was tried 8 times.`,
    );
    expect(failure.code).toBe('unreachable');
    expect(clock.slept).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
    expect(server.requests).toHaveLength(8);
  });
});

describe('Retry-After', () => {
  test('is waited for, and a little more; so is a date', async () => {
    const date = new Date(Date.UTC(2026, 0, 1) + 30_000).toUTCString();
    const now = new Date(Date.UTC(2026, 0, 1)).toUTCString();
    const server = await answering([
      json(429, {}, { 'retry-after': '7' }),
      json(503, {}, { 'retry-after': date, date: now }),
      ok,
    ]);
    const { http, clock } = open(server.origin);
    await get(http, server.origin);
    expect(clock.slept).toEqual([7500, 30_500]);
  });

  test('holds every other request of the source back', async () => {
    const server = await answering([json(429, {}, { 'retry-after': '60' }), ok]);
    const clock = testClock([120_000, 60_500]);
    const { http } = open(server.origin, { clock });
    const first = get(http, server.origin);
    while (!server.requests[0]?.status) await new Promise(setImmediate);
    while (http.usage().statuses[429] === undefined) await new Promise(setImmediate);
    await get(http, server.origin);
    expect(clock.slept).toEqual([60_000]);
    clock.expire();
    await first;
  });

  test('on a 200 means nothing', async () => {
    const server = await answering([json(200, [1], { 'retry-after': '1209600' })]);
    const { http, clock } = open(server.origin);
    await get(http, server.origin);
    await get(http, server.origin);
    expect(clock.slept).toEqual([]);
  });

  test('beyond what a pass may wait is a failure at once', async () => {
    const server = await answering([json(429, {}, { 'retry-after': '1209600' })]);
    const { http, clock } = open(server.origin);
    const failure = await failureOf(get(http, server.origin));
    expect(failure.code).toBe('throttled');
    expect(failure.message).toBe(
      `Source "corp": Exemplar at ${new URL(server.origin).host} asks to wait 1209601 s before it gives the users, and a pass waits at most 600 s. If this stays, ask less often ("schedule").`,
    );
    expect(clock.slept).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('many short waits are bounded together', async () => {
    const server = await answering([json(429, {}, { 'retry-after': '200' })]);
    const { http, clock } = open(server.origin);
    expect((await failureOf(get(http, server.origin))).code).toBe('throttled');
    expect(clock.slept).toEqual([200_500, 200_500]);
    expect(server.requests).toHaveLength(3);
  });
});

describe('time', () => {
  test('a request without an answer ends when its time is over, and is tried again', async () => {
    const silent = () => new Promise<Reply>(() => undefined);
    const server = await answering([silent, ok]);
    const { http, clock } = open(server.origin);
    const answer = get(http, server.origin);
    while (server.requests.length < 1) await new Promise(setImmediate);
    clock.expire();
    expect(await answer).toEqual([1]);
    expect(server.requests).toHaveLength(2);
  });

  test('a body that trickles counts as one', async () => {
    const server = await answering([endless]);
    const { http, clock } = open(server.origin, { attempts: 1 });
    const answer = failureOf(get(http, server.origin));
    while (server.requests.length < 1) await new Promise(setImmediate);
    clock.expire();
    const failure = await answer;
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toBe(
      `Source "corp": Exemplar at ${new URL(server.origin).host} gave no complete answer within 120 s when asked for the users. Look at its load and its log, and at proxies between.`,
    );
  });
});

/** Promises a thousand bytes and sends one. */
const endless: Reply = { ...text(200, 'x'.repeat(1000)), delivery: { how: 'trickle', bytes: 1, everyMs: 120_000 } };

describe('the signal ends', () => {
  const reason = new Error('the pass was cancelled');

  test('a request that waits for its answer', async () => {
    const stop = new AbortController();
    const server = await answering([
      () => {
        stop.abort(reason);
        return new Promise<Reply>(() => undefined);
      },
    ]);
    const { http } = open(server.origin);
    expect(await failureOf(get(http, server.origin, { signal: stop.signal }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('a body that trickles', async () => {
    const stop = new AbortController();
    const server = await answering([endless]);
    const { http } = open(server.origin);
    const answer = failureOf(get(http, server.origin, { signal: stop.signal }));
    while (server.requests[0]?.status !== 200) await new Promise(setImmediate);
    stop.abort(reason);
    expect(await answer).toBe(reason);
  });

  test('the wait before another try', async () => {
    const stop = new AbortController();
    const server = await answering([json(503, {}, { 'retry-after': '119.5' }), ok]);
    const { http } = open(server.origin, {
      random: () => {
        stop.abort(reason);
        return 1;
      },
    });
    expect(await failureOf(get(http, server.origin, { signal: stop.signal }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test('one that has not begun', async () => {
    const server = await answering([ok]);
    const { http } = open(server.origin);
    expect(await failureOf(get(http, server.origin, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(http.requests()).toBe(0);
  });

  test('those that wait in line', async () => {
    const stop = new AbortController();
    const silent = () => new Promise<Reply>(() => undefined);
    const server = await answering([silent]);
    const { http } = open(server.origin, { concurrency: 1 });
    const both = [1, 2].map(() => failureOf(get(http, server.origin, { signal: stop.signal })));
    while (server.requests.length < 1) await new Promise(setImmediate);
    stop.abort(reason);
    expect(await Promise.all(both)).toEqual([reason, reason]);
    expect(http.requests()).toBe(1);
  });
});

describe('tokens', () => {
  const tokenFrom = (origin: string) => async (attempt: Attempt) => {
    const token = await ask(attempt, new URL('/token', origin), { method: 'POST', body: 'grant_type=x' });
    return { value: String(token), expiresIn: 60 };
  };
  /** Gives tokens 1, 2, 3 …; `good` says which are taken. */
  const guarded = (good: (token: number) => boolean) => {
    let issued = 0;
    return (request: Received): Reply => {
      if (request.path === '/token') return json(200, ++issued);
      const token = Number(request.headers.authorization?.replace('Bearer ', ''));
      return good(token) ? ok : json(401, { error: 'expired' });
    };
  };

  test('one is asked for and sent along', async () => {
    const server = await answering([guarded(() => true)]);
    const { http } = open(server.origin, { token: tokenFrom(server.origin) });
    await Promise.all(Array.from({ length: 10 }, () => get(http, `${server.origin}/users`)));
    expect(http.requests()).toBe(11);
    expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
  });

  test('a 401 renews it once, for all who had it', async () => {
    const server = await answering([guarded((token) => token > 1)]);
    const { http, clock } = open(server.origin, { token: tokenFrom(server.origin) });
    await Promise.all(Array.from({ length: 4 }, () => get(http, `${server.origin}/users`)));
    expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(2);
    expect(http.usage().statuses).toEqual({ 200: 6, 401: 4 });
    expect(clock.slept).toEqual([]);
  });

  test('a second 401 is a failure', async () => {
    const server = await answering([guarded(() => false)]);
    const { http } = open(server.origin, { token: tokenFrom(server.origin) });
    const failure = await failureOf(get(http, `${server.origin}/users`, { refusals: 'return' }));
    expect(failure.code).toBe('authentication');
    expect(http.usage().statuses).toEqual({ 200: 2, 401: 2 });
  });

  test('a token endpoint that fails is tried again, and does not wait for those who wait for it', async () => {
    const answers = [json(503, {}), json(200, 1)];
    const server = await answering([({ path }) => (path === '/token' ? (answers.shift() ?? ok) : ok)]);
    const { http } = open(server.origin, { token: tokenFrom(server.origin), concurrency: 1 });
    await Promise.all([1, 2, 3].map(() => get(http, `${server.origin}/users`)));
    expect(http.requests()).toBe(5);
  });

  test('an SDK that brings its own token keeps its 401', async () => {
    const server = await answering([json(401, {})]);
    const { http } = open(server.origin);
    const answer = await http.fetch(server.origin, {
      what: 'the users',
      signal: never,
      refusals: 'return',
      headers: { authorization: 'Bearer mine' },
    });
    expect(answer.status).toBe(401);
    expect(server.requests).toHaveLength(1);
  });
});

describe('fetch', () => {
  test('gives the SDK what was refused, where it wants that', async () => {
    const server = await answering([json(404, { error: 'gone' }, { 'x-own': '1' })]);
    const { http } = open(server.origin);
    const answer = await http.fetch(server.origin, { what: 'the users', signal: never, refusals: 'return' });
    expect([answer.status, answer.headers.get('x-own'), await answer.json()]).toEqual([404, '1', { error: 'gone' }]);
  });

  test('a redirect is followed nowhere', async () => {
    const elsewhere = await answering([ok]);
    const server = await answering([
      { status: 302, headers: { location: `${elsewhere.origin}/login?secret=1` }, body: '' },
    ]);
    const { http } = open(server.origin);
    const failure = await failureOf(get(http, server.origin));
    expect(failure.code).toBe('incomplete');
    expect(failure.message).toBe(
      `Source "corp": Exemplar at ${new URL(server.origin).host} answered 302 when asked for the users. rosterd follows no redirect (it points to ${elsewhere.origin}): write the final address into the configuration.`,
    );
    expect(elsewhere.requests).toHaveLength(0);
  });

  test('a link to elsewhere is not asked', async () => {
    const elsewhere = await answering([ok]);
    const server = await answering([ok]);
    const { http } = open(server.origin);
    expect((await failureOf(get(http, `${elsewhere.origin}/users`))).code).toBe('incomplete');
    expect(http.requests()).toBe(0);
    const known = open(server.origin, { origins: [elsewhere.origin] });
    expect(await get(known.http, `${elsewhere.origin}/users`)).toEqual([1]);
  });

  test('never more in flight than allowed', async () => {
    let now = 0;
    let most = 0;
    const server = await answering([
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now -= 1;
        return ok;
      },
    ]);
    const { http } = open(server.origin, { concurrency: 3 });
    await Promise.all(Array.from({ length: 12 }, () => get(http, server.origin)));
    expect(most).toBe(3);
  });

  test("a vendor's pace is kept, and fed by its headers", async () => {
    const server = await answering([json(200, [1], { 'x-remaining': '0' }), ok]);
    const bucket = tokenBucket(1, 1);
    const seen: (string | null)[] = [];
    const pace = {
      ...bucket,
      saw: (_: number, headers: Headers, now: number) => {
        seen.push(headers.get('x-remaining'));
        if (headers.get('x-remaining') === '0') bucket.until(now + 5000);
      },
    };
    const { http, clock } = open(server.origin, { pace });
    await get(http, server.origin);
    await get(http, server.origin);
    expect(seen).toEqual(['0', null]);
    expect(clock.slept).toEqual([5000]);
  });

  test("a vendor's own rule and words", async () => {
    const rate = json(403, { reason: 'rateLimitExceeded' });
    const server = await answering([rate, json(403, { reason: 'forbidden' })]);
    const { http } = open(server.origin, {
      again: ({ status, body }) =>
        status === 403 && JSON.stringify(body).includes('rateLimit') ? { after: 100 } : undefined,
      explain: ({ status }) => (status === 403 ? { code: 'permission', sentence: 'ask Ada.' } : undefined),
    });
    const failure = await failureOf(get(http, server.origin));
    expect([failure.code, failure.message]).toEqual(['permission', 'Source "corp": ask Ada.']);
    expect(server.requests).toHaveLength(2);
  });

  test('a request with a body is sent again with it', async () => {
    const bodies: string[] = [];
    const server = await answering([
      ({ body }) => {
        bodies.push(body);
        return bodies.length === 1 ? json(503, {}) : ok;
      },
    ]);
    const { http } = open(server.origin);
    await get(http, server.origin, { method: 'POST', body: '{"requests":[]}' });
    expect(bodies).toEqual(['{"requests":[]}', '{"requests":[]}']);
  });
});

test('what a failure holds can be logged: no header, no body, no token', async () => {
  const server = await answering([json(403, { access_token: 'sesame', detail: 'no' }, { 'set-cookie': 'a=sesame' })]);
  const { http, logged } = open(server.origin);
  const failure = await failureOf(get(http, server.origin, { headers: { authorization: 'Bearer sesame' } }));
  expect(failure).toBeInstanceOf(FetchFailure);
  const { inspect } = await import('node:util');
  for (const written of [JSON.stringify(failure), inspect(failure, { depth: 9, showHidden: true }), logged.join()])
    expect(written).not.toContain('sesame');
});
