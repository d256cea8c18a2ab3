import { describe, expect, test } from 'vitest';
import { edited, Guarded, grouped, ids, people, stoppedBy, without } from './guarding.ts';
import type { Tenant } from './kit.ts';

const all = people(1, 50);
const gone = (...who: string[]): Tenant => without(all, who);

describe('the first import', () => {
  test('is what shares are shares of, from the next pass on', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 100));
    expect((await directory.sync(people(11, 100))).outcome).toBe('ok');
  });

  test('of a provider that had nobody yet when it was first asked', async () => {
    using directory = new Guarded();
    expect(await directory.sync({ users: {} })).toMatchObject({ outcome: 'unchanged' });
    await directory.sync(people(1, 100));
    expect((await directory.sync(people(11, 100))).outcome).toBe('ok');
  });

  test('is not stopped by a share of what was not there', async () => {
    using directory = new Guarded({ create: { share: 0.1 }, addMembers: { share: 0.1 } });
    const tenant = grouped(people(1, 100), { all: ids(1, 100) });
    expect((await directory.sync(tenant)).outcome).toBe('ok');
    expect((await directory.sync(grouped(people(1, 120), { all: ids(1, 120) }))).outcome).toBe('blocked');
  });

  test('is stopped by a count, and happens once it is approved', async () => {
    using directory = new Guarded({ create: { count: 10 }, deactivate: { share: 0.1 } });
    expect(stoppedBy(await directory.sync(people(1, 100)))).toEqual(['create']);
    expect(await directory.approve(people(1, 100))).toMatchObject({ outcome: 'ok' });
    expect((await directory.sync(people(1, 100))).outcome).toBe('unchanged');
    expect((await directory.sync(people(11, 100))).outcome).toBe('ok');
  });
});

describe('what came back does not count', () => {
  test('people', async () => {
    using directory = new Guarded();
    await directory.sync(all);
    for (const group of [ids(1, 5), ids(6, 10), ids(11, 15)]) {
      expect((await directory.sync(gone(...group))).outcome).toBe('ok');
      expect((await directory.sync(all)).outcome).toBe('ok');
    }
    expect((await directory.sync(gone(...ids(1, 6)))).outcome).toBe('blocked');
  });

  test('groups and memberships', async () => {
    using directory = new Guarded({ removeGroups: { count: 5 }, removeMembers: { count: 10 } });
    const names = Array.from({ length: 20 }, (_, at) => `g${at}`);
    const groups = (from: number) =>
      grouped(all, Object.fromEntries(names.slice(from).map((name) => [name, ids(1, 2)])));
    await directory.sync(groups(0));
    for (let round = 0; round < 3; round++) {
      expect((await directory.sync(groups(5))).outcome).toBe('ok');
      expect((await directory.sync(groups(0))).outcome).toBe('ok');
    }
    expect(new Set(stoppedBy(await directory.sync(groups(6))))).toEqual(new Set(['removeGroups', 'removeMembers']));
  });

  test('memberships that the plan itself brings back', async () => {
    using directory = new Guarded({ removeMembers: { count: 70 } });
    const moved = (first: readonly string[], second: readonly string[]) =>
      grouped(people(1, 100), { a: [...first], b: [...second] });
    const away = ids(1, 50);
    await directory.sync(moved(ids(1, 100), []));
    expect((await directory.sync(moved(ids(51, 100), away))).outcome).toBe('ok');
    // 50 go again, from where they went to; the 50 that went before are back with the same plan.
    expect((await directory.sync(moved(ids(1, 100), []))).outcome).toBe('ok');
    expect((await directory.sync(moved(ids(72, 100), []))).outcome).toBe('blocked');
  });

  test('names: to take a change back is no second one', async () => {
    using directory = new Guarded({ rename: { count: 5 } });
    await directory.sync(all);
    const renamed = ids(1, 5).reduce((tenant, one) => edited(tenant, [one], { userName: `new ${one}` }), all);
    expect((await directory.sync(renamed)).outcome).toBe('ok');
    expect((await directory.sync(all)).outcome).toBe('ok');
    expect((await directory.sync(renamed)).outcome).toBe('ok');
    expect((await directory.sync(edited(renamed, ['u006'], { userName: 'new' }))).outcome).toBe('blocked');
    expect((await directory.sync(edited(renamed, ['u005'], { userName: 'another' }))).outcome).toBe('ok');
  });
});

