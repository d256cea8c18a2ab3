import { describe, expect, onTestFinished, test } from 'vitest';
import { limitRule, oktaPace } from '../../../connectors/okta/limits.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { oktaFailure } from '../../emulators/okta/failures.ts';
import type { OktaOptions } from '../../emulators/okta/okta.ts';
import type { Reply } from '../../emulators/reply.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import type { TestClock } from '../http/clock.ts';
import { never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { oktaWorld, type Written } from './world.ts';

const nothing = { users: [], groups: [] };
const request: Partial<PassRequest> = { source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 86_400_000 } };

/** Headers of an answer; `date` and `reset` in seconds since 1970, by the server's clock. */
function headers(limit: number, remaining: number, reset: number, date?: number): Headers {
  return new Headers({
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(reset),
    ...(date === undefined ? {} : { date: new Date(date * 1000).toUTCString() }),
  });
}

describe('what a 429 asks for', () => {
  const rule = limitRule(() => 0.5);
  const answer = (told: Headers, status = 429) => rule({ status, headers: told, body: '' }, 1_000_000);
  test.each<[string, ReturnType<typeof answer>, ReturnType<typeof answer>]>([
    ['the minute is over in 42 s', answer(headers(300, 0, 1042, 1000)), { after: 43_000 }],
    ['by the server’s clock, which is two hours off', answer(headers(300, 0, 8242, 8200)), { after: 43_000 }],
    ['without a date, by this machine’s', answer(headers(300, 0, 1042)), { after: 43_000 }],
    ['it is over already', answer(headers(300, 0, 990, 1000)), { after: 1000 }],
    ['too many at once, with zeros', answer(headers(0, 0, 1060, 1000)), { after: 3000 }],
    ['too many at once, as if nothing were wrong', answer(headers(300, 120, 1060, 1000)), { after: 3000 }],
    ['of something in between, without headers', answer(new Headers()), undefined],
    ['nothing, with another status', answer(headers(300, 0, 1042, 1000), 503), undefined],
  ])('%s', (_, given, expected) => {
    expect(given).toEqual(expected);
  });
});

