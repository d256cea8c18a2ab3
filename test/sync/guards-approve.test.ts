import { describe, expect, test } from 'vitest';
import { edited, Guarded, grouped, ids, people, without } from './guarding.ts';
import { shown } from './kit.ts';

const company = grouped(people(1, 40), { all: ids(1, 40), some: ids(21, 30) });
const half = without(company, ids(1, 20));

/** A company half of which is gone, and a plan that waits. */
async function stopped(): Promise<Guarded> {
  const directory = new Guarded();
  await directory.sync(company);
  expect((await directory.sync(half)).outcome).toBe('blocked');
  return directory;
}

describe('an approval looks first', () => {
  test('at everybody who is missing, and at nobody else', async () => {
    using directory = await stopped();
    expect(directory.lookedUp).toEqual([]);
    expect((await directory.approve(half)).outcome).toBe('ok');
    expect(directory.lookedUp).toEqual(ids(1, 20));
    expect(directory.active()).toEqual(ids(21, 40));
  });

  test('who is found stays, memberships and all', async () => {
    using directory = await stopped();
    expect(await directory.approve(without(company, ids(1, 15)))).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.active()).toEqual(ids(16, 40));
    expect(shown(directory).members.filter(({ grp }) => grp === 'all')).toHaveLength(25);
    expect((await directory.sync(without(company, ids(1, 15)))).outcome).toBe('unchanged');
  });

  test('who is not answered about stays, as a problem, and is asked about again', async () => {
    using directory = await stopped();
    const answers = { unknown: new Set(ids(1, 3)) };
    expect(await directory.approve(half, answers)).toMatchObject({ outcome: 'ok', problems: 3 });
    expect(directory.active()).toEqual([...ids(1, 3), ...ids(21, 40)]);
    expect(directory.problems()).toEqual(ids(1, 3).map((one) => `user-unknown ${one}`));
    expect(await directory.sync(half)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.lookedUp).toEqual(ids(1, 3));
    expect(directory.active()).toEqual(ids(21, 40));
  });

  test('nothing answered: nothing changed, and the plan stays', async () => {
    using directory = await stopped();
    const before = shown(directory);
    const result = await directory.approve(half, { unknown: new Set(ids(1, 20)) });
    expect(result).toMatchObject({ outcome: 'failed', code: 'unanswered' });
    expect(result.message).toMatchInlineSnapshot(
      `"The identity provider answered about none of the 20 that are missing (HTTP 503). Nothing was changed; the plan stays. Try again when it answers."`,
    );
    expect(shown(directory)).toEqual(before);
    expect(directory.problems()).toEqual([]);
    expect(directory.rows('SELECT blocked_plan FROM v1_sources')).toEqual([{ blocked_plan: directory.plan() }]);
    expect((await directory.approve(half)).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(21, 40));
  });

  test('somebody who is disabled by now goes as disabled: the plan was to lose them anyway', async () => {
    using directory = await stopped();
    const disabled = edited(without(company, ids(1, 19)), ['u020'], { active: false });
    expect(await directory.approve(disabled)).toMatchObject({ outcome: 'ok' });
    expect(directory.rows("SELECT inactive_reason FROM v1_users WHERE external_id = 'u020'")).toEqual([
      { inactive_reason: 'disabled' },
    ]);
    expect((await directory.sync(disabled)).outcome).toBe('unchanged');
  });
});

