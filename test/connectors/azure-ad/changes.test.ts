import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { azureAd } from '../../../connectors/azure-ad/azure-ad.ts';
import type { Connector } from '../../../connectors/connector.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { makeCertificate } from '../../emulators/azure-ad/certificate.ts';
import { type EntraEmulator, type EntraOptions, startEntra } from '../../emulators/azure-ad/entra.ts';
import { graphFailure } from '../../emulators/azure-ad/failures.ts';
import { after, html } from '../../emulators/faults.ts';
import type { Reply } from '../../emulators/reply.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { mirror, state } from '../../sync/same.ts';
import { type TestClock, testClock } from '../http/clock.ts';
import { apply, edit } from './edits.ts';
import { configFor, entraWorld, populate } from './world.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };
const tls = makeCertificate('entra.example');
const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'azure-ad', limits: {}, fullEvery: 365 * 86_400_000 },
};
const HOUR = 3_600_000;
const modes = (directory: Directory) =>
  directory.rows<{ mode: string }>('SELECT mode FROM v1_runs ORDER BY id').map(({ mode }) => mode);

/** What a replica says that does not know an id. */
const missing = (id: string) => async (): Promise<Reply> => ({
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { code: 'Request_ResourceNotFound', message: `Resource '${id}' does not exist.` } }),
});

/** A tenant that is left open for the length of a property's run, with a connector for each of two directories. */
async function twice(
  options: EntraOptions,
  act: (emulator: EntraEmulator, connect: () => Connector, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = testClock();
  await using emulator = await startEntra({ clock, tls, ...options });
  populate(emulator);
  const open: Connector[] = [];
  const log = { debug: () => undefined, warn: () => undefined };
  try {
    await act(
      emulator,
      () => {
        const connector = azureAd(configFor(emulator), {
          source: 'corp',
          folder: '',
          clock,
          env: {},
          ca: tls.cert,
          log,
        });
        open.push(connector);
        return connector;
      },
      clock,
    );
  } finally {
    for (const connector of open) await connector.close();
  }
}

describe('passes that read only what changed', () => {
  const days = fc.array(fc.array(edit, { minLength: 0, maxLength: 6 }), { minLength: 1, maxLength: 5 });

  test('leave exactly what full ones would, whatever happens in the tenant', async () => {
    await fc.assert(
      fc.asyncProperty(days, fc.constantFrom(1, 2, 200), async (history, deltaPageSize) => {
        await twice({ deltaPageSize, deltaMembers: deltaPageSize }, async ({ tenant }, connect, clock) => {
          using changes = new Directory();
          using full = new Directory();
          const [first, second] = [connect(), connect()];
          for (const edits of history) {
            clock.advance(HOUR);
            for (const each of edits) apply(tenant, each);
            expect((await changes.run(first, 'corp', request)).outcome).toMatch(/ok|unchanged/);
            expect((await full.run(second, 'corp', { ...request, full: true })).outcome).toMatch(/ok|unchanged/);
            expect(mirror(changes)).toEqual(mirror(full));
            expect(state(changes)).toEqual(state(full));
          }
        });
      }),
      RUNS,
    );
  }, 120_000);

  test('and what happens while everything is listed is in at the end', async () => {
    const places = fc.constantFrom(/\/users$/, /\/groups$/, /\$batch$/);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), places, fc.nat(2), async (edits, path, nth) => {
        await twice({}, async ({ tenant, faults }, connect) => {
          using busy = new Directory();
          using calm = new Directory();
          const connector = connect();
          const happens = () => {
            for (const each of edits) apply(tenant, each);
          };
          faults.when({ path, nth: nth + 1 }, after(happens));
          const { outcome } = await busy.run(connector, 'corp', { ...request, full: true });
          expect(outcome).toMatch(/ok|unchanged/);
          faults.clear();
          await calm.run(connector, 'corp', { ...request, full: true });
          expect(mirror(busy)).toEqual(mirror(calm));
        });
      }),
      RUNS,
    );
  }, 120_000);
});