describe('the pace', () => {
  /** How many requests may go out at a time. */
  const burst = (pace: ReturnType<typeof oktaPace>, now: number, bucket = 'users') => {
    let n = 0;
    while (n < 1000 && pace.take(now, bucket) === 0) n += 1;
    return n;
  };

  /** One request, and what its answer says is left. */
  const ask = (pace: ReturnType<typeof oktaPace>, told: Headers, now = 0) => {
    expect(pace.take(now, 'users')).toBe(0);
    pace.saw?.(200, told, now, 'users');
  };

  test.each([
    // Nobody else asks: the share of the limit.
    [0.5, 300, 300, 150],
    [1, 300, 300, 295],
    [0.9, 300, 300, 270],
    // Others use some: the share of the rest.
    [0.5, 600, 240, 120],
    [0.5, 300, 200, 100],
    [0.9, 600, 240, 216],
    // Five are left.
    [0.9, 300, 20, 15],
    [0.5, 300, 8, 3],
    [0.5, 300, 6, 1],
    [0.5, 8, 8, 3],
    // One in a minute is always made.
    [0.5, 300, 2, 1],
    [0.5, 2, 2, 1],
    [0.01, 2, 2, 1],
    [0.01, 1, 1, 1],
  ])(
    'with a share of %f of a limit of %i, of which it finds %i left, makes %i requests',
    (share, limit, found, most) => {
      const pace = oktaPace(share);
      ask(pace, headers(limit, found - 1, 1060, 1000));
      expect(1 + burst(pace, 0)).toBe(most);
      expect(pace.take(0, 'users')).toBe(61_000);
    },
  );

  test('goes on when the minute is over, by the server’s clock', () => {
    const pace = oktaPace(0.5);
    ask(pace, headers(100, 5, 9030, 9000), 5000);
    expect(pace.take(5000, 'users')).toBe(31_000);
    // As much may be left as in the minute before, until an answer tells.
    expect(burst(pace, 36_000)).toBe(1);
    pace.saw?.(200, headers(100, 99, 9091, 9031), 36_000, 'users');
    expect(burst(pace, 36_000)).toBe(49);
    for (let left = 98; left >= 50; left--) {
      pace.saw?.(200, headers(100, left, 9091, 9031), 36_000, 'users');
      expect(pace.take(36_000, 'users')).toBe(61_000);
    }
    expect(burst(pace, 97_000)).toBe(50);
  });

  test.each([
    ['in their order', [99, 98, 97, 96, 95, 94, 93, 92]],
    ['the last first', [92, 93, 94, 95, 96, 97, 98, 99]],
  ])('counts what is under way against a minute of which the first answer tells: answers %s', (_, lefts) => {
    const pace = oktaPace(0.5);
    for (let n = 0; n < 8; n++) expect(pace.take(0, 'users')).toBe(0);
    for (const left of lefts) pace.saw?.(200, headers(100, left, 1060, 1000), 0, 'users');
    expect(burst(pace, 0)).toBe(42);
  });

  test('stops at five that are left, where others use up the minute meanwhile', () => {
    const pace = oktaPace(0.5);
    ask(pace, headers(600, 599, 1060, 1000));
    ask(pace, headers(600, 9, 1060, 1000));
    expect(burst(pace, 0)).toBe(4);
    expect(pace.take(0, 'users')).toBe(61_000);
  });

  test('has no larger share where others use more meanwhile, and no second share of the rest', () => {
    const pace = oktaPace(0.5);
    ask(pace, headers(600, 599, 1060, 1000));
    ask(pace, headers(600, 400, 1060, 1000));
    expect(burst(pace, 0)).toBe(298);
  });

  test('knows each part of the API by itself, and nothing of one that was not asked', () => {
    const pace = oktaPace(0.5);
    ask(pace, headers(100, 1, 1060, 1000));
    expect([burst(pace, 0, 'users'), burst(pace, 0, 'members')]).toEqual([0, 1000]);
    pace.until(500, 'members');
    expect([pace.take(0, 'members'), pace.take(0, 'group')]).toEqual([500, 0]);
  });

  test('passes over what is no news', () => {
    const pace = oktaPace(0.5);
    ask(pace, headers(100, 99, 1060, 1000));
    // Long under way, of the minute before; too many at once; no headers.
    pace.saw?.(200, headers(100, 0, 1000, 1000), 0, 'users');
    pace.saw?.(429, headers(0, 0, 1060, 1000), 0, 'users');
    pace.saw?.(429, headers(100, 3, 1060, 1000), 0, 'users');
    pace.saw?.(200, new Headers(), 0, 'users');
    expect(burst(pace, 0)).toBe(49);
  });

  test('reads the last of headers that came twice', () => {
    const pace = oktaPace(0.5);
    const told = headers(1200, 1199, 2000, 1000);
    for (const [name, value] of headers(600, 239, 1060)) told.append(name, value);
    expect(told.get('x-rate-limit-limit')).toBe('1200, 600');
    ask(pace, told);
    expect(1 + burst(pace, 0)).toBe(120);
    expect(pace.take(0, 'users')).toBe(61_000);
  });
});

/**
 * A clock on which many sleep at once: time moves on to the next who wakes, as soon as no request is under way.
 * @param busy whether one is
 */
function sharedClock(busy: () => boolean): TestClock {
  let time = Date.UTC(2026, 0, 1);
  let quiet = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const timer = setInterval(() => {
    quiet = busy() ? 0 : quiet + 1;
    const next = Math.min(...[...sleepers].map(({ at }) => at));
    if (quiet < 10 || next === Number.POSITIVE_INFINITY) return;
    quiet = 0;
    time = Math.max(time, next);
    for (const sleeper of sleepers) if (sleeper.at <= time) sleeper.wake();
  }, 1);
  onTestFinished(() => clearInterval(timer));
  return {
    slept: [],
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
    expire: () => undefined,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const end = (act: () => void) => () => {
          sleepers.delete(sleeper);
          act();
        };
        // The timeout of a request never comes.
        const sleeper = { at: ms === 120_000 ? Number.POSITIVE_INFINITY : time + ms, wake: end(resolve) };
        sleepers.add(sleeper);
        signal?.addEventListener(
          'abort',
          end(() => reject(signal.reason)),
          { once: true },
        );
      }),
  };
}

/** An emulated org, its answers, and how much of the limit each said is left. */
async function watched(options: OktaOptions & { config?: Written; clock?: TestClock }) {
  const answers: { path: string; status: number; left: number }[] = [];
  const world = await oktaWorld({
    ...options,
    onExchange: ({ path }, { status, headers }: Reply) =>
      answers.push({ path, status, left: Number(headers['x-rate-limit-remaining']) }),
  });
  return { ...world, answers };
}

