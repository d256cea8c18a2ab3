import { describe, expect, test } from 'vitest';
import { edited, Guarded, grouped, ids, people, stoppedBy, without } from './guarding.ts';
import { invert, stateOf } from './journal.ts';
import { shown, type Tenant } from './kit.ts';

const DAY = 24;
const DAYS = 24 * 3_600_000;

/** Ten people: all of them in `all`, the first three in `team`, which is in `outer`. */
const company = (): Tenant => grouped(people(1, 10), { all: ids(1, 10), team: ids(1, 3), outer: ['@team', 'u009'] });

/** A directory of that company, its first import done, under these settings. */
async function imported(settings: Guarded['settings']): Promise<Guarded> {
  const directory = new Guarded();
  directory.settings = settings;
  await directory.sync(company());
  return directory;
}

const groupsOf = (directory: Guarded, who: string): string[] =>
  directory
    .rows<{ name: string }>(
      `SELECT g.name FROM memberships m JOIN groups g ON g.id = m.group_id JOIN accounts a ON a.id = m.account_id
       WHERE a.user_name = ? ORDER BY 1`,
      who,
    )
    .map(({ name }) => name);

const accounts = (directory: Guarded, who: string) =>
  directory.rows(
    'SELECT id, active, reason, deleted_at IS NOT NULL AS deleted FROM accounts WHERE user_name = ? ORDER BY id',
    who,
  );

const deletions = (directory: Guarded) =>
  directory.rows("SELECT object_name AS name, reason FROM v1_changes WHERE action = 'delete' ORDER BY id");

describe('onMissing: keep', () => {
  test('account and memberships stay, over many passes, whatever else happens to the groups', async () => {
    using directory = await imported({ onMissing: 'keep' });
    const before = accounts(directory, 'u001');
    const left = without(company(), ['u001']);
    expect((await directory.sync(left)).outcome).toBe('unchanged');
    expect(directory.lookedUp).toEqual(['u001']);
    // Somebody else leaves the group, somebody comes, the nesting ends, the group is renamed.
    const later = {
      ...left,
      groups: { ...left.groups, team: { name: 'crew', members: ['u003', 'u004'] }, outer: { members: ['u009'] } },
    };
    expect((await directory.sync(later)).outcome).toBe('ok');
    expect((await directory.sync(edited(later, ['u003'], { department: 'Sales' }))).outcome).toBe('ok');
    await directory.later(400 * DAY);
    expect((await directory.sync(later)).outcome).toBe('ok');
    expect(accounts(directory, 'u001')).toEqual(before);
    expect(groupsOf(directory, 'u001')).toEqual(['all', 'crew', 'outer']);
    expect(groupsOf(directory, 'u002')).toEqual(['all']);
    expect(groupsOf(directory, 'u004')).toEqual(['all', 'crew']);
    expect(directory.active()).toEqual(ids(1, 10));
  });

  test('whoever was disabled keeps the memberships too', async () => {
    using directory = await imported({ onMissing: 'keep' });
    await directory.sync(edited(company(), ['u001'], { active: false }));
    await directory.sync(without(company(), ['u001']));
    const later = without(company(), ['u001']);
    await directory.sync({ ...later, groups: { ...later.groups, team: { members: ['u003'] } } });
    expect(groupsOf(directory, 'u001')).toEqual(['all', 'outer', 'team']);
    expect(accounts(directory, 'u001')).toMatchObject([{ active: 0, reason: 'disabled' }]);
  });

  test('who comes back is in the groups that the source says, and in no other', async () => {
    using directory = await imported({ onMissing: 'keep' });
    const left = without(company(), ['u001']);
    await directory.sync(left);
    await directory.sync({ ...left, users: company().users });
    expect(groupsOf(directory, 'u001')).toEqual([]);
    expect(accounts(directory, 'u001')).toMatchObject([{ active: 1 }]);
    await directory.sync(company());
    expect(groupsOf(directory, 'u001')).toEqual(['all', 'outer', 'team']);
  });

  test('a group that goes takes the memberships with it', async () => {
    using directory = await imported({ onMissing: 'keep' });
    const left = without(company(), ['u001']);
    await directory.sync(left);
    const { team: _, ...groups } = left.groups ?? {};
    await directory.sync({ ...left, groups: { ...groups, outer: { members: ['u009'] } } });
    expect(groupsOf(directory, 'u001')).toEqual(['all', 'outer']);
  });

  test('a manager who is kept or not does not move those who are kept', async () => {
    using directory = new Guarded();
    directory.settings = { onMissing: 'keep' };
    const managed = edited(people(1, 3), ['u001'], { manager: 'u002' });
    await directory.sync(managed);
    await directory.sync(without(managed, ['u001']));
    expect((await directory.sync(without(managed, ['u001', 'u002']))).outcome).toBe('unchanged');
    expect(directory.rows("SELECT manager_id FROM v1_users WHERE user_name = 'u001'")).toEqual([{ manager_id: 2 }]);
  });

  test('the setting taken back lets them go, under the limit', async () => {
    using directory = await imported({ onMissing: 'keep' });
    for (let gone = 1; gone <= 6; gone++) await directory.sync(without(company(), ids(1, gone)));
    expect(directory.active()).toHaveLength(10);
    directory.settings = { onMissing: 'deactivate' };
    const result = await directory.sync(without(company(), ids(1, 6)));
    expect(stoppedBy(result)).toEqual(['deactivate']);
    expect((await directory.approve(without(company(), ids(1, 6)))).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(7, 10));
    expect(groupsOf(directory, 'u001')).toEqual([]);
  });
});

