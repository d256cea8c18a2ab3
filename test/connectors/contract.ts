import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Connector } from '../../connectors/connector.ts';
import type { Found, Want } from '../../src/model/snapshot.ts';
import { type Behaviour, cutOff, type Faults, html, nullBody, reset, status, type Which } from '../emulators/faults.ts';
import type { EmulatorServer } from '../emulators/server.ts';
import { failureOf, never } from './http/open.ts';
import { type Walked, walk, written } from './walk.ts';

/** An emulated provider with a few people and groups in it, a nested group among them. */
export interface Emulated extends Pick<EmulatorServer, 'requests'> {
  /** Faults of the requests that `which` names, wherever they are met. */
  faults: Pick<Faults, 'when'>;
  /** What a walk must give: user names by id, and members, as `walk` writes them, by group id. */
  expected(): { users: ReadonlyMap<string, string>; members: ReadonlyMap<string, readonly string[]> };
  removeUser(id: string): void;
  removeGroup(id: string): void;
  /** Makes every token issued so far worthless. */
  revokeTokens(): void;
  /** Which requests list users, list groups and read members; and which read one user or group by id. */
  which: Readonly<Record<'token' | 'users' | 'groups' | 'members' | 'user' | 'group', Which>>;
  /** The body of the provider's own 403 for a request that the credentials have no right to. */
  denied: unknown;
  /** Texts that no message may hold. */
  secrets: readonly string[];
}

/** A connector that was just opened on an emulated provider, both closed when the test ends. */
export interface World {
  connector: Connector;
  emulated: Emulated;
}

const nothing: Want = { users: [], groups: [] };
const listings = ['users', 'groups', 'members'] as const;
const always = { times: Number.POSITIVE_INFINITY };

const isAt = (path: string, wanted: Which['path']): boolean =>
  typeof wanted === 'string' ? path.includes(wanted) : (wanted?.test(path) ?? false);