function fill({ emulator: { org } }: Awaited<ReturnType<typeof watched>>, users: number, groups: number): void {
  const people = Array.from({ length: users }, (_, at) => org.addUser({ login: `user.${at}@acme.example` }));
  for (let at = 0; at < groups; at++) {
    const [group, user] = [org.addGroup({ name: `Group ${at}` }), people[at % people.length]];
    if (user) org.join(user, group);
  }
}

describe('a pass', () => {
  test.each([
    ['50%', 10],
    ['100%', 15],
  ])('with rateLimitShare %s uses its share of a limit and never meets a refusal', async (rateLimitShare, most) => {
    let answered = 0;
    let sent = () => 0;
    const clock = sharedClock(() => sent() > answered);
    const world = await watched({ limits: { members: 40 }, config: { rateLimitShare }, clock });
    sent = world.connector.requests;
    fill(world, 10, 60);
    world.emulator.faults.when({ times: Number.POSITIVE_INFINITY }, async (_, honest) => {
      const reply = await honest();
      answered += 1;
      return reply;
    });
    const began = clock.now();
    const { groups } = await walk(world.connector.snapshot(nothing, never));
    expect(groups.size).toBe(61);
    expect(world.answers.filter(({ status }) => status === 429)).toEqual([]);
    const left = world.answers.filter(({ path }) => /\/groups\/.*\/users$/.test(path)).map((each) => each.left);
    expect(left).toHaveLength(60);
    expect(Math.min(...left)).toBe(20 - most);
    expect(Math.floor((clock.now() - began) / 60_000)).toBe(Math.ceil(60 / most) - 1);
  });

  test('leaves to others what they use', async () => {
    const world = await watched({ limits: { members: 40 }, config: { rateLimitShare: '50%' } });
    fill(world, 10, 40);
    const other = world.emulator.addToken({ role: 'SUPER_ADMIN' });
    const { id } = world.emulator.org.everyone;
    const authorization = `SSWS ${other.value}`;
    // The org's limit is nearer than this token's share of it: 12 of 40 are left.
    for (let n = 0; n < 20; n++) {
      const url = `${world.emulator.orgUrl}/api/v1/groups/${id}/users?limit=1`;
      expect((await fetch(url, { headers: { authorization } })).status).toBe(200);
    }
    world.answers.length = 0;
    await walk(world.connector.snapshot(nothing, never));
    expect(world.answers.filter(({ status }) => status === 429)).toEqual([]);
  });

  test('at an org that is at its rate limit for five minutes waits, asks seldom, and ends well', async () => {
    using directory = new Directory();
    const world = await watched({});
    fill(world, 450, 30);
    const { clock, emulator, logged, connector } = world;
    const begin = clock.now();
    const busy = () => clock.now() < begin + 5 * 60_000;
    const times: { path: string; at: number }[] = [];
    emulator.faults.when({ path: '/api/v1/', times: Number.POSITIVE_INFINITY }, async (asked, honest) => {
      if (busy()) times.push({ path: asked.path, at: clock.now() - begin });
      return busy() ? oktaFailure(429, 60)(asked, honest) : honest();
    });
    const result = await directory.run(connector, 'corp', request);
    expect(result.outcome).toBe('ok');
    expect(directory.rows('SELECT count(*) AS n FROM v1_users')).toEqual([{ n: 450 }]);
    // One request of each kind in a minute.
    expect(times.length).toBeGreaterThanOrEqual(4);
    expect(times.length).toBeLessThanOrEqual(12);
    expect(clock.now() - begin).toBeLessThan(12 * 60_000);
    expect(logged.join()).toContain('the org is at its rate limit for the users, all its clients together');
  });

  test.each(['zeros', 'remaining'] as const)(
    'that asks for too much at once tries again soon: %s',
    async (concurrencyHeaders) => {
      const world = await watched({ concurrency: 2, concurrencyHeaders });
      fill(world, 10, 60);
      world.emulator.faults.conditions.latencyMs = 5;
      const { groups } = await walk(world.connector.snapshot(nothing, never));
      expect(groups.size).toBe(61);
      // Sleeps between tries; those of the emulator are its latency.
      const waits = world.clock.slept.filter((ms) => ms > 5);
      expect(Math.max(...waits)).toBeLessThanOrEqual(5500);
    },
  );
});
