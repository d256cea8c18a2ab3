import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connector } from '../../connectors/connector.ts';
import type { PassRequest } from '../../src/model/pass.ts';
import type { Item, Listing } from '../../src/model/snapshot.ts';
import { contested } from './arbitrary.ts';
import {
  type Answers,
  connectorTo,
  Directory,
  group,
  type RulesSketch,
  rulesOf,
  SOURCE,
  type Tenant,
  user,
} from './kit.ts';
import { state } from './same.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };
const DAY = 86_400_000;

type Told = Connector & { asked: string[] };

/** A connector to the last of several states of a tenant, which can tell what changed since each of the others. */
function teller(history: readonly Tenant[], answers: Answers = {}, expired = false): Told {
  const now = history.at(-1) ?? { users: {} };
  const base = connectorTo(now, answers);
  const asked: string[] = [];
  const cursor = String(history.length - 1);
  const withCursor = (listing: Listing): Listing => ({ ...listing, end: () => ({ ...listing.end(), cursor }) });
  return {
    ...base,
    asked,
    snapshot: (want, signal) => {
      asked.push('full');
      return withCursor(base.snapshot(want, signal));
    },
    async changes(since, want, signal) {
      asked.push(`changes ${since}`);
      if (expired) return 'expired';
      const before = history[Number(since)] ?? { users: {} };
      const items: Item[] = [];
      for await (const batch of base.snapshot(want, signal).items) items.push(...batch);
      return withCursor({
        absence: 'unchanged',
        items: (async function* () {
          yield changesBetween(before, now, items, want.users);
        })(),
        end: () => ({ counts: { users: { listed: 0, expected: null }, groups: { listed: 0, expected: null } } }),
      });
    },
  };
}

const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);

function changesBetween(before: Tenant, now: Tenant, all: readonly Item[], want: readonly string[]): Item[] {
  const items: Item[] = [];
  for (const id of new Set([...Object.keys(before.users), ...Object.keys(now.users)])) {
    const [was, is] = [before.users[id], now.users[id]];
    if (!is) items.push({ goneUser: id });
    else if (!was || differs(user(id, was), user(id, is))) items.push({ user: user(id, is, want) });
  }
  for (const id of new Set([...Object.keys(before.groups ?? {}), ...Object.keys(now.groups ?? {})])) {
    const [was, is] = [before.groups?.[id], now.groups?.[id]];
    if (!is) items.push({ gone: id });
    else if (!was || differs(was, is)) {
      items.push({ group: group(id, is) });
      items.push(
        ...all.filter(
          (item) => ('membersOf' in item && item.membersOf === id) || ('unread' in item && item.unread === id),
        ),
      );
    }
  }
  return items;
}

const request = (rules: RulesSketch = {}, more: Partial<PassRequest['source']> = {}): Partial<PassRequest> => ({
  source: { ...SOURCE, limits: {}, fullEvery: 365 * DAY, rules: rulesOf(rules), ...more },
});

const mirror = (directory: Directory) => [
  directory.rows('SELECT n.ext, m.state, m.record FROM mirror_users m JOIN nodes n ON n.id = m.node ORDER BY n.ext'),
  directory
    .rows<{ ext: string; members: Buffer; record: string; everyone: number }>(
      'SELECT n.ext, m.state, m.record, m.members, m.everyone FROM mirror_groups m JOIN nodes n ON n.id = m.node ORDER BY n.ext',
    )
    .map(({ members, ...row }) => ({ ...row, members: members.length })),
];

const rules = fc.constantFrom<RulesSketch>(
  {},
  { where: 'user.memberOf("g0-name") || user.department == "x"' },
  { groups: { name: 'group.name.left(1)' }, onConflict: 'unite' },
);

const MEMBERS = `SELECT u.user_name AS name FROM v1_memberships m JOIN v1_users u ON u.id = m.user_id
  JOIN v1_groups g ON g.id = m.group_id WHERE g.name = 'outer' ORDER BY 1`;

