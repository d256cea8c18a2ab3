import { describe, expect, test } from 'vitest';
import { membersOf } from '../../../connectors/azure-ad/members.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { graphFailure } from '../../emulators/azure-ad/failures.ts';
import { after, type Behaviour } from '../../emulators/faults.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { type EntraWorld, entraWorld, populate } from './world.ts';

const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'azure-ad', limits: {}, fullEvery: 365 * 86_400_000 },
};
const HOUR = 3_600_000;
const always = { times: Number.POSITIVE_INFINITY };
const modes = (directory: Directory) =>
  directory.rows<{ mode: string }>('SELECT mode FROM v1_runs ORDER BY id').map(({ mode }) => mode);
const accounts = (directory: Directory) => directory.rows('SELECT 1 FROM v1_users').length;
const placesIn = (directory: Directory, group: string) =>
  directory.rows('SELECT 1 FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id WHERE g.name = ?', group).length;

const people = ({ emulator: { tenant } }: EntraWorld, count: number) =>
  Array.from({ length: count }, (_, at) => tenant.addUser({ userPrincipalName: `person.${at}@contoso.example` }));

/** Shows the rows of the page that was kept on another, with its own link: rows repeated, and rows missing. */
function repeated(): { keep: Behaviour; show: Behaviour } {
  let kept: unknown[] = [];
  return {
    keep: async (_, answer) => {
      const reply = await answer();
      kept = JSON.parse(String(reply.body)).value;
      return reply;
    },
    show: async (_, answer) => {
      const reply = await answer();
      const body = JSON.parse(String(reply.body));
      return { ...reply, body: JSON.stringify({ ...body, value: kept.slice(0, body.value.length) }) };
    },
  };
}

describe('pages that repeat rows hide rows that are missing', () => {
  async function large() {
    const world = await entraWorld();
    const group = world.emulator.tenant.addGroup({ displayName: 'Large' });
    world.emulator.tenant.addGroup({ displayName: 'Other' });
    for (const user of people(world, 2500)) world.emulator.tenant.join(user, group);
    return { ...world, group };
  }

  test.each([
    ['once: the list of members is read anew', 1, 0, 2500],
    ['twice: the members stay as they were, and it is a problem', 2, 1, 2500],
  ])('%s', async (_, times, problems, places) => {
    const { connector, emulator, clock, group } = await large();
    using directory = new Directory();
    await directory.run(connector, 'corp', request);
    expect(placesIn(directory, 'Large')).toBe(2500);
    clock.advance(HOUR);
    const { keep, show } = repeated();
    for (let at = 0; at < times; at++) {
      emulator.parts.when({ path: `${group.id}/members`, nth: 2 + 3 * at }, keep);
      emulator.parts.when({ path: `${group.id}/members`, nth: 3 + 3 * at }, show);
    }
    const full = await directory.run(connector, 'corp', { ...request, full: true });
    expect([full.outcome, full.problems]).toEqual(['unchanged', problems]);
    expect(placesIn(directory, 'Large')).toBe(places);
  });

  test.each([
    ['once: the users are listed anew', 1, 'ok', 300],
    ['twice: nothing is taken', 2, 'failed', 0],
  ])('%s', async (_, times, outcome, count) => {
    const world = await entraWorld();
    people(world, 300);
    using directory = new Directory();
    const { keep, show } = repeated();
    for (let at = 0; at < times; at++) {
      world.emulator.faults.when({ path: /\/users$/, nth: 2 + 3 * at }, keep);
      world.emulator.faults.when({ path: /\/users$/, nth: 3 + 3 * at }, show);
    }
    const first = await directory.run(world.connector, 'corp', request);
    expect(first.outcome).toBe(outcome);
    if (outcome === 'failed') expect(first.message).toMatch(/Graph listed 200 users and counts 300, twice/);
    expect(accounts(directory)).toBe(count);
  });
});

describe('hidden membership', () => {
  test.each(['HiddenMembership', 'Hiddenmembership'])(
    'written %s: without the permission nobody leaves',
    async (visibility) => {
      const world = await entraWorld({
        permissions: ['User.Read.All', 'GroupMember.Read.All', 'Member.Read.Hidden'],
      });
      const { tenant, app } = world.emulator;
      const group = tenant.addGroup({ displayName: 'Secret', type: 'microsoft365', visibility });
      for (const user of people(world, 9)) tenant.join(user, group);
      using directory = new Directory();
      await directory.run(world.connector, 'corp', request);
      expect(placesIn(directory, 'Secret')).toBe(9);
      world.clock.advance(HOUR);
      app.permissions.delete('Member.Read.Hidden');
      const full = await directory.run(world.connector, 'corp', { ...request, full: true });
      expect([full.outcome, full.problems, placesIn(directory, 'Secret')]).toEqual(['unchanged', 1, 9]);
    },
  );

  test.each([
    [false, 'the application lacks the permission Member.Read.Hidden'],
    [null, 'it is not known whether the application has the permission Member.Read.Hidden'],
  ])('where the token says %s of the permission', (held, says) => {
    const graph = {
      pageIn: (body: unknown) => ({ rows: body, next: null, rest: {} }),
      holds: () => held,
    } as unknown as Parameters<typeof membersOf>[0];
    const { results } = membersOf(graph, { id: 'h', hidden: true }).good([]);
    expect(results).toEqual([{ group: 'h', unread: expect.stringContaining(says), denied: false }]);
  });

  test('250 such groups make a pass in between of six batches more, before and after an edit of all', async () => {
    const world = await entraWorld();
    populate(world.emulator);
    const { tenant } = world.emulator;
    const hidden = Array.from({ length: 250 }, (_, at) =>
      tenant.addGroup({ displayName: `Hidden ${at}`, type: 'microsoft365', visibility: 'HiddenMembership' }),
    );
    using directory = new Directory();
    let made = (await directory.run(world.connector, 'corp', request)).requests;
    const quiet = async () => {
      world.clock.advance(HOUR);
      const { requests } = await directory.run(world.connector, 'corp', request);
      const own = requests - made;
      made = requests;
      return own;
    };
    expect(await quiet()).toBe(3 + 6);
    for (const group of hidden) tenant.editGroup(group, { description: 'edited' });
    // What changed is read by id in this pass, and once more in the next.
    await quiet();
    await quiet();
    expect(await quiet()).toBe(3 + 6);
  });
});

