import { describe, expect, test } from 'vitest';
import type { LimitKey, Limits } from '../../src/model/limits.ts';
import { edited, Guarded, grouped, ids, people, stoppedBy, without } from './guarding.ts';
import { shown, type Tenant } from './kit.ts';

const EMPTY = Array.from({ length: 49 }, (_, at) => `g${at}`);

/** 100 people, all of them in one of 50 groups. */
const company = (): Tenant =>
  grouped(people(1, 100), { all: ids(1, 100), ...Object.fromEntries(EMPTY.map((name) => [name, []])) });

/** What each key counts, and how to do it so many times. */
const KINDS: readonly [what: string, key: LimitKey, base: number, act: (tenant: Tenant, times: number) => Tenant][] = [
  ['accounts that go', 'deactivate', 100, (tenant, n) => without(tenant, ids(1, n))],
  ['accounts that are disabled', 'disable', 100, (tenant, n) => edited(tenant, ids(1, n), { active: false })],
  [
    'groups that go',
    'removeGroups',
    50,
    ({ users, groups }, n) => {
      const left = Object.entries(groups ?? {}).filter(([name]) => !EMPTY.slice(0, n).includes(name));
      return { users, groups: Object.fromEntries(left) };
    },
  ],
  [
    'memberships that go',
    'removeMembers',
    100,
    (tenant, n) => ({ ...tenant, groups: { ...tenant.groups, all: { members: ids(n + 1, 100) } } }),
  ],
  [
    'user names that change',
    'rename',
    100,
    ({ users, groups }, n) => ({
      users: { ...users, ...people(1, n, (one) => ({ userName: `new${one}` })).users },
      groups: groups ?? {},
    }),
  ],
  [
    'group names that change',
    'rename',
    50,
    ({ users, groups }, n) => {
      const renamed = EMPTY.slice(0, n).map((name) => [name, { name: `new ${name}`, members: [] }]);
      return { users, groups: { ...groups, ...Object.fromEntries(renamed) } };
    },
  ],
  [
    'accounts that come',
    'create',
    100,
    ({ users, groups }, n) => ({ users: { ...users, ...people(101, 100 + n).users }, groups: groups ?? {} }),
  ],
  [
    'memberships that come',
    'addMembers',
    100,
    ({ users, groups }, n) => ({ users, groups: { ...groups, g0: { members: ids(1, n) } } }),
  ],
];

describe.each(KINDS)('%s', (_, key, base, act) => {
  test('a share lets so many through and stops one more', async () => {
    using directory = await imported({ [key]: { share: 0.2 } });
    const before = shown(directory);
    const result = await directory.sync(act(company(), base / 5 + 1));
    expect(result.outcome).toBe('blocked');
    expect(new Set(stoppedBy(result))).toEqual(new Set([key]));
    expect(shown(directory)).toEqual(before);
    expect(await directory.sync(act(company(), base / 5))).toMatchObject({ outcome: 'ok', blocked: null });
    expect(shown(directory)).not.toEqual(before);
  });

  test('a count is for 24 hours: nothing trickles, and a blocked plan does not wait them out', async () => {
    using directory = await imported({ [key]: { count: 7 } });
    expect((await directory.sync(act(company(), 4))).outcome).toBe('ok');
    expect((await directory.sync(act(company(), 7))).outcome).toBe('ok');
    expect((await directory.sync(act(company(), 8))).outcome).toBe('blocked');
    await directory.later(25);
    expect((await directory.sync(act(company(), 8))).outcome).toBe('blocked');
    expect((await directory.sync(act(company(), 7))).outcome).toBe('unchanged');
    expect((await directory.sync(act(company(), 14))).outcome).toBe('ok');
  });
});

test('without a key nothing is stopped by it', async () => {
  using directory = await imported({ rename: { count: 0 } });
  const { users } = without(company(), ids(1, 90));
  expect((await directory.sync({ users, groups: {} })).outcome).toBe('ok');
});

/** The company, its first import let through whatever the limits say. */
async function imported(limits: Limits): Promise<Guarded> {
  const directory = new Guarded({});
  await directory.sync(company());
  directory.limits = limits;
  return directory;
}