describe('who was deleted before anything was read, and is restored', () => {
  test.each(['user', 'group'] as const)('a %s: the pass is a full one, and memberships are there', async (kind) => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    const { tenant } = emulator;
    const ada = tenant.user('ada@contoso.example');
    const team = tenant.group('Team');
    if (kind === 'user') tenant.removeUser(ada);
    else tenant.removeGroup(team);
    clock.advance(HOUR);
    await directory.run(connector, 'corp', request);
    clock.advance(HOUR);
    if (kind === 'user') tenant.restoreUser(ada);
    else tenant.restoreGroup(team);
    await directory.run(connector, 'corp', request);
    using full = new Directory();
    await full.run(connector, 'corp', { ...request, full: true });
    expect(mirror(directory)).toEqual(mirror(full));
    expect(modes(directory)).toEqual(['full', 'full']);
  });

  test.each(['user', 'group'] as const)('a %s that is restored while everything is listed', async (kind) => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    const { tenant } = emulator;
    const [ada, team] = [tenant.user('ada@contoso.example'), tenant.group('Team')];
    await directory.run(connector, 'corp', request);
    clock.advance(HOUR);
    if (kind === 'user') tenant.removeUser(ada);
    else tenant.removeGroup(team);
    // Once members were read.
    emulator.faults.when(
      { path: '$batch', nth: 2 },
      after(() => (kind === 'user' ? tenant.restoreUser(ada) : tenant.restoreGroup(team))),
    );
    await directory.run(connector, 'corp', { ...request, full: true });
    clock.advance(HOUR);
    await directory.run(connector, 'corp', request);
    using full = new Directory();
    await full.run(connector, 'corp', { ...request, full: true });
    expect(mirror(directory)).toEqual(mirror(full));
    expect(modes(directory)).toEqual(['full', 'full', 'full']);
  });

  test('whoever is new is not taken for one of these', async () => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    clock.advance(HOUR);
    await directory.run(connector, 'corp', request);
    // The clock of Graph, or a replica, may be behind.
    emulator.tenant.addUser({ userPrincipalName: 'now@contoso.example' });
    clock.advance(HOUR);
    emulator.tenant.addUser({ userPrincipalName: 'later@contoso.example' });
    emulator.tenant.addGroup({ displayName: 'Later' });
    await directory.run(connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'changes']);
    expect(directory.rows('SELECT count(*) AS n FROM v1_users')).toEqual([{ n: 7 }]);
  });
});