/** What every connector must do, whatever it reads. `open` gives a new world for each test. */
export function contract(name: string, open: () => Promise<World>): void {
  const right = (walked: Walked, { emulated }: World) => {
    const { users, members } = emulated.expected();
    expect(new Map([...walked.users].map(([id, user]) => [id, user.attributes.userName]))).toEqual(users);
    expect(walked.members).toEqual(members);
  };

  describe(`${name}: a snapshot`, () => {
    test('has every user, group and direct membership', async () => {
      const world = await open();
      const listing = world.connector.snapshot(nothing, never);
      expect(() => listing.end()).toThrow();
      const walked = await walk(listing);
      right(walked, world);
      expect(walked.unread.size + walked.gone.size).toBe(0);
      expect(listing.absence).toBe('vanished');
      expect(walked.counts).toMatchObject({
        users: { listed: walked.users.size },
        groups: { listed: walked.groups.size },
      });
      expect(world.connector.requests()).toBe(world.emulated.requests.length);
    });

    test('is the same the second time, without another token', async () => {
      const world = await open();
      const first = await walk(world.connector.snapshot(nothing, never));
      const { path } = world.emulated.which.token;
      const tokens = () => world.emulated.requests.filter((request) => isAt(request.path, path)).length;
      const before = tokens();
      expect(await walk(world.connector.snapshot(nothing, never))).toEqual(first);
      expect(tokens()).toBe(before);
    });

    const passing: [string, Behaviour][] = [
      ['a 500', status(500)],
      ['a 502', status(502)],
      ['a 503 with Retry-After', status(503, { retryAfter: 1 })],
      ['a 429 with a date', status(429, { retryAfter: new Date(Date.UTC(2026, 0, 1)) })],
      ['a reset', reset()],
      ['an answer cut off', cutOff()],
    ];
    for (const which of ['token', ...listings] as const)
      test.each(passing)(`${which}: %s passes unnoticed`, async (_, fault) => {
        const world = await open();
        world.emulated.faults.when(world.emulated.which[which], fault);
        right(await walk(world.connector.snapshot(nothing, never)), world);
        expect(world.connector.requests()).toBe(world.emulated.requests.length);
      });

    const lasting: [string, Behaviour, string][] = [
      ['an outage', status(503), 'unreachable'],
      ['throttling without end', status(429, { retryAfter: 3600 }), 'throttled'],
      ['connections that break', reset(), 'unreachable'],
      ["a proxy's login page", html(200), 'incomplete'],
      ["a proxy's 404", html(404, 'Not here'), 'incomplete'],
      ['null', nullBody(), 'incomplete'],
      ['an empty body', async (_, honest) => ({ ...(await honest()), body: '' }), 'incomplete'],
      [
        'a redirect',
        async () => ({ status: 302, headers: { location: 'https://evil.example.org/' }, body: '' }),
        'incomplete',
      ],
    ];
    for (const which of ['token', ...listings] as const)
      test.each(lasting)(`${which}: %s makes it worthless`, async (_, fault, code) => {
        const world = await open();
        world.emulated.faults.when({ ...world.emulated.which[which], ...always }, fault);
        const listing = world.connector.snapshot(nothing, never);
        const failure = await failureOf(walk(listing));
        expect(failure).toMatchObject({
          code: code === 'throttled' ? expect.stringMatching(/throttled|unreachable/) : code,
        });
        expect(failure.message).toMatch(/^Source "[^"]+": .+[.]$/);
        expect(failure.message).not.toContain('evil.example.org/');
        for (const secret of world.emulated.secrets) expect(inspect(failure, { depth: 9 })).not.toContain(secret);
        expect(() => listing.end()).toThrow();
      });

    test('a token that ends in mid-pass is renewed', async () => {
      const world = await open();
      world.emulated.faults.when(world.emulated.which.members, async (_, honest) => {
        world.emulated.revokeTokens();
        return honest();
      });
      world.emulated.faults.when({ ...world.emulated.which.members, nth: 2 }, status(401));
      right(await walk(world.connector.snapshot(nothing, never)), world);
    });

    test('a token that is never taken is a failure', async () => {
      const world = await open();
      world.emulated.faults.when({ ...world.emulated.which.users, ...always }, status(401));
      expect((await failureOf(walk(world.connector.snapshot(nothing, never)))).code).toBe('authentication');
    });

    test('a missing permission is a failure, not an empty list', async () => {
      for (const which of listings) {
        const world = await open();
        world.emulated.faults.when(
          { ...world.emulated.which[which], ...always },
          status(403, { body: world.emulated.denied }),
        );
        expect((await failureOf(walk(world.connector.snapshot(nothing, never)))).code).toBe('permission');
      }
    });

    for (const which of ['token', ...listings] as const)
      test(`${which}: ends with the reason when it is cancelled there`, async () => {
        const world = await open();
        const stop = new AbortController();
        const reason = new Error('the pass was cancelled');
        world.emulated.faults.when(world.emulated.which[which], (_, honest) => {
          stop.abort(reason);
          return honest();
        });
        expect(await failureOf(walk(world.connector.snapshot(nothing, stop.signal)))).toBe(reason);
        const asked = world.connector.requests();
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(world.connector.requests()).toBe(asked);
      });

    test('a reader that stops early ends the requests', async () => {
      const world = await open();
      for await (const batch of world.connector.snapshot(nothing, never).items) if (batch.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const asked = world.connector.requests();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(world.connector.requests()).toBe(asked);
    });
  });

  describe(`${name}: by id`, () => {
    const read = async (world: World, kind: 'user' | 'group', ids: readonly string[], signal = never) => {
      const { connector } = world;
      const answers =
        kind === 'user' ? connector.readUsers(ids, nothing, signal) : connector.readGroups(ids, nothing, signal);
      const found = new Map<string, Found<{ id: string }>>();
      for await (const one of answers) {
        if (found.has(one.id)) throw new Error(`two answers for ${one.id}`);
        found.set(one.id, one);
      }
      return found;
    };
    const ids = (world: World, kind: 'user' | 'group') => [
      ...world.emulated.expected()[kind === 'user' ? 'users' : 'members'].keys(),
    ];

    for (const kind of ['user', 'group'] as const) {
      test(`${kind}s are present as the listing has them, or absent`, async () => {
        const world = await open();
        const walked = await walk(world.connector.snapshot(nothing, never));
        const [gone = '', ...there] = ids(world, kind);
        world.emulated[kind === 'user' ? 'removeUser' : 'removeGroup'](gone);
        const found = await read(world, kind, [gone, ...there]);
        expect(found.get(gone)).toEqual({ id: gone, is: 'absent' });
        const left = new Set(ids(world, kind));
        for (const id of there.filter((id) => left.has(id)))
          expect(found.get(id)).toEqual({
            id,
            is: 'present',
            record: (kind === 'user' ? walked.users : walked.groups).get(id),
          });
      });

      const unclear: [string, Behaviour][] = [
        ['an outage', status(503)],
        ["a proxy's 404", html(404)],
        ['a 404 in other words', status(404, { body: { error: 'HTTP 404 Not Found' } })],
        ['a 403', status(403)],
        ['a login page', html(200)],
        ['null', nullBody()],
        ['another object', async (_, honest) => ({ ...(await honest()), body: '{"id":"another"}' })],
      ];
      test.each(unclear)(`${kind}: %s leaves it unknown`, async (_, fault) => {
        const world = await open();
        const [id = '', second = ''] = ids(world, kind);
        world.emulated.faults.when({ ...world.emulated.which[kind], path: id, ...always }, fault);
        const found = await read(world, kind, [id, second]);
        expect(found.get(id)).toMatchObject({ is: 'unknown', why: expect.stringMatching(/^Source "[^"]+": .+[.]$/) });
        expect(found.get(second)?.is).toBe('present');
      });

      test(`${kind}s: an outage does not take hours`, async () => {
        const world = await open();
        world.emulated.faults.when({ ...world.emulated.which[kind], ...always }, status(503));
        const many = Array.from({ length: 500 }, (_, n) => `id-${n}`);
        const found = await read(world, kind, many);
        expect([...found.values()].every(({ is }) => is === 'unknown')).toBe(true);
        expect(found.size).toBe(500);
        expect(world.connector.requests()).toBeLessThan(200);
      });

      test(`${kind}s: none asked, none answered`, async () => {
        const world = await open();
        expect((await read(world, kind, [])).size).toBe(0);
        expect(world.connector.requests()).toBe(0);
      });

      test(`${kind}s: ends with the reason when it is cancelled`, async () => {
        const world = await open();
        const stop = new AbortController();
        const reason = new Error('the pass was cancelled');
        world.emulated.faults.when(world.emulated.which[kind], (_, honest) => {
          stop.abort(reason);
          return honest();
        });
        expect(await failureOf(read(world, kind, ids(world, kind), stop.signal))).toBe(reason);
      });
    }
  });

  describe(`${name}: the members of single groups`, () => {
    const members = async ({ connector }: World, ids: readonly string[]) => {
      const found = new Map<string, unknown>();
      for await (const one of connector.readMembers(ids, never)) {
        found.set(one.id, one.is === 'present' ? one.record.map(written).sort() : one.is);
      }
      return found;
    };

    test('are those of the listing; a group that was deleted is absent', async () => {
      const world = await open();
      const [gone = '', ...there] = world.emulated.expected().members.keys();
      world.emulated.removeGroup(gone);
      const found = await members(world, [gone, ...there]);
      expect(found.get(gone)).toBe('absent');
      const now = world.emulated.expected().members;
      for (const [id, list] of now) expect(found.get(id)).toEqual(list);
      expect(now.size).toBeGreaterThan(0);
    });

    test.each([
      ['an outage', status(503)],
      ["a proxy's 404", html(404)],
      ['a login page', html(200)],
      ['null', nullBody()],
    ] as const)('%s leaves them unknown', async (_, fault) => {
      const world = await open();
      const [id = ''] = world.emulated.expected().members.keys();
      world.emulated.faults.when({ ...world.emulated.which.members, ...always }, fault);
      expect(await members(world, [id])).toEqual(new Map([[id, 'unknown']]));
    });
  });

  describe(`${name}: the check`, () => {
    test('is content with what is right', async () => {
      const world = await open();
      const findings = await world.connector.check(never);
      expect(findings.length).toBeGreaterThanOrEqual(3);
      expect(findings.filter(({ ok }) => !ok)).toEqual([]);
      for (const { detail } of findings) expect(detail).toMatch(/^[^a-z].*[.]$/);
    });

    test.each([
      ['token', status(503)],
      ['token', html(200)],
      ['users', null],
      ['groups', null],
    ] as const)('says so, rather than throws: %s, %#', async (which, fault) => {
      const world = await open();
      const denied = status(403, { body: world.emulated.denied });
      world.emulated.faults.when({ ...world.emulated.which[which], ...always }, fault ?? denied);
      const bad = (await world.connector.check(never)).filter(({ ok }) => !ok);
      expect(bad.length).toBeGreaterThanOrEqual(1);
      for (const { detail } of bad) expect(detail).toMatch(/^[^a-z].*[.]$/);
    });

    test('ends with the reason when it is cancelled', async () => {
      const world = await open();
      const reason = new Error('enough');
      expect(await failureOf(world.connector.check(AbortSignal.abort(reason)))).toBe(reason);
    });
  });

  test(`${name}: its tenant is named, without a secret`, async () => {
    const { connector, emulated } = await open();
    expect(connector.tenant).not.toBe('');
    for (const secret of emulated.secrets) expect(connector.tenant).not.toContain(secret);
  });
}