describe('what was approved does not count', () => {
  test('the next five may go on the same day', async () => {
    using directory = new Guarded();
    await directory.sync(all);
    await directory.sync(gone(...ids(1, 20)));
    expect((await directory.approve(gone(...ids(1, 20)))).outcome).toBe('ok');
    expect((await directory.sync(gone(...ids(1, 25)))).outcome).toBe('ok');
    expect((await directory.sync(gone(...ids(1, 26)))).outcome).toBe('blocked');
  });

  test('nor does somebody who went, came back and was then approved to go', async () => {
    using directory = new Guarded();
    await directory.sync(all);
    await directory.sync(gone(...ids(1, 5)));
    await directory.sync(all);
    await directory.sync(gone(...ids(1, 6)));
    expect((await directory.approve(gone(...ids(1, 6)))).outcome).toBe('ok');
    expect((await directory.sync(gone(...ids(1, 11)))).outcome).toBe('ok');
  });

  test('memberships, additions and new accounts', async () => {
    using directory = new Guarded({ removeMembers: { count: 5 }, addMembers: { count: 5 }, create: { count: 5 } });
    const tenant = (people: Tenant, from: number, to: number) =>
      grouped(people, { all: ids(from, to), rest: ids(1, 2) });
    directory.limits = {};
    await directory.sync(tenant(all, 1, 40));
    directory.limits = { removeMembers: { count: 5 }, addMembers: { count: 5 }, create: { count: 5 } };
    expect((await directory.sync(tenant(people(1, 60), 11, 50))).outcome).toBe('blocked');
    expect((await directory.approve(tenant(people(1, 60), 11, 50))).outcome).toBe('ok');
    expect((await directory.sync(tenant(people(1, 65), 16, 55))).outcome).toBe('ok');
    expect(new Set(stoppedBy(await directory.sync(tenant(people(1, 66), 17, 56))))).toEqual(
      new Set(['create', 'addMembers', 'removeMembers']),
    );
  });
});

describe('the share is of what there was when the 24 hours began', () => {
  test('deletions of accounts that had long been inactive make it no larger', async () => {
    using directory = new Guarded({ deactivate: { share: 0.5 } });
    directory.limits = {};
    await directory.sync(people(1, 110));
    await directory.sync(people(1, 20));
    await directory.later(48);
    directory.limits = { deactivate: { share: 0.5 } };
    directory.settings = { deleteAfter: 1000 };
    // 90 deletions among 20 active accounts: for a person to decide.
    expect((await directory.sync(people(1, 20))).outcome).toBe('blocked');
    expect((await directory.approve(people(1, 20))).outcome).toBe('ok');
    directory.settings = {};
    const result = await directory.sync(people(1, 9));
    expect(result.outcome).toBe('blocked');
    expect(result.blocked?.limits[0]).toMatch(/^11 of 20 accounts/);
  });

  test('memberships that came and went in between make it no larger', async () => {
    using directory = new Guarded({});
    await directory.sync(grouped(all, { all: ids(1, 20), other: ids(1, 1) }));
    await directory.later(48);
    await directory.sync(grouped(all, { all: ids(1, 20), other: ids(1, 50) }));
    await directory.sync(grouped(all, { all: ids(1, 20), other: ids(1, 1) }));
    directory.limits = { removeMembers: { share: 0.5 } };
    await directory.later(0.1);
    const result = await directory.sync(grouped(all, { all: ids(12, 20), other: ids(1, 1) }));
    expect(result.blocked?.limits[0]).toMatch(/^11 of 21 memberships/);
  });

  test('nor do groups that came and went', async () => {
    using directory = new Guarded({});
    const groups = (to: number) => grouped(all, Object.fromEntries(ids(1, to).map((name) => [name, []])));
    await directory.sync(groups(20));
    await directory.later(48);
    await directory.sync(groups(100));
    await directory.sync(groups(20));
    await directory.sync(groups(19));
    await directory.sync(groups(20));
    directory.limits = { removeGroups: { share: 0.5 } };
    expect((await directory.sync(groups(9))).blocked?.limits[0]).toMatch(
      /^11 of 20 groups would be removed, after 80 /,
    );
  });

  test('nested members who become direct ones make it no smaller, and are no additions', async () => {
    using directory = new Guarded({ removeMembers: { share: 0.3 }, addMembers: { count: 0 } });
    const tenant = (direct: string[], inner: string[]) => grouped(all, { all: ['@inner', ...direct], inner });
    directory.limits = {};
    await directory.sync(tenant([], ids(1, 50)));
    await directory.later(48);
    directory.limits = { removeMembers: { share: 0.3 }, addMembers: { count: 0 } };
    expect((await directory.sync(tenant(ids(1, 50), ids(1, 50)))).outcome).toBe('ok');
    expect((await directory.sync(tenant(ids(1, 50), ids(1, 40)))).outcome).toBe('ok');
    expect((await directory.sync(tenant(ids(1, 50), ids(1, 19)))).blocked?.limits[0]).toMatch(
      /^21 of 100 memberships would be removed, after 10 /,
    );
  });
});
