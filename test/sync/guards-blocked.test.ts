import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tenant } from './arbitrary.ts';
import { edited, Guarded, grouped, ids, people, stoppedBy, without } from './guarding.ts';
import { shown } from './kit.ts';

const company = grouped(people(1, 40), { all: ids(1, 40), some: ids(21, 30) });

describe('a blocked plan', () => {
  test('is blocked again by every pass, with the same id, and says so', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const before = shown(directory);
    const first = await directory.sync(without(company, ids(1, 20)));
    expect(first).toMatchObject({ outcome: 'blocked', blocked: { again: false } });
    for (let pass = 0; pass < 3; pass++) {
      const again = await directory.sync(without(company, ids(1, 20)));
      expect(again).toMatchObject({ outcome: 'blocked', blocked: { id: first.blocked?.id, again: true } });
      await directory.later(30);
    }
    expect(shown(directory)).toEqual(before);
    expect(directory.rows('SELECT state, blocked_plan FROM v1_sources')).toEqual([
      { state: 'blocked', blocked_plan: first.blocked?.id },
    ]);
  });

  test('keeps its id while it takes no more, and gets another one when it does', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const plan = async (gone: number) => (await directory.sync(without(company, ids(1, gone)))).blocked?.id;
    const first = await plan(20);
    expect(await plan(15)).toBe(first);
    expect(await plan(20)).toBe(first);
    const second = await plan(21);
    expect(second).not.toBe(first);
    expect(await plan(20)).toBe(second);
  });

  test('stays when passes fail meanwhile', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const first = await directory.sync(without(company, ids(1, 20)));
    expect((await directory.sync(company, { cutAfter: 1, batch: 1 })).outcome).toBe('failed');
    expect(directory.rows('SELECT blocked_plan FROM v1_sources')).toEqual([{ blocked_plan: first.blocked?.id }]);
    expect((await directory.sync(without(company, ids(1, 20)))).blocked).toMatchObject({
      id: first.blocked?.id,
      again: true,
    });
  });

  test('unblocks itself once the provider is whole again', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const before = shown(directory);
    await directory.sync(without(company, ids(1, 20)));
    expect(await directory.sync(company)).toMatchObject({ outcome: 'unchanged', blocked: null });
    expect(shown(directory)).toEqual(before);
    expect(directory.rows('SELECT state, blocked_plan FROM v1_sources')).toEqual([{ state: 'ok', blocked_plan: null }]);
  });

  test('lets go whoever is few enough once the rest is back, each of them looked up', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    await directory.sync(without(company, ids(1, 20)));
    expect(directory.lookedUp).toEqual([]);
    expect(await directory.sync(without(company, ids(1, 3)))).toMatchObject({ outcome: 'ok', blocked: null });
    expect(directory.lookedUp).toEqual(ids(1, 3));
    expect(directory.active()).toEqual(ids(4, 40));
  });

  test('is of one source: another one goes on, and may be blocked with a plan of its own', async () => {
    using directory = new Guarded();
    const others = people(101, 140);
    await directory.sync(company);
    await directory.sync(others, {}, 'staff');
    const corp = await directory.sync(without(company, ids(1, 20)));
    expect((await directory.sync(without(others, ids(101, 102)), {}, 'staff')).outcome).toBe('ok');
    const staff = await directory.sync(without(others, ids(101, 120)), {}, 'staff');
    expect(staff.blocked?.id).not.toBe(corp.blocked?.id);
    expect(await directory.approve(others, {}, corp.blocked?.id, 'staff')).toMatchObject({ code: 'approval' });
    expect((await directory.approve(without(company, ids(1, 20)), {}, corp.blocked?.id)).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(21, 40));
    expect(directory.active('staff')).toEqual(ids(103, 140));
    expect(directory.rows('SELECT name, blocked_plan FROM v1_sources ORDER BY 1')).toEqual([
      { name: 'corp', blocked_plan: null },
      { name: 'staff', blocked_plan: staff.blocked?.id },
    ]);
  });
});