describe('the cursor', () => {
  test.each(['gone', 'syncStateNotFound'] as const)(
    'that Graph does not know any more (%s) means a full pass',
    async (expiredDelta) => {
      using directory = new Directory();
      const { connector, emulator } = await entraWorld({ expiredDelta });
      populate(emulator);
      await directory.run(connector, 'corp', request);
      await directory.run(connector, 'corp', request);
      emulator.expireDeltas();
      emulator.tenant.editUser(emulator.tenant.user('ada@contoso.example'), { jobTitle: 'Pilot' });
      expect((await directory.run(connector, 'corp', request)).outcome).toBe('ok');
      await directory.run(connector, 'corp', request);
      expect(modes(directory)).toEqual(['full', 'changes', 'full', 'changes']);
      expect(directory.rows('SELECT title FROM v1_users WHERE user_name LIKE ?', 'ada%')).toEqual([{ title: 'Pilot' }]);
    },
  );

  test('that expires between two pages of changes means a full pass', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld({ deltaPageSize: 1 });
    populate(emulator);
    await directory.run(connector, 'corp', request);
    for (const user of emulator.tenant.users()) emulator.tenant.editUser(user, { jobTitle: 'Pilot' });
    emulator.faults.when(
      { path: '/users/delta', nth: 2 },
      after(() => emulator.expireDeltas()),
    );
    expect((await directory.run(connector, 'corp', request)).outcome).toBe('ok');
    expect(modes(directory)).toEqual(['full', 'full']);
    expect(directory.rows("SELECT count(*) AS n FROM v1_users WHERE title = 'Pilot'")).toEqual([{ n: 5 }]);
  });

  test('of another address or tenant means a full pass', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    const listing = (cursor: string) =>
      connector.changes?.(cursor, { users: [], groups: [] }, new AbortController().signal);
    const cursor = String(directory.rows<{ cursor: string }>('SELECT cursor FROM sources')[0]?.cursor);
    expect(await listing(cursor)).not.toBe('expired');
    expect(await listing(cursor.replaceAll(emulator.graphUrl, 'https://graph.example.com'))).toBe('expired');
    expect(await listing(cursor.replace(emulator.tenantId, crypto.randomUUID()))).toBe('expired');
    expect(await listing('of another version')).toBe('expired');
  });

  test('is not advanced by a pass that fails', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    const ada = emulator.tenant.user('ada@contoso.example');
    emulator.tenant.editUser(ada, { jobTitle: 'Pilot' });
    const end = emulator.faults.when({ path: '$batch', times: 99 }, async () => {
      throw new Error('out of order');
    });
    expect((await directory.run(connector, 'corp', request)).outcome).toBe('unchanged');
    end();
    expect((await directory.run(connector, 'corp', request)).outcome).toBe('ok');
    expect(directory.rows('SELECT title FROM v1_users WHERE user_name LIKE ?', 'ada%')).toEqual([{ title: 'Pilot' }]);
  });

  test('is not there where the tenant tells no changes; every pass is a full one', async () => {
    using directory = new Directory();
    const { connector, emulator, logged } = await entraWorld();
    populate(emulator);
    emulator.parts.when({ path: '/delta', times: Number.POSITIVE_INFINITY }, async () => ({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: { code: 'Request_UnsupportedQuery', message: 'Not for this tenant.' } }),
    }));
    for (let pass = 0; pass < 2; pass++) await directory.run(connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'full']);
    expect(logged.join('\n')).toContain('The pass goes on without it.');
  });

  test('is not there where links lead elsewhere, which a pass and a check say', async () => {
    using directory = new Directory();
    const { connector, emulator, logged } = await entraWorld();
    populate(emulator);
    emulator.parts.when({ path: '/delta', times: Number.POSITIVE_INFINITY }, async (_, honest) => {
      const reply = await honest();
      return { ...reply, body: reply.body.replaceAll(emulator.graphUrl, 'https://graph.elsewhere.example') };
    });
    for (let pass = 0; pass < 2; pass++) await directory.run(connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'full']);
    const said =
      /lead to https:\/\/graph\.elsewhere\.example, which is not the configured address.* Every pass reads everything\./;
    expect(logged.join('\n')).toMatch(said);
    const found = await connector.check(new AbortController().signal);
    expect(found.find(({ what }) => what === 'changes')?.detail).toMatch(said);
  });

  test('is given up where so much changed that a full listing is shorter', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    for (let at = 0; at < 2001; at++) emulator.tenant.addUser({ userPrincipalName: `many.${at}@contoso.example` });
    await directory.run(connector, 'corp', request);
    for (const user of emulator.tenant.users()) emulator.tenant.editUser(user, { jobTitle: 'Pilot' });
    await directory.run(connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'full']);
  });

  test('reads again whom a reading by id did not show as the list of changes had it', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    const { id } = emulator.tenant.addUser({ userPrincipalName: 'new@contoso.example' });
    // The replica that is asked by id is behind: it does not know the new user yet.
    emulator.parts.when({ path: id }, missing(id));
    const who = () => directory.rows('SELECT user_name FROM v1_users WHERE external_id = ?', id);
    await directory.run(connector, 'corp', request);
    expect(who()).toEqual([]);
    await directory.run(connector, 'corp', request);
    expect(who()).toEqual([{ user_name: 'new@contoso.example' }]);
    expect(modes(directory)).toEqual(['full', 'changes', 'changes']);
  });

  test.each(['user', 'group'] as const)('takes no single "not found" for an end (%s)', async (kind) => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    const { tenant, parts } = emulator;
    await directory.run(connector, 'corp', request);
    clock.advance(HOUR);
    const [ada, staff] = [tenant.user('ada@contoso.example'), tenant.group('Staff')];
    if (kind === 'user') tenant.editUser(ada, { jobTitle: 'Pilot' });
    else tenant.editGroup(staff, { description: 'edited' });
    await directory.run(connector, 'corp', request);
    const shown = state(directory).slice(0, 4);
    const { id } = kind === 'user' ? ada : staff;
    // What changed is read once more, and a replica that is behind does not know it.
    parts.when({ path: `/${kind}s/${id}` }, missing(id));
    clock.advance(HOUR);
    expect((await directory.run(connector, 'corp', request)).problems).toBeGreaterThan(0);
    expect(state(directory).slice(0, 4)).toEqual(shown);
    clock.advance(HOUR);
    expect((await directory.run(connector, 'corp', request)).problems).toBe(0);
    expect(state(directory).slice(0, 4)).toEqual(shown);
    expect(modes(directory)).toEqual(['full', 'changes', 'changes', 'changes']);
  });

  test('a full pass does not remove whom its own list of changes names', async () => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    const { tenant, faults, parts } = emulator;
    const { id } = tenant.user('ada@contoso.example');
    await directory.run(connector, 'corp', request);
    const shown = state(directory).slice(0, 4);
    clock.advance(HOUR);
    faults.when({ path: /\/users$/ }, async (_, honest) => {
      const reply = await honest();
      tenant.editUser(tenant.user('ada@contoso.example'), { jobTitle: 'Cook' });
      const body = JSON.parse(reply.body);
      return {
        ...reply,
        body: JSON.stringify({ ...body, value: body.value.filter((row: { id: string }) => row.id !== id) }),
      };
    });
    // One less is counted, too.
    parts.when({ path: /\/users$/, times: 2 }, async (_, honest) => {
      const reply = await honest();
      const body = JSON.parse(reply.body);
      return { ...reply, body: JSON.stringify({ ...body, '@odata.count': body['@odata.count'] - 1 }) };
    });
    parts.when({ path: `/users/${id}`, times: 9 }, missing(id));
    expect(await directory.run(connector, 'corp', { ...request, full: true })).toMatchObject({ problems: 1 });
    expect(state(directory).slice(0, 4)).toEqual(shown);
  });

  test('who is found by id, and has a place in a group only because nobody knew, makes the pass a full one', async () => {
    using directory = new Directory();
    const { connector, emulator, clock } = await entraWorld();
    populate(emulator);
    const { tenant, faults, parts } = emulator;
    const ada = tenant.user('ada@contoso.example');
    await directory.run(connector, 'corp', request);
    clock.advance(HOUR);
    tenant.leave(ada, tenant.group('Staff'));
    // In no list, which the count agrees with; and nobody says by id what became of her.
    const omit = async (_: unknown, honest: () => Promise<Reply>): Promise<Reply> => {
      const reply = await honest();
      const body = JSON.parse(reply.body);
      const value = body.value.filter((row: { id: string }) => row.id !== ada.id);
      const count = body['@odata.count'];
      return { ...reply, body: JSON.stringify({ ...body, value, ...(count && { '@odata.count': count - 1 }) }) };
    };
    for (const where of [faults, parts]) where.when({ path: /\/users$/, times: 9 }, omit);
    parts.when({ path: `/users/${ada.id}`, times: 9 }, graphFailure(403));
    await directory.run(connector, 'corp', { ...request, full: true });
    const places = () =>
      directory.rows(
        "SELECT 1 FROM v1_memberships m JOIN v1_users u ON u.id = m.user_id WHERE u.user_name LIKE 'ada%'",
      );
    expect(places().length).toBeGreaterThan(0);
    for (const where of [faults, parts]) where.clear();
    clock.advance(HOUR);
    await directory.run(connector, 'corp', request);
    expect(places()).toEqual([]);
    expect(modes(directory)).toEqual(['full', 'full', 'full']);
  });

  test('reads what changed once more, since a replica may have been behind', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    const { tenant } = emulator;
    const ada = tenant.user('ada@contoso.example');
    const staff = tenant.group('Staff');
    // What replicas said before, word by word, is what they say once more.
    const before = new Map<string, string>();
    const remember = async (request: { path: string }, honest: () => Promise<Reply>): Promise<Reply> => {
      const reply = await honest();
      before.set(request.path, reply.body);
      return reply;
    };
    const old = async (request: { path: string }, honest: () => Promise<Reply>): Promise<Reply> => {
      const reply = await honest();
      return { ...reply, body: before.get(request.path) ?? reply.body };
    };
    for (const path of [`/users/${ada.id}`, `${staff.id}/members`]) emulator.parts.when({ path }, remember);
    tenant.editUser(ada, { jobTitle: 'Cook' });
    tenant.editGroup(staff, { description: 'edited' });
    await directory.run(connector, 'corp', request);
    await directory.run(connector, 'corp', request);
    emulator.parts.clear();
    tenant.editUser(ada, { accountEnabled: false });
    tenant.leave(ada, staff);
    for (const path of [`/users/${ada.id}`, `${staff.id}/members`]) emulator.parts.when({ path }, old);
    await directory.run(connector, 'corp', request);
    const active = () => directory.rows('SELECT active FROM v1_users WHERE external_id = ?', ada.id);
    expect(active()).toEqual([{ active: 1 }]);
    await directory.run(connector, 'corp', request);
    expect(active()).toEqual([{ active: 0 }]);
    using full = new Directory();
    await full.run(connector, 'corp', { ...request, full: true });
    expect(mirror(directory)).toEqual(mirror(full));
    expect(modes(directory)).toEqual(['full', ...Array(4).fill('changes')]);
  });

  test('fails the pass where nothing at all can be read, and nothing is lost by it', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    for (let at = 0; at < 6; at++) emulator.tenant.addUser({ userPrincipalName: `new.${at}@contoso.example` });
    const end = emulator.faults.when({ path: '$batch', times: 99 }, html(403));
    const failed = await directory.run(connector, 'corp', request);
    expect(failed).toMatchObject({ outcome: 'failed' });
    expect(failed.message).toMatch(/answered 403 when asked for user/);
    end();
    await directory.run(connector, 'corp', request);
    expect(directory.rows("SELECT count(*) AS n FROM v1_users WHERE user_name LIKE 'new.%'")).toEqual([{ n: 6 }]);
  });

  test('reads again the groups whose members could not be read', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    const { id } = emulator.tenant.group('Staff');
    const end = emulator.parts.when({ path: `${id}/members`, times: 99 }, graphFailure(403));
    expect(await directory.run(connector, 'corp', request)).toMatchObject({ problems: 1 });
    expect(await directory.run(connector, 'corp', request)).toMatchObject({ problems: 1 });
    end();
    expect(await directory.run(connector, 'corp', request)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(modes(directory)).toEqual(['full', 'changes', 'changes']);
  });

  test('of other properties means a full pass: managers that are to be read from now on', async () => {
    using directory = new Directory();
    await twice({}, async (emulator, connect) => {
      const without = azureAd(configFor(emulator, { managers: false }), {
        ...{ source: 'corp', folder: '', clock: testClock(), env: {}, ca: tls.cert },
        log: { debug: () => undefined, warn: () => undefined },
      });
      await directory.run(without, 'corp', request);
      await without.close();
      await directory.run(connect(), 'corp', request);
      expect(modes(directory)).toEqual(['full', 'full']);
      expect(directory.rows('SELECT count(*) AS n FROM v1_users WHERE manager_id IS NOT NULL')).toEqual([{ n: 1 }]);
    });
  });

  test('removes nobody whom one of two answers that contradict each other still has', async () => {
    using directory = new Directory();
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    await directory.run(connector, 'corp', request);
    const ada = emulator.tenant.user('ada@contoso.example');
    emulator.tenant.editUser(ada, { jobTitle: 'Pilot' });
    emulator.parts.when({ path: ada.id }, missing(ada.id));
    const seen = () => directory.rows('SELECT active, title FROM v1_users WHERE external_id = ?', ada.id);
    expect(await directory.run(connector, 'corp', request)).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(seen()).toEqual([{ active: 1, title: 'Dr' }]);
    expect(await directory.run(connector, 'corp', request)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(seen()).toEqual([{ active: 1, title: 'Pilot' }]);
  });
});