describe('an approval is for one plan, once', () => {
  test('it does exactly what was in the plan, and the next pass is quiet', async () => {
    using directory = await stopped();
    using alone = new Guarded();
    await alone.sync(half);
    const result = await directory.approve(half);
    expect(result).toMatchObject({ outcome: 'ok', blocked: null, message: 'They left.' });
    expect(shown(directory)).toEqual(shown(alone));
    expect(directory.rows("SELECT plan_id, mode, trigger, deactivated FROM v1_runs WHERE mode = 'approve'")).toEqual([
      { plan_id: directory.plan(), mode: 'approve', trigger: 'hand', deactivated: 20 },
    ]);
    expect(await directory.sync(half)).toMatchObject({ outcome: 'unchanged', problems: 0, blocked: null });
    expect(directory.rows('SELECT state, blocked_plan FROM v1_sources')).toEqual([{ state: 'ok', blocked_plan: null }]);
  });

  test('a second time it is refused, and so is a plan that was never there', async () => {
    using directory = await stopped();
    await directory.approve(half);
    const again = await directory.approve(half);
    expect(again).toMatchObject({ outcome: 'failed', code: 'approval' });
    expect(again.message).toContain('does not wait for an approval any more: it happened');
    expect(await directory.approve(half, {}, 'zzzzzz')).toMatchObject({ outcome: 'failed', code: 'approval' });
  });

  test('a larger disaster after it is stopped like the first', async () => {
    using directory = await stopped();
    await directory.approve(half);
    expect((await directory.sync(without(company, ids(1, 30)))).outcome).toBe('blocked');
    expect(directory.active()).toEqual(ids(21, 40));
  });

  test('it is refused once the plan takes more, and names what', async () => {
    using directory = await stopped();
    const first = directory.plan();
    await directory.sync(without(company, ids(1, 22)));
    expect(directory.plan()).not.toBe(first);
    const refused = await directory.approve(without(company, ids(1, 22)), {}, first);
    expect(refused).toMatchObject({ outcome: 'failed', code: 'approval' });
    expect(refused.message).toContain(`plan ${directory.plan()} does, and takes away more`);
    expect(directory.active()).toHaveLength(40);
    expect((await directory.approve(without(company, ids(1, 22)))).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(23, 40));
  });

  test('it is refused where the rules make it take more', async () => {
    using directory = new Guarded();
    const nested = grouped(people(1, 40), { outer: ['@inner'], inner: ids(1, 40) });
    await directory.sync(nested);
    await directory.sync(without(nested, ids(1, 20)));
    directory.settings = { nestedGroups: 'direct' };
    const refused = await directory.approve(without(nested, ids(1, 20)));
    expect(refused).toMatchObject({ outcome: 'failed', code: 'approval' });
    expect(refused.message).toContain('today it would take away 20 more under `removeMembers`');
    expect(directory.active()).toHaveLength(40);
  });

  test('what is harmless and came since happens with it', async () => {
    using directory = await stopped();
    const newer = edited(
      grouped(
        { users: { ...half.users, ...people(50, 52).users } },
        { all: [...ids(21, 40), ...ids(50, 52)], some: ids(21, 30), fresh: ['u050'] },
      ),
      ['u030'],
      { title: 'Boss' },
    );
    expect(await directory.sync(newer)).toMatchObject({ outcome: 'blocked', blocked: { again: true } });
    expect((await directory.approve(newer)).outcome).toBe('ok');
    expect(directory.active()).toEqual([...ids(21, 40), ...ids(50, 52)]);
    expect((await directory.sync(newer)).outcome).toBe('unchanged');
    using alone = new Guarded();
    await alone.sync(newer);
    expect(shown(directory)).toEqual(shown(alone));
  });

  test('whoever was missing and is listed again by a later pass is not in it any more', async () => {
    using directory = await stopped();
    expect((await directory.sync(without(company, ids(1, 10)))).blocked?.again).toBe(true);
    expect((await directory.approve(without(company, ids(1, 10)))).outcome).toBe('ok');
    expect(directory.active()).toEqual(ids(11, 40));
  });

  test('while it is refused or not answered, the source stays blocked', async () => {
    using directory = await stopped();
    await directory.approve(half, {}, 'zzzzzz');
    await directory.approve(half, { unknown: new Set(ids(1, 20)) });
    expect(directory.rows('SELECT state, blocked_plan FROM v1_sources')).toEqual([
      { state: 'blocked', blocked_plan: directory.plan() },
    ]);
  });
});

describe('looking at what vanished', () => {
  test('a few: everybody is looked up before anybody goes', async () => {
    using directory = new Guarded();
    await directory.sync(company);
    expect((await directory.sync(without(company, ids(1, 4)))).outcome).toBe('ok');
    expect(directory.lookedUp).toEqual(ids(1, 4));
    const { users } = without(company, ids(1, 4));
    expect((await directory.sync({ users, groups: { all: { members: ids(5, 40) } } })).outcome).toBe('ok');
    expect(directory.lookedUp).toEqual(['some']);
  });

  test('masses: nobody is, and nobody goes', async () => {
    using directory = new Guarded();
    const names = Array.from({ length: 40 }, (_, at) => `g${at}`);
    const groups = (from: number) => Object.fromEntries(names.slice(from).map((name) => [name, ids(21, 22)]));
    await directory.sync(grouped(company, groups(0)));
    const before = shown(directory);
    expect((await directory.sync(grouped(half, groups(20)))).outcome).toBe('blocked');
    expect(directory.lookedUp).toEqual([]);
    expect(shown(directory)).toEqual(before);
  });

  test('some are back, the others looked up: only those go of whom the provider says so', async () => {
    using directory = await stopped();
    const answers = { unknown: new Set(['u002']), hidden: new Set(['u003']) };
    const left = without(company, ['u001', 'u002', 'u004']);
    expect(await directory.sync(left, answers)).toMatchObject({ outcome: 'ok', blocked: null, problems: 1 });
    expect(directory.lookedUp).toEqual(ids(1, 4));
    expect(directory.active()).toEqual(['u002', 'u003', ...ids(5, 40)]);
  });
});

test('a dry run of a blocked plan says so and writes nothing', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  const dump = () =>
    directory
      .rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .map(({ name }) => directory.rows(`SELECT * FROM "${name}"`));
  const before = dump();
  const dry = await directory.dry(half);
  expect(dry).toMatchObject({ outcome: 'blocked', blocked: { again: false } });
  expect(dump()).toEqual(before);
  await directory.sync(half);
  expect(await directory.dry(half)).toMatchObject({
    outcome: 'blocked',
    blocked: { id: directory.plan(), again: true },
  });
});
