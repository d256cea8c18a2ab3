import { describe, expect, test } from 'vitest';
import { edited, Guarded, grouped, id, ids, people, stoppedBy, without } from './guarding.ts';
import { shown, type Tenant } from './kit.ts';

describe('zero after non-zero is always stopped, whatever the limits', () => {
  const generous = {
    deactivate: { count: 1000 },
    disable: { share: 1 },
    removeGroups: { count: 9 },
    removeMembers: { share: 1 },
  };
  const few = grouped(people(1, 3), { g: ids(1, 2) });

  test.each<[string, Tenant, string]>([
    ['accounts that are gone', { users: {}, groups: {} }, 'deactivate'],
    ['accounts that are disabled', edited(few, ids(1, 3), { active: false }), 'disable'],
    ['groups', { users: few.users, groups: {} }, 'removeGroups'],
    ['memberships', grouped(few, { g: [] }), 'removeMembers'],
  ])('%s', async (_, later, key) => {
    using directory = new Guarded(generous);
    await directory.sync(few);
    const before = shown(directory);
    const result = await directory.sync(later);
    expect(result.outcome).toBe('blocked');
    expect(stoppedBy(result)).toContain(key);
    expect(result.blocked?.limits.join()).toContain('always stopped');
    expect(shown(directory)).toEqual(before);
  });

  test.each<[string, Tenant, string]>([
    ['the one user of a source is gone', { users: {} }, 'deactivate'],
    ['the one user of a source is disabled', people(1, 1, { active: false }), 'disable'],
  ])('%s', async (_, later, key) => {
    using directory = new Guarded();
    await directory.sync(people(1, 1));
    expect(stoppedBy(await directory.sync(later))).toContain(key);
    expect(directory.active()).toEqual(['u001']);
    expect((await directory.approve(later)).outcome).toBe('ok');
    expect(directory.active()).toEqual([]);
    expect((await directory.sync(later)).outcome).toBe('unchanged');
  });

  test('the one user of a source may be renamed', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 1));
    expect((await directory.sync(people(1, 1, { userName: 'new' }))).outcome).toBe('ok');
  });

  test('some gone and the rest disabled is nobody left', async () => {
    using directory = new Guarded(generous);
    await directory.sync(people(1, 10));
    const result = await directory.sync(edited(people(6, 10), ids(6, 10), { active: false }));
    expect(new Set(stoppedBy(result))).toEqual(new Set(['deactivate', 'disable']));
    expect(directory.active()).toHaveLength(10);
  });

  test('all of them are gone and as many others are there: still stopped', async () => {
    using directory = new Guarded({ deactivate: { share: 1 } });
    await directory.sync(people(1, 10));
    expect((await directory.sync(people(11, 20))).outcome).toBe('blocked');
    expect(directory.active()).toEqual(ids(1, 10));
  });
});

describe('a snapshot that shrank', () => {
  const half = (from: number) => people(from, 40, (n) => ({ active: n > 20 }));

  test('is stopped although those who vanished never had an account', async () => {
    using directory = new Guarded();
    await directory.sync(half(1));
    expect(directory.active()).toEqual(ids(21, 40));
    const result = await directory.sync(half(16));
    expect(result.outcome).toBe('blocked');
    expect(result.blocked?.removals).toEqual([]);
    expect((await directory.sync(half(1))).outcome).toBe('unchanged');
    expect((await directory.sync(half(5))).outcome).toBe('unchanged');
  });

  test('and whoever came since does not make up for it', async () => {
    using directory = new Guarded();
    await directory.sync(half(1));
    const { users } = half(16);
    expect((await directory.sync({ users: { ...users, ...people(50, 80).users } })).outcome).toBe('blocked');
  });

  test('a leaver who was long inactive is in it, too', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 60));
    await directory.later(25);
    await directory.sync(edited(people(1, 60), ids(1, 12), { active: false }));
    await directory.later(25);
    expect((await directory.sync(people(13, 60))).outcome).toBe('blocked');
    expect(directory.rows("SELECT count(*) AS n FROM v1_users WHERE inactive_reason = 'missing'")).toEqual([{ n: 0 }]);
  });

  test('direct memberships of people without accounts', async () => {
    using directory = new Guarded();
    const tenant = (to: number) => grouped(half(1), { g: [...ids(1, to), ...ids(21, 25)], h: ids(26, 40) });
    await directory.sync(tenant(20));
    expect(stoppedBy(await directory.sync(tenant(2)))).toEqual(['removeMembers']);
  });

  test('memberships of those who leave are no second alarm', async () => {
    using directory = new Guarded();
    const busy = grouped(people(1, 12), Object.fromEntries(ids(1, 8).map((name) => [name, ids(1, 2)])));
    const tenant = { ...busy, groups: { ...busy.groups, all: { members: ids(1, 12) } } };
    await directory.sync(tenant);
    // Two of twelve people, who are in 18 of 28 places.
    expect((await directory.sync(without(tenant, ids(1, 2)))).outcome).toBe('ok');
  });

  test('and a count looks at what the directory loses only', async () => {
    using directory = new Guarded({ removeMembers: { count: 3 } });
    const tenant = (to: number) => grouped(half(1), { g: [...ids(1, to), ...ids(21, 25)] });
    await directory.sync(tenant(20));
    expect((await directory.sync(tenant(2))).outcome).toBe('unchanged');
  });
});

describe('another tenant', () => {
  const ours = grouped(people(1, 30), { g: ids(1, 30) });
  const theirs = grouped(
    people(101, 130, (n) => ({ userName: id(n - 100) })),
    { h: ids(101, 130) },
  );
  const others = grouped(people(201, 230), { h: ids(201, 230) });

  test.each([
    [
      'however generous the limits',
      { deactivate: { share: 1 }, removeGroups: { share: 1 }, removeMembers: { share: 1 } },
    ],
    ['with the defaults', undefined],
  ])('is stopped in every pass until it is approved, %s', async (_, limits) => {
    using directory = new Guarded(limits);
    await directory.sync(ours);
    const before = shown(directory);
    for (let pass = 0; pass < 2; pass++) {
      const result = await directory.sync(others);
      expect(result.outcome).toBe('blocked');
      expect(result.blocked?.causes[0]).toMatch(/another tenant/);
      expect(shown(directory)).toEqual(before);
      await directory.later(30);
    }
    expect((await directory.approve(others)).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(201, 230));
    expect((await directory.sync(others)).outcome).toBe('unchanged');
  });

  test('whose people have the same names: no account is taken over, and one approval is enough', async () => {
    using directory = new Guarded();
    await directory.sync(ours);
    await directory.sync(theirs);
    expect(await directory.approve(theirs)).toMatchObject({ outcome: 'ok', problems: 30 });
    expect(directory.active()).toEqual([]);
    expect(await directory.sync(theirs)).toMatchObject({ outcome: 'unchanged', blocked: null, problems: 30 });
  });

  test('the right one again: nothing to approve', async () => {
    using directory = new Guarded();
    await directory.sync(ours);
    const before = shown(directory);
    await directory.sync(others);
    expect(await directory.sync(ours)).toMatchObject({ outcome: 'unchanged', blocked: null });
    expect(directory.lookedUp).toEqual([]);
    expect(shown(directory)).toEqual(before);
    expect((await directory.sync(ours)).outcome).toBe('unchanged');
    // Whom the wrong one showed are no losses of the right one.
    expect((await directory.sync(without(ours, ids(1, 3)))).outcome).toBe('ok');
  });
});
