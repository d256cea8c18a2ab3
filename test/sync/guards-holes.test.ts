import { describe, expect, test } from 'vitest';
import { edited, Guarded, grouped, id, ids, people, stoppedBy, without } from './guarding.ts';
import { shown, type Tenant } from './kit.ts';

describe('every way to lose people is counted', () => {
  const nested = (settings: Tenant['groups'] = {}) =>
    grouped(people(1, 40), { outer: ['@inner'], inner: ids(1, 40), ...(settings as object) });

  test('memberships lost because nested groups are not flattened any more', async () => {
    using directory = new Guarded();
    await directory.sync(nested());
    directory.settings = { nestedGroups: 'direct' };
    const result = await directory.sync(nested());
    expect(stoppedBy(result)).toEqual(['removeMembers']);
    expect(result.blocked?.causes[0]).toContain('`nestedGroups` was `flatten` and is `direct` now');
    expect(shown(directory).members).toHaveLength(80);
    directory.settings = {};
    expect((await directory.sync(nested())).outcome).toBe('unchanged');
  });

  test('memberships lost because one group stands no longer in another', async () => {
    using directory = new Guarded();
    await directory.sync(nested());
    expect(stoppedBy(await directory.sync(nested({ outer: { members: [] } })))).toEqual(['removeMembers']);
  });

  test('memberships lost with their group', async () => {
    using directory = new Guarded({ removeGroups: { count: 5 }, removeMembers: { share: 0.3 } });
    await directory.sync(nested());
    expect(stoppedBy(await directory.sync(grouped(people(1, 40), { inner: ids(1, 40) })))).toEqual(['removeMembers']);
  });

  test('memberships of disabled people, though nobody sees them', async () => {
    using directory = new Guarded({ removeMembers: { share: 0.3 } });
    const tenant = grouped(people(1, 40), { all: ids(1, 40) });
    await directory.sync(tenant);
    await directory.sync(edited(tenant, ids(1, 20), { active: false }));
    await directory.later(25);
    const result = await directory.sync(edited(grouped(tenant, { all: ids(21, 40) }), ids(1, 20), { active: false }));
    expect(stoppedBy(result)).toEqual(['removeMembers']);
  });

  test('a person whose id changed: the old account goes, and counts', async () => {
    using directory = new Guarded({ deactivate: { count: 0 } });
    await directory.sync(people(1, 10));
    const { users } = people(2, 10);
    const result = await directory.sync({ users: { ...users, fresh: { userName: id(1) } } });
    expect(stoppedBy(result)).toContain('deactivate');
    expect(directory.active()).toEqual(ids(1, 10));
  });

  test('groups that are renamed, moved and removed at once, each by its own key', async () => {
    using directory = new Guarded({ rename: { count: 2 }, removeGroups: { count: 2 } });
    const names = (from: number, to: number, prefix: string) =>
      Object.fromEntries(ids(from, to).map((one) => [one, { name: `${prefix}/${one}`, members: [] }]));
    await directory.sync(grouped(people(1, 3), names(1, 10, 'old')));
    const result = await directory.sync(grouped(people(1, 3), { ...names(4, 6, 'new'), ...names(7, 10, 'old') }));
    expect(new Set(stoppedBy(result))).toEqual(new Set(['rename', 'removeGroups']));
    expect(
      (await directory.sync(grouped(people(1, 3), { ...names(3, 4, 'new'), ...names(5, 10, 'old') }))).outcome,
    ).toBe('ok');
  });

  test('deletions: of `onMissing: delete`, and of accounts that left long ago when it is turned on', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 60));
    for (const left of [56, 51, 46]) {
      expect((await directory.sync(people(61 - left, 60))).outcome).toBe('ok');
      await directory.later(25);
    }
    directory.settings = { onMissing: 'delete' };
    const result = await directory.sync(people(15, 60));
    expect(stoppedBy(result)).toEqual(['deactivate']);
    expect(result.blocked?.causes[0]).toContain('`onMissing` was `deactivate` and is `delete` now');
    expect(directory.rows('SELECT count(*) AS n FROM v1_users')).toEqual([{ n: 60 }]);
  });

  test('deletions of `deleteAfter`, and whoever left today is not counted twice', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 20));
    expect((await directory.sync(people(6, 20))).outcome).toBe('ok');
    directory.settings = { deleteAfter: 1000 };
    expect((await directory.sync(people(6, 20))).outcome).toBe('ok');
    expect(directory.rows('SELECT count(*) AS n FROM v1_users')).toEqual([{ n: 15 }]);
    expect((await directory.sync(people(7, 20))).outcome).toBe('blocked');
  });

  test('deletions in a source that has nobody left: nothing is emptied that was not empty', async () => {
    using directory = new Guarded({});
    await directory.sync(people(1, 3));
    await directory.sync(edited(people(1, 1), ['u001'], { active: false }));
    directory.limits = { deactivate: { count: 2 } };
    directory.settings = { deleteAfter: 1000 };
    expect((await directory.sync(edited(people(1, 1), ['u001'], { active: false }))).outcome).toBe('ok');
    expect(directory.count('v1_users')).toBe(1);
  });

  test('a name that is freed and taken in one plan counts for whoever loses it', async () => {
    using directory = new Guarded({ rename: { count: 1 } });
    await directory.sync({ users: { a: { userName: 'ada' }, b: { userName: 'bob' } } });
    expect(stoppedBy(await directory.sync({ users: { a: { userName: 'bob' }, b: { userName: 'ada' } } }))).toEqual([
      'rename',
    ]);
  });
});