describe('only what the provider states outright is applied meanwhile', () => {
  const half = without(company, ids(1, 20));

  test('disabled people are deactivated, and keep their memberships, hidden', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const result = await directory.sync(
      edited(edited(half, ['u030', 'u031'], { active: false }), ['u032'], { title: 'Boss' }),
    );
    expect(result).toMatchObject({ outcome: 'blocked', blocked: { disabled: 2 } });
    expect(directory.active()).toEqual(ids(1, 40).filter((one) => one !== 'u030' && one !== 'u031'));
    expect(directory.rows('SELECT object, action, reason FROM v1_changes WHERE run_id = ?', result.runId)).toEqual(
      Array(2).fill({ object: 'user', action: 'deactivate', reason: 'disabled' }),
    );
    expect(directory.count('memberships')).toBe(50);
    expect(directory.rows("SELECT deactivated FROM v1_runs WHERE outcome = 'blocked'")).toEqual([{ deactivated: 2 }]);
    // Enabled again: that waits with the rest.
    await directory.sync(half);
    expect(directory.active()).not.toContain('u030');
  });

  test('not when more are disabled than `disable` allows', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const result = await directory.sync(edited(half, ids(21, 29), { active: false }));
    expect(new Set(stoppedBy(result))).toEqual(new Set(['deactivate', 'disable']));
    expect(result.blocked?.disabled).toBe(0);
    expect(directory.active()).toHaveLength(40);
  });

  test('not when nobody would be left', async () => {
    using directory = new Guarded({ deactivate: { share: 1 }, disable: { share: 1 } });
    await directory.sync(company);
    const result = await directory.sync(edited(without(company, ids(1, 39)), ['u040'], { active: false }));
    expect(result.outcome).toBe('blocked');
    expect(directory.active()).toHaveLength(40);
  });

  test('under its own limit, day after day: the window stands still', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const pass = (disabled: number) => directory.sync(edited(half, ids(21, 20 + disabled), { active: false }));
    await pass(1);
    await directory.later(30);
    await pass(8);
    expect(directory.active()).toHaveLength(32);
    await directory.later(30);
    expect(new Set(stoppedBy(await pass(9)))).toEqual(new Set(['deactivate', 'disable']));
    expect(directory.active()).toHaveLength(32);
  });

  test('no newcomer, no rename, no group, no membership', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const before = shown(directory);
    const newer = edited(
      grouped({ users: { ...half.users, ...people(50, 55).users } }, { all: ids(21, 55), fresh: ids(50, 55) }),
      ['u040'],
      {
        userName: 'renamed',
      },
    );
    expect((await directory.sync(newer)).outcome).toBe('blocked');
    expect(shown(directory)).toEqual(before);
  });
});

describe('a problem that only the blocked plan would solve', () => {
  const clash = { users: { ...company.users, a: { userName: 'ada' }, b: { userName: 'ada' } } };
  const solved = { users: { ...company.users, a: { userName: 'ada lovelace' }, b: { userName: 'ada' } } };

  test('stays a problem while it waits, and is solved with it', async () => {
    using directory = new Guarded();
    await directory.sync(clash);
    expect(directory.problems()).toEqual(['user-name-conflict b']);
    await directory.sync(without(solved, ids(1, 20)));
    expect(directory.problems()).toEqual(['user-name-conflict b']);
    expect(await directory.sync(solved)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.active()).toContain('b');
  });

  test('and is one again when nothing came of it', async () => {
    using directory = new Guarded();
    await directory.sync(clash);
    await directory.sync(without(solved, ids(1, 20)));
    expect(await directory.sync(clash)).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(directory.problems()).toEqual(['user-name-conflict b']);
  });

  test('what a look-up answers meanwhile is no problem any more', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    const answers = { unknown: new Set(['u001']) };
    await directory.sync(without(company, ['u001']), answers);
    expect(directory.problems()).toEqual(['user-unknown u001']);
    await directory.sync(edited(company, ids(10, 30), { userName: null, active: false }), answers);
    expect(directory.problems()).not.toContain('user-unknown u001');
  });
});

test('any a, any b that was blocked, then c: the directory is the one that never saw b', async () => {
  let blocked = 0;
  await fc.assert(
    fc.asyncProperty(tenant, tenant, tenant, async (a, b, c) => {
      using stopped = new Guarded({});
      using smooth = new Guarded({});
      await stopped.sync(a);
      await smooth.sync(a);
      // As strict as can be: whatever goes is stopped. Disabled people go meanwhile; that is another promise.
      const none = { count: 0 };
      stopped.limits = {
        deactivate: none,
        disable: none,
        removeGroups: none,
        removeMembers: none,
        rename: none,
        create: none,
      };
      if ((await stopped.sync(b)).outcome === 'blocked') blocked++;
      else await smooth.sync(b);
      stopped.limits = {};
      expect((await stopped.sync(c)).outcome).toMatch(/ok|unchanged/);
      await smooth.sync(c);
      expect(shown(stopped)).toEqual(shown(smooth));
      // A member whom only b had as a user is known to be gone; without b it is one that nobody knows.
      const known = (problems: string[]) => problems.filter((text) => !text.startsWith('members-unresolved'));
      expect(known(stopped.problems())).toEqual(known(smooth.problems()));
    }),
    { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 25) },
  );
  expect(blocked).toBeGreaterThan(0);
});

test('any a, any b that was blocked, then a: nothing has to be approved', async () => {
  await fc.assert(
    fc.asyncProperty(tenant, tenant, async (a, b) => {
      using directory = new Guarded({});
      await directory.sync(a);
      const none = { count: 0 };
      directory.limits = { deactivate: none, removeGroups: none, removeMembers: none, rename: none };
      const before = shown(directory);
      if ((await directory.sync(b)).outcome !== 'blocked') return;
      const back = await directory.sync(a);
      expect(back).toMatchObject({ blocked: null });
      expect(shown(directory)).toEqual(before);
    }),
    { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 25) },
  );
});