describe('onMissing: delete', () => {
  test('counts under `deactivate`, takes account and memberships, and frees the name', async () => {
    using directory = await imported({ onMissing: 'delete' });
    expect(stoppedBy(await directory.sync(without(company(), ids(1, 6))))).toContain('deactivate');
    expect(directory.active()).toHaveLength(10);
    const five = without(company(), ids(1, 5));
    const result = await directory.sync(five);
    expect(result).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(
      directory.rows('SELECT deleted, deactivated, members_removed FROM v1_runs WHERE id = ?', result.runId),
    ).toEqual([{ deleted: 5, deactivated: 0, members_removed: 11 }]);
    expect(deletions(directory)).toContainEqual({ name: 'u001', reason: 'missing' });
    expect(directory.count('v1_users')).toBe(5);
    await directory.sync({ ...five, users: { ...five.users, x: { userName: 'U001' } } });
    expect(directory.active()).toContain('x');
  });

  test('whoever returns gets a new account with a new id', async () => {
    using directory = await imported({ onMissing: 'delete' });
    await directory.sync(without(company(), ['u001']));
    await directory.sync(company());
    expect(accounts(directory, 'u001')).toEqual([
      { id: 1, active: 0, reason: null, deleted: 1 },
      { id: 11, active: 1, reason: null, deleted: 0 },
    ]);
    expect(groupsOf(directory, 'u001')).toEqual(['all', 'outer', 'team']);
  });

  test('those who left before the setting go too, under the limit', async () => {
    using directory = await imported({});
    await directory.sync(without(company(), ids(1, 3)));
    await directory.later(2 * DAY);
    directory.settings = { onMissing: 'delete' };
    directory.limits = { deactivate: { count: 2 } };
    expect(stoppedBy(await directory.sync(without(company(), ids(1, 3))))).toEqual(['deactivate']);
    directory.limits = { deactivate: { count: 3 } };
    expect((await directory.sync(without(company(), ids(1, 3)))).outcome).toBe('ok');
    expect(directory.count('v1_users')).toBe(7);
  });

  test('a plan that was to deactivate cannot be approved to delete', async () => {
    using directory = await imported({});
    const six = without(company(), ids(1, 6));
    const first = await directory.sync(six);
    directory.settings = { onMissing: 'delete' };
    await expect(directory.approve(six)).resolves.toMatchObject({ outcome: 'failed', code: 'approval' });
    const second = await directory.sync(six);
    expect(second.blocked?.id).not.toBe(first.blocked?.id);
    expect(second.blocked?.removals).toContainEqual(
      expect.objectContaining({ what: 'accounts to delete for good', count: 6 }),
    );
    expect(second.blocked?.removals.map(({ what }) => what)).not.toContain('accounts to deactivate');
    // The other way round less is taken than was asked for.
    directory.settings = {};
    expect((await directory.approve(six)).outcome).toBe('ok');
    expect(directory.count('v1_users')).toBe(10);
  });
});