describe('a list of changes', () => {
  const endless =
    ({ emulator }: EntraWorld): Behaviour =>
    async () => {
      pages += 1;
      const next = `${emulator.graphUrl}/v1.0/groups/delta?$skiptoken=t${pages}`;
      const body = JSON.stringify({ value: [{ id: 'the same' }], '@odata.nextLink': next });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    };
  let pages = 0;

  test('that never ends is as one that Graph does not know any more: every pass reads everything', async () => {
    const world = await entraWorld();
    populate(world.emulator);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    pages = 0;
    world.emulator.faults.when({ path: '/groups/delta', ...always }, endless(world));
    for (let at = 0; at < 2; at++) {
      world.clock.advance(HOUR);
      expect((await directory.run(world.connector, 'corp', request)).outcome).toBe('unchanged');
    }
    expect(modes(directory)).toEqual(['full', 'full', 'full']);
    expect(pages).toBeLessThan(3000);
    expect(world.logged.join()).toContain('Graph does not know any more what changed while it was listed');
  }, 60_000);

  test('that has one group on 300 pages is read to its end', async () => {
    const world = await entraWorld({ deltaMembers: 1, deltaPageSize: 1 });
    const { tenant } = world.emulator;
    const group = tenant.addGroup({ displayName: 'Large' });
    const users = people(world, 300);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    world.clock.advance(HOUR);
    for (const user of users) tenant.join(user, group);
    await directory.run(world.connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'changes']);
    expect(placesIn(directory, 'Large')).toBe(300);
  }, 60_000);

  test('of 2,100 edits while everything is listed is not read by id in the next pass', async () => {
    const world = await entraWorld({ config: { managers: false } });
    const { tenant } = world.emulator;
    people(world, 2100);
    const edit = () => {
      for (const user of tenant.users()) tenant.editUser(user, { jobTitle: 'Pilot' });
    };
    world.emulator.faults.when({ path: '$batch', nth: 1 }, after(edit));
    using directory = new Directory();
    const first = await directory.run(world.connector, 'corp', request);
    world.clock.advance(HOUR);
    const next = await directory.run(world.connector, 'corp', request);
    expect(modes(directory)).toEqual(['full', 'full']);
    expect(next.requests - first.requests).toBeLessThan(25);
    expect(directory.rows("SELECT 1 FROM v1_users WHERE title = 'Pilot'")).toHaveLength(2100);
  }, 60_000);
});

test.each([
  ['users', 2000, false],
  ['users', 2001, true],
  ['groups', 2001, true],
] as const)(
  'a cursor after which %s are to be read again, %i of them: everything is listed %s',
  async (kind, count, all) => {
    const { connector, emulator } = await entraWorld();
    populate(emulator);
    using directory = new Directory();
    await directory.run(connector, 'corp', request);
    const cursor = JSON.parse(String(directory.rows<{ cursor: string }>('SELECT cursor FROM sources')[0]?.cursor));
    const again = { users: [], groups: [], [kind]: Array.from({ length: count }, (_, at) => `id ${at}`) };
    const signal = new AbortController().signal;
    const before = connector.requests();
    const listing = await connector.changes?.(JSON.stringify({ ...cursor, again }), { users: [], groups: [] }, signal);
    expect([listing === 'expired', connector.requests() - before === 0]).toEqual([all, all]);
  },
);

test('a part that is throttled with a number in place of a text waits as long', async () => {
  const world = await entraWorld();
  populate(world.emulator);
  const { emulator, clock } = world;
  emulator.parts.when({ path: '/members' }, graphFailure(429, 120));
  emulator.faults.when({ path: '$batch', ...always }, async (_, answer) => {
    const reply = await answer();
    const body = String(reply.body).replace(/"retry-after":"(\d+)"/gi, '"Retry-After":$1');
    return { ...reply, body };
  });
  using directory = new Directory();
  const before = clock.now();
  expect((await directory.run(world.connector, 'corp', request)).outcome).toBe('ok');
  expect(clock.now() - before).toBeGreaterThanOrEqual(120_000);
});
