import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connector } from '../../../connectors/connector.ts';
import { okta } from '../../../connectors/okta/okta.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { after, before } from '../../emulators/faults.ts';
import { oktaFailure } from '../../emulators/okta/failures.ts';
import { type OktaEmulator, type OktaOptions, startOkta } from '../../emulators/okta/okta.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { mirror, state } from '../../sync/same.ts';
import { type TestClock, testClock } from '../http/clock.ts';
import { apply, edit } from './edits.ts';
import { configFor, type OktaWorld, oktaWorld, populate } from './world.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };
const HOUR = 3_600_000;
const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 365 * 24 * HOUR },
};
const modes = (directory: Directory) =>
  directory.rows<{ mode: string }>('SELECT mode FROM v1_runs ORDER BY id').map(({ mode }) => mode);
const membersAsked = ({ emulator }: Pick<OktaWorld, 'emulator'>) =>
  emulator.requests.flatMap(({ path }) => /\/groups\/([^/]+)\/users$/.exec(path)?.[1] ?? []);

/** An org that is left open for the length of a property's run, with a connector for each of two directories. */
async function twice(
  options: OktaOptions,
  act: (emulator: OktaEmulator, connect: () => Connector, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = testClock();
  await using emulator = await startOkta({ clock, throttle: false, ...options });
  populate(emulator);
  const open: Connector[] = [];
  const log = { debug: () => undefined, warn: () => undefined };
  try {
    await act(
      emulator,
      () => {
        const connector = okta(configFor(emulator), { source: 'corp', folder: '', clock, env: {}, log });
        open.push(connector);
        return connector;
      },
      clock,
    );
  } finally {
    for (const connector of open) await connector.close();
  }
}

/** An org whose dates are long past, and the directory after its first pass. */
async function settled(options: Parameters<typeof oktaWorld>[0] = {}) {
  const world = await oktaWorld(options);
  populate(world.emulator);
  world.clock.advance(HOUR);
  const directory = new Directory();
  const first = await directory.run(world.connector, 'corp', request);
  expect(first.outcome).toBe('ok');
  world.clock.advance(HOUR);
  world.emulator.requests.length = 0;
  return { ...world, directory, run: () => directory.run(world.connector, 'corp', request) };
}

describe('passes that ask for members only where somebody joined or left', () => {
  const pause = fc.constantFrom(0, 1000, 59_000, 61_000, HOUR);
  const day = fc.record({ edits: fc.array(fc.tuple(pause, edit), { maxLength: 6 }), pause });
  const orgs = fc.record({
    deactivationMovesGroups: fc.boolean(),
    deletionMovesGroups: fc.boolean(),
    everyoneKeepsDeactivated: fc.boolean(),
  });

  test('leave exactly what full ones would, whatever happens in the org', async () => {
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 5 }), orgs, async (history, how) => {
        await twice({}, async ({ org }, connect, clock) => {
          Object.assign(org, how);
          using changes = new Directory();
          using full = new Directory();
          const [first, second] = [connect(), connect()];
          for (const { edits, pause } of [{ edits: [], pause: HOUR }, ...history]) {
            for (const [wait, each] of edits) {
              clock.advance(wait);
              apply(org, each);
            }
            clock.advance(pause);
            expect((await changes.run(first, 'corp', request)).outcome).toMatch(/ok|unchanged/);
            expect((await full.run(second, 'corp', { ...request, full: true })).outcome).toMatch(/ok|unchanged/);
            expect(mirror(changes)).toEqual(mirror(full));
            expect(state(changes)).toEqual(state(full));
          }
          changed += modes(changes).filter((mode) => mode === 'changes').length;
        });
      }),
      RUNS,
    );
    expect(changed).toBeGreaterThan(RUNS.numRuns / 2);
  }, 120_000);

  test('and what happens while everything is listed is in after the next pass', async () => {
    const places = fc.constantFrom(/\/api\/v1\/users$/, /\/api\/v1\/groups$/, /\/groups\/[^/]+\/users$/);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), places, fc.nat(2), async (edits, path, nth) => {
        await twice({}, async ({ org, faults }, connect, clock) => {
          using busy = new Directory();
          using calm = new Directory();
          const connector = connect();
          clock.advance(HOUR);
          const happens = () => {
            for (const each of edits) apply(org, each);
          };
          faults.when({ path, nth: nth + 1 }, after(happens));
          const { outcome } = await busy.run(connector, 'corp', { ...request, full: true });
          expect(outcome).toMatch(/ok|unchanged/);
          faults.clear();
          clock.advance(1000);
          await busy.run(connector, 'corp', request);
          await calm.run(connector, 'corp', { ...request, full: true });
          expect(mirror(busy)).toEqual(mirror(calm));
        });
      }),
      RUNS,
    );
  }, 120_000);
});