describe('a release that makes something else of the same answers', () => {
  const tenant = grouped(people(1, 40), { all: ids(1, 40), owners: ids(1, 10) });

  test('plans everything anew, and is stopped where too much would go, naming the release', async () => {
    using directory = new Guarded();
    await directory.sync(tenant);
    directory.edit("UPDATE sources SET applied_key = replace(applied_key, 'meaning: 1', 'meaning: 0')");
    // What the release reads differently arrives as changes of the mirror.
    const result = await directory.sync(grouped(tenant, { all: ids(21, 40), owners: ids(1, 10) }));
    expect(stoppedBy(result)).toEqual(['removeMembers']);
    expect(result.blocked?.causes[0]).toMatch(/^rosterd was upgraded/);
    expect(shown(directory).members).toHaveLength(50);
  });

  test('and where it only resolves or shapes them differently, too: nothing is skipped', async () => {
    using directory = new Guarded();
    await directory.sync(tenant);
    directory.edit("UPDATE sources SET applied_key = replace(applied_key, 'meaning: 1', 'meaning: 0')");
    // As if the former release had made memberships of something that this one does not.
    directory.edit(
      "INSERT INTO memberships SELECT g.id, a.id, 2, 1, 0 FROM groups g, accounts a WHERE g.name = 'owners' AND a.id > 10",
    );
    const result = await directory.sync(tenant);
    expect(stoppedBy(result)).toEqual(['removeMembers']);
    expect(shown(directory).members).toHaveLength(80);
    expect((await directory.approve(tenant)).outcome).toBe('ok');
    expect(shown(directory).members).toHaveLength(50);
    expect((await directory.sync(tenant)).outcome).toBe('unchanged');
  });

  test('goes on quietly where nothing changes', async () => {
    using directory = new Guarded();
    await directory.sync(tenant);
    directory.edit("UPDATE sources SET applied_key = 'meaning: 0'");
    expect((await directory.sync(tenant)).outcome).toBe('unchanged');
  });
});

describe('settings that change while a plan is blocked', () => {
  const nested = grouped(people(1, 40), { outer: ['@inner'], inner: ids(1, 40) });

  test('make another plan when it takes more, and the same one when they are taken back', async () => {
    using directory = new Guarded();
    await directory.sync(nested);
    const first = await directory.sync(without(nested, ids(1, 20)));
    directory.settings = { nestedGroups: 'direct' };
    const second = await directory.sync(without(nested, ids(1, 20)));
    expect(second.blocked?.id).not.toBe(first.blocked?.id);
    expect(second.blocked?.causes).toEqual([
      expect.stringContaining('`nestedGroups`'),
      expect.stringContaining('20 people'),
    ]);
    directory.settings = {};
    expect((await directory.sync(without(nested, ids(1, 20)))).blocked).toMatchObject({
      id: second.blocked?.id,
      again: true,
    });
    expect((await directory.sync(nested)).outcome).toBe('unchanged');
  });

  test('limits that were raised let it happen, limits that were lowered change nothing', async () => {
    using directory = new Guarded();
    await directory.sync(nested);
    await directory.sync(without(nested, ids(1, 20)));
    directory.limits = { deactivate: { count: 3 } };
    expect((await directory.sync(without(nested, ids(1, 20)))).blocked?.again).toBe(true);
    directory.limits = { deactivate: { share: 0.6 } };
    expect((await directory.sync(without(nested, ids(1, 20)))).outcome).toBe('ok');
    expect(directory.lookedUp).toEqual(ids(1, 20));
  });
});

describe('not counted by any key, by design', () => {
  test('an attribute of everybody', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 40, { email: 'a@example.com', department: 'Sales' }));
    expect(await directory.sync(people(1, 40, { email: null }))).toMatchObject({ outcome: 'ok' });
  });

  test('one small group that loses everybody: it is read twice, and no more', async () => {
    using directory = new Guarded();
    const tenant = (admins: string[]) => grouped(people(1, 40), { all: ids(1, 40), admins });
    await directory.sync(tenant(ids(1, 6)));
    expect(await directory.sync(tenant([]))).toMatchObject({ outcome: 'ok' });
    expect(directory.lookedUp).toEqual(['admins']);
  });

  test('an active state that nobody knows takes nobody away', async () => {
    using directory = new Guarded();
    await directory.sync(people(1, 40));
    expect(await directory.sync(people(1, 40, { active: null }))).toMatchObject({ outcome: 'unchanged', problems: 40 });
    expect(directory.active()).toHaveLength(40);
  });
});