describe('deleteAfter', () => {
  const AFTER = { deleteAfter: 90 * DAYS };

  test('counts from when the user was gone, and is looked at when nothing else changed', async () => {
    using directory = await imported(AFTER);
    // Disabled long before: that does not count.
    await directory.sync(edited(company(), ['u001'], { active: false }));
    await directory.later(80 * DAY);
    const left = without(company(), ['u001', 'u002']);
    await directory.sync(left);
    await directory.later(89 * DAY);
    expect((await directory.sync(left)).outcome).toBe('unchanged');
    await directory.later(2 * DAY);
    expect(await directory.sync(left)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(deletions(directory)).toEqual([
      { name: 'u001', reason: 'delete-after' },
      { name: 'u002', reason: 'delete-after' },
    ]);
    expect((await directory.sync(left)).outcome).toBe('unchanged');
  });

  test('without it nobody is ever deleted', async () => {
    using directory = await imported({});
    await directory.sync(without(company(), ['u001']));
    await directory.later(40 * 365 * DAY);
    expect((await directory.sync(without(company(), ['u001']))).outcome).toBe('unchanged');
    expect(accounts(directory, 'u001')).toMatchObject([{ deleted: 0 }]);
  });

  test('the setting, added later, counts what has passed, under the limit', async () => {
    using directory = await imported({});
    const six = without(company(), ids(1, 6));
    for (let gone = 1; gone <= 6; gone++) {
      await directory.sync(without(company(), ids(1, gone)));
      await directory.later(2 * DAY);
    }
    await directory.later(100 * DAY);
    directory.settings = AFTER;
    const result = await directory.sync(six);
    expect(stoppedBy(result)).toEqual(['deactivate']);
    expect(directory.count('v1_users')).toBe(10);
    expect((await directory.approve(six)).outcome).toBe('ok');
    expect(directory.count('v1_users')).toBe(4);
  });

  test('frees the user name, for a newcomer of the same pass', async () => {
    using directory = await imported(AFTER);
    const left = without(company(), ['u001']);
    const renamed = { ...left, users: { ...left.users, x: { userName: 'u001' } } };
    await directory.sync(left);
    expect(await directory.sync(renamed)).toMatchObject({ problems: 1 });
    await directory.later(91 * DAY);
    expect(await directory.sync(renamed)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.active()).toContain('x');
  });

  test('whoever returns, however late, keeps the account; whoever was deleted gets a new one', async () => {
    using directory = await imported(AFTER);
    await directory.sync(without(company(), ['u001', 'u002']));
    await directory.later(91 * DAY);
    const back = edited(without(company(), ['u002']), ['u001'], { userName: 'ada' });
    expect((await directory.sync(back)).outcome).toBe('ok');
    expect(accounts(directory, 'ada')).toEqual([{ id: 1, active: 1, reason: null, deleted: 0 }]);
    expect(accounts(directory, 'u002')).toMatchObject([{ id: 2, deleted: 1 }]);
    await directory.sync(edited(company(), ['u001'], { userName: 'ada' }));
    expect(accounts(directory, 'u002')).toMatchObject([
      { id: 2, deleted: 1 },
      { id: 11, active: 1 },
    ]);
  });

  test('whoever returns and cannot have the name is not deleted', async () => {
    using directory = await imported(AFTER);
    await directory.sync(without(company(), ['u001']));
    await directory.later(91 * DAY);
    const taken = edited(company(), ['u001'], { userName: 'u002' });
    for (const _ of [1, 2]) expect(await directory.sync(taken)).toMatchObject({ problems: 1 });
    expect(accounts(directory, 'u001')).toEqual([{ id: 1, active: 0, reason: 'missing', deleted: 0 }]);
    await directory.sync(company());
    expect(accounts(directory, 'u001')).toMatchObject([{ id: 1, active: 1 }]);
  });

  test('whoever is there again, though not known to be active, is not deleted', async () => {
    using directory = await imported(AFTER);
    await directory.sync(without(company(), ['u001']));
    await directory.later(91 * DAY);
    for (const _ of [1, 2]) await directory.sync(edited(company(), ['u001'], { active: null }));
    expect(accounts(directory, 'u001')).toEqual([{ id: 1, active: 0, reason: 'missing', deleted: 0 }]);
  });

  test('with `onMissing: delete` nobody is deleted twice', async () => {
    using directory = await imported({});
    await directory.sync(without(company(), ['u001']));
    await directory.later(91 * DAY);
    directory.settings = { ...AFTER, onMissing: 'delete' };
    await directory.sync(without(company(), ['u001']));
    expect(deletions(directory)).toHaveLength(1);
  });

  test('waits while a plan is blocked', async () => {
    using directory = await imported(AFTER);
    await directory.sync(without(company(), ['u001']));
    await directory.later(91 * DAY);
    const accident = without(company(), ids(1, 9));
    expect((await directory.sync(accident)).outcome).toBe('blocked');
    expect(deletions(directory)).toEqual([]);
    await directory.sync(without(company(), ['u001']));
    expect(deletions(directory)).toHaveLength(1);
  });
});

describe('confirmMissing: false', () => {
  test('nobody is looked up, and the limits hold', async () => {
    using directory = await imported({ confirmMissing: false });
    await directory.sync(without(company(), ['u001']));
    expect(directory.lookedUp).toEqual([]);
    expect(accounts(directory, 'u001')).toMatchObject([{ active: 0, reason: 'missing' }]);
    const accident = without(company(), ids(1, 8));
    expect(stoppedBy(await directory.sync(accident))).toContain('deactivate');
    expect(directory.active()).toHaveLength(9);
    expect((await directory.approve(accident)).outcome).toBe('ok');
    expect(directory.lookedUp).toEqual([]);
    expect(directory.active()).toEqual(ids(9, 10));
  });

  test('whom nobody answered about before is believed to be gone now', async () => {
    using directory = await imported({});
    const answers = { unknown: new Set(['u001']) };
    await directory.sync(without(company(), ['u001']), answers);
    expect(directory.active()).toHaveLength(10);
    directory.settings = { confirmMissing: false };
    expect(await directory.sync(without(company(), ['u001']), answers)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.active()).toHaveLength(9);
  });
});

test('the journal suffices to take deletions back', async () => {
  using directory = new Guarded({});
  directory.settings = { onMissing: 'delete', deleteAfter: DAYS };
  const managed = edited(company(), ids(1, 3), { manager: 'u002', email: 'x@example.com' });
  await directory.sync(managed);
  for (const next of [without(managed, ids(1, 2)), managed, without(managed, ['u002'])]) {
    const before = stateOf(directory);
    const { runId } = await directory.sync(next);
    expect(whole(invert(stateOf(directory), directory, runId))).toEqual(whole(before));
  }
  expect(shown(directory).users).toHaveLength(9);
});

/** An attribute that is null is the same as none: the journal leaves it out of what was deleted. */
const whole = (state: ReturnType<typeof stateOf>) =>
  JSON.parse(JSON.stringify(state, (_, value: unknown) => value ?? undefined)) as object;