describe('the members that are asked for', () => {
  test('are none where nothing moved, and those of the one group where somebody joined', async () => {
    const { emulator, run, directory, ...world } = await settled();
    const { org } = emulator;
    expect(await run()).toMatchObject({ outcome: 'unchanged' });
    expect(membersAsked({ emulator })).toEqual([]);
    org.join(org.user('eve@acme.example'), org.group('Staff'));
    world.clock.advance(HOUR);
    await run();
    expect(membersAsked({ emulator })).toEqual([org.group('Staff').id]);
    expect(modes(directory)).toEqual(['full', 'changes', 'changes']);
    directory[Symbol.dispose]();
  });

  test('are asked for once more where a group moved shortly before it was listed', async () => {
    const { emulator, run, clock, directory } = await settled();
    const { org } = emulator;
    const staff = org.group('Staff');
    org.join(org.user('eve@acme.example'), staff);
    clock.advance(1000);
    await run();
    // Within the same second as far as the date shows.
    org.asOf(staff.lastMembershipUpdated, () => org.leave(org.user('ada@acme.example'), staff));
    clock.advance(HOUR);
    await run();
    await run();
    expect(membersAsked({ emulator })).toEqual([staff.id, staff.id]);
    const who = directory.rows(
      "SELECT user_name FROM v1_users u JOIN v1_memberships m ON m.user_id = u.id JOIN v1_groups g ON g.id = m.group_id WHERE g.name = 'Staff' ORDER BY 1",
    );
    expect(who).toEqual([{ user_name: 'bob@acme.example' }, { user_name: 'eve@acme.example' }]);
    directory[Symbol.dispose]();
  });

  test('and are asked for again until they may be read', async () => {
    const { emulator, run, clock, directory } = await settled();
    const { org, faults } = emulator;
    const { id } = org.group('Staff');
    org.join(org.user('eve@acme.example'), org.group('Staff'));
    clock.advance(HOUR);
    const end = faults.when({ path: `${id}/users`, times: 99 }, oktaFailure('E0000006'));
    expect(await run()).toMatchObject({ problems: 1 });
    expect(await run()).toMatchObject({ problems: 1 });
    end();
    expect(await run()).toMatchObject({ problems: 0 });
    expect(membersAsked({ emulator })).toEqual([id, id, id]);
    directory[Symbol.dispose]();
  });
});

describe('a pass is a full one', () => {
  test('after fullEvery, though users and groups are listed in full each time', async () => {
    const { emulator, connector, directory } = await settled();
    // The directory's own clock moves on by some seconds in each pass.
    const often = { source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 20_000 } };
    for (let pass = 0; pass < 12; pass++) await directory.run(connector, 'corp', often);
    expect(modes(directory).join(' ')).toMatch(/full( changes)+ full( changes)+ full/);
    expect(membersAsked({ emulator }).length).toBeGreaterThan(0);
    directory[Symbol.dispose]();
  });

  test('after the types of groups were edited', async () => {
    const { emulator, clock, directory } = await settled();
    const narrow = okta(configFor(emulator, { groupTypes: ['OKTA_GROUP'] }), {
      ...{ source: 'corp', folder: '', clock, env: {} },
      log: { debug: () => undefined, warn: () => undefined },
    });
    await directory.run(narrow, 'corp', request);
    await narrow.close();
    expect(modes(directory)).toEqual(['full', 'full']);
    expect(directory.rows('SELECT name FROM v1_groups ORDER BY 1')).toEqual([{ name: 'Empty' }, { name: 'Staff' }]);
    directory[Symbol.dispose]();
  });
});

describe('a role that sees less than before', () => {
  const narrow = ({ emulator }: Pick<OktaWorld, 'emulator'>) => {
    emulator.app.role = 'USER_ADMIN';
    emulator.app.groups = new Set([emulator.org.group('Staff').id]);
  };

  test('fails an incremental pass, and changes nothing', async () => {
    const { emulator, run, directory } = await settled();
    const shown = state(directory);
    narrow({ emulator });
    expect(await run()).toMatchObject({ outcome: 'failed', code: 'permission' });
    expect(directory.rows('SELECT message FROM v1_runs ORDER BY id DESC LIMIT 1')).toEqual([
      { message: expect.stringContaining('does not list the group Everyone any more') },
    ]);
    expect(state(directory)).toEqual(shown);
    directory[Symbol.dispose]();
  });

  test.each([
    [403, ['OKTA_GROUP', 'APP_GROUP', 'BUILT_IN']],
    [404, ['OKTA_GROUP', 'APP_GROUP', 'BUILT_IN']],
    [404, ['OKTA_GROUP', 'APP_GROUP']],
  ] as const)('fails a full pass that nobody asked for (%d, %j)', async (hidden, groupTypes) => {
    using directory = new Directory();
    const { emulator, connector } = await oktaWorld({ config: { groupTypes: [...groupTypes] } });
    populate(emulator);
    // Each pass is a full one, because the day is over.
    const daily = { source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 1 } };
    await directory.run(connector, 'corp', daily);
    const shown = state(directory);
    emulator.settings.hidden = hidden;
    narrow({ emulator });
    expect(await directory.run(connector, 'corp', daily)).toMatchObject({ outcome: 'failed', code: 'permission' });
    expect(state(directory)).toEqual(shown);
    expect(modes(directory)).toEqual(['full', 'full']);
  });

  test('removes nobody in a full pass: what is not shown is looked up, and a 403 says nothing', async () => {
    const { emulator, connector, directory, logged } = await settled();
    const shown = state(directory).slice(0, 3);
    narrow({ emulator });
    const result = await directory.run(connector, 'corp', { ...request, full: true });
    expect(result.problems).toBeGreaterThan(0);
    expect(state(directory).slice(0, 3)).toEqual(shown);
    expect(logged.join()).toContain('does not see the whole org');
    directory[Symbol.dispose]();
  });
});

test('who changes while everybody is listed stands in the catch-up query', async () => {
  using directory = new Directory();
  const { connector, emulator } = await oktaWorld({ throttle: false });
  const { org, faults } = emulator;
  for (let at = 0; at < 450; at++) org.addUser({ login: `user.${at}@acme.example` });
  // On a page that was read already.
  faults.when(
    { path: /\/api\/v1\/users$/, nth: 3 },
    before(() => {
      org.editProfile(org.user('user.1@acme.example'), { title: 'Pilot' });
      org.addUser({ login: 'late@acme.example' });
    }),
  );
  await directory.run(connector, 'corp', request);
  expect(directory.rows("SELECT user_name FROM v1_users WHERE title = 'Pilot' OR user_name LIKE 'late%'")).toHaveLength(
    2,
  );
});