describe('an incremental pass', () => {
  test('leaves exactly the mirror and the directory that a full one would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(contested, { minLength: 2, maxLength: 5 }), rules, async (history, sketch) => {
        using changes = new Directory();
        using full = new Directory();
        for (let at = 1; at <= history.length; at++) {
          const told = teller(history.slice(0, at));
          await changes.run(told, 'corp', request(sketch));
          // Whoever comes back makes it a full one.
          if (at > 1) expect([`changes ${at - 2}`, `changes ${at - 2}, full`]).toContain(told.asked.join(', '));
          await full.run(teller(history.slice(0, at)), 'corp', { ...request(sketch), full: true });
          expect(mirror(changes)).toEqual(mirror(full));
          expect(state(changes)).toEqual(state(full));
        }
      }),
      RUNS,
    );
  });

  const a: Tenant = { users: { u1: {}, u2: {}, u3: {} }, groups: { g: { members: ['u1', 'u2', 'u3'] } } };
  const b: Tenant = { users: { u1: {}, u2: { title: 'x' }, u4: {} }, groups: { g: { members: ['u1', 'u4'] } } };

  test('is told as one, and the full one comes after `fullEvery`, an expired cursor, another want and --full', async () => {
    using directory = new Directory();
    const ways: string[] = [];
    const pass = async (history: Tenant[], more: Partial<PassRequest> = request(), expired = false) => {
      const told = teller(history, {}, expired);
      expect((await directory.run(told, 'corp', more)).outcome).toMatch(/ok|unchanged/);
      ways.push(told.asked.join(', '));
    };
    await pass([a]);
    await pass([a, b]);
    await pass([a, b, b], { ...request(), full: true });
    await pass([a, b, b, b], request({}, { fullEvery: 1 }));
    await pass([a, b, b, b, a]);
    await pass([a, b, b, b, a, a], request(), true);
    await pass([a, b, b, b, a, a, b], request({ where: 'user.attributes["x"] == null' }));
    await pass([a, b, b, b, a, a, b, b], request({ where: 'user.attributes["x"] == null' }));
    // In the fifth, u3 comes back.
    const ways5 = ['full', 'changes 0', 'full', 'full', 'changes 3, full'];
    expect(ways).toEqual([...ways5, 'changes 4, full', 'full', 'changes 6']);
    expect(directory.rows<{ mode: string }>('SELECT mode FROM v1_runs ORDER BY id').map(({ mode }) => mode)).toEqual([
      'full',
      'changes',
      'full',
      'full',
      'full',
      'full',
      'full',
      'changes',
    ]);
  });

  test.each([{}, { where: 'user.memberOf("outer") || user.userName == "u2"' }])(
    'a nested group that goes takes its members along, though the list of the outer one stays: %o',
    async (rules) => {
      using directory = new Directory();
      const outer = { name: 'outer', members: ['@inner', 'u2'] };
      const users = { u1: {}, u2: {} };
      await directory.run(teller([{ users, groups: { outer, inner: { members: ['u1'] } } }]), 'corp', request(rules));
      const who = () => directory.rows<{ name: string }>(MEMBERS).map(({ name }) => name);
      expect(who()).toEqual(['u1', 'u2']);
      await directory.run(
        teller([
          { users, groups: { outer, inner: { members: ['u1'] } } },
          { users, groups: { outer } },
        ]),
        'corp',
        request(rules),
      );
      expect(who()).toEqual(['u2']);
      const active = directory.rows('SELECT count(*) AS n FROM v1_users WHERE active = 1');
      expect(active).toEqual([{ n: rules.where ? 1 : 2 }]);
    },
  );

  test('a provider without cursors, and a source without `fullEvery`, are listed in full', async () => {
    using directory = new Directory();
    for (const more of [request({}, {}), { source: { ...SOURCE, limits: {} } }]) {
      const told = teller([a]);
      await directory.run(told, 'corp', more);
      expect(told.asked).toEqual(['full']);
    }
    expect((await directory.pass(a)).outcome).toBe('unchanged');
  });

  test('somebody who is unclear stays, as a problem, and is read by id in the next pass', async () => {
    using directory = new Directory();
    await directory.run(teller([a]), 'corp', request());
    const unclear: Connector = {
      ...teller([a, a]),
      changes: async () => ({
        absence: 'unchanged',
        items: (async function* () {
          yield [
            { unclear: 'u1', of: 'user' as const, why: 'HTTP 503' },
            { unclear: 'g', of: 'group' as const, why: 'HTTP 503' },
          ];
        })(),
        end: () => ({
          counts: { users: { listed: 0, expected: null }, groups: { listed: 0, expected: null } },
          cursor: '1',
        }),
      }),
    };
    expect(await directory.run(unclear, 'corp', request())).toMatchObject({ outcome: 'unchanged', problems: 2 });
    expect(directory.rows('SELECT kind FROM v1_problems ORDER BY 1')).toEqual([
      { kind: 'group-unknown' },
      { kind: 'user-unknown' },
    ]);
    const told = teller([a, a, a]);
    expect(await directory.run(told, 'corp', request())).toMatchObject({ outcome: 'unchanged', problems: 0 });
    expect(told.asked).toEqual(['changes 1']);
  });

  test('whoever cannot be read stays, pass after pass, with `confirmMissing: false` too', async () => {
    using directory = new Directory();
    const trusting = request({}, { confirmMissing: false });
    await directory.run(teller([a]), 'corp', trusting);
    for (let pass = 0; pass < 3; pass++) {
      const base = teller([a, a], { unknown: new Set(['u1']) });
      const items = async function* () {
        yield pass === 0 ? [{ unclear: 'u1', of: 'user' as const, why: 'HTTP 503' }] : [];
      };
      const end = () => ({
        counts: { users: { listed: 0, expected: null }, groups: { listed: 0, expected: null } },
        cursor: '1',
      });
      const connector: Connector = { ...base, changes: async () => ({ absence: 'unchanged', items: items(), end }) };
      expect(await directory.run(connector, 'corp', trusting)).toMatchObject({ outcome: 'unchanged', problems: 1 });
    }
    expect(directory.rows('SELECT count(*) AS n FROM v1_users WHERE active = 1')).toEqual([{ n: 3 }]);
  });

  test('a plan that waits, or somebody missing, makes the next pass a full one', async () => {
    using directory = new Directory();
    const many: Tenant = { users: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`u${at}`, {}])) };
    const limited = request({}, { limits: SOURCE.limits });
    await directory.run(teller([many]), 'corp', limited);
    const half: Tenant = { users: Object.fromEntries(Object.entries(many.users).slice(0, 20)) };
    expect((await directory.run(teller([many, half]), 'corp', limited)).outcome).toBe('blocked');
    const told = teller([many, half, many]);
    expect((await directory.run(told, 'corp', limited)).outcome).toBe('unchanged');
    expect(told.asked).toEqual(['full']);
  });
});
