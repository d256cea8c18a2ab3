import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import type { PassRequest } from '../../src/model/pass.ts';
import { addUser, deactivateUser, deleteUser } from '../../src/sync/hand/local-user.ts';
import { releaseName } from '../../src/sync/hand/release-name.ts';
import type { SourceNow } from '../../src/sync/hand/state-at-source.ts';
import { suspendUser, unsuspendUser } from '../../src/sync/hand/suspend.ts';
import { compileRules } from '../../src/sync/rules.ts';
import { by, changes, person, refusedBy, standing, turn } from './hand-kit.ts';
import { type Answers, Directory, rulesOf, SOURCE, type Tenant } from './kit.ts';

const tenant = (ada: Tenant['users'][string] | null = {}, members = ['u1', 'u2']): Tenant => ({
  users: { ...(ada && { u1: { userName: 'ada', ...ada } }), u2: { userName: 'bob' } },
  groups: { g1: { name: 'team', members } },
});
const ruled = (where: string): { request: Partial<PassRequest> } => ({
  request: { source: { ...SOURCE, limits: {}, rules: rulesOf({ where }) } },
});
const now = async (source: PassRequest['source'] = SOURCE): Promise<SourceNow> => ({
  ...source,
  rules: await compileRules(source),
});
const members = (directory: Directory) =>
  directory.rows<{ id: number }>('SELECT account_id AS id FROM memberships ORDER BY 1').map(({ id }) => id);

describe('whoever is suspended', () => {
  test('is inactive whatever passes say, though attributes follow', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    const { runId } = await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    expect(changes(directory, runId)).toEqual([
      'corp user suspend (hand) {"active":true,"inactiveReason":null} -> {"active":false,"inactiveReason":"suspended"}',
    ]);
    expect(directory.rows('SELECT source, deactivated FROM v1_runs WHERE id = ?', runId)).toEqual([
      { source: 'corp', deactivated: 1 },
    ]);
    for (const ada of [{ title: 'Boss' }, { active: false }, null, { title: 'Boss' }]) {
      await directory.pass(tenant(ada));
      expect(standing(directory, 1)).toBe('suspended');
    }
    await directory.pass(tenant({ title: 'Boss' }), ruled('user.userName != "ada"'));
    expect(directory.rows('SELECT title, inactive_reason FROM v1_users WHERE id = 1')).toEqual([
      { title: 'Boss', inactive_reason: 'suspended' },
    ]);
    expect(members(directory)).toEqual([1, 2]);
    expect(directory.rows('SELECT user_id FROM v1_memberships')).toEqual([{ user_id: 2 }]);
  });

  test('twice is once', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    const again = await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    expect(again).toEqual({ id: 1, userName: 'ada', before: 'suspended', runId: null });
  });

  test('does not make a source of nobody else look like another tenant', async () => {
    using directory = new Directory();
    await directory.pass({ users: { u1: {} } });
    await suspendUser(by(directory), person(directory, 'u1'), turn(directory));
    const request = { source: { ...SOURCE, limits: { deactivate: { share: 0.1 } } } };
    // Nobody whom the source shows has an account, and nobody but the suspended one ever had.
    const tenant = { users: { u2: { active: false } } };
    await directory.pass(tenant, { request });
    expect((await directory.pass(tenant, { request })).outcome).toBe('unchanged');
  });
});

describe('unsuspended', () => {
  type Options = { request?: Partial<PassRequest>; answers?: Answers };
  type Case = [
    what: string,
    tenant: Tenant,
    options: Options,
    now: string,
    waits: boolean,
    next: string,
    members: number[],
  ];
  const CASES: Case[] = [
    ['active', tenant(), {}, 'active', false, 'active', [1, 2]],
    ['disabled meanwhile', tenant({ active: false }), {}, 'disabled', false, 'disabled', [1, 2]],
    ['gone meanwhile', tenant(null), {}, 'missing', false, 'missing', [2]],
    ['a filter lets it in', tenant(), ruled('user.userName != "bob"'), 'active', false, 'active', [1]],
    ['a filter leaves it out', tenant(), ruled('user.userName != "ada"'), 'filtered', false, 'filtered', [2]],
    ['a filter gives no answer', tenant(), ruled('user.memberOf("nothing")'), 'disabled', true, 'disabled', [1, 2]],
    ['the source does not say', tenant({ active: null }), {}, 'disabled', true, 'disabled', [1, 2]],
    ['nobody knows', tenant(null), { answers: { unknown: new Set(['u1']) } }, 'disabled', true, 'disabled', [1, 2]],
  ];
  test.each(CASES)('%s', async (_, last, options, state, waits, next, belong) => {
    using directory = new Directory();
    await directory.pass(tenant());
    const ada = person(directory, 'ada');
    await suspendUser(by(directory), ada, turn(directory));
    await directory.pass(last, options);
    const done = await unsuspendUser(by(directory), ada, await now(options.request?.source), turn(directory));
    expect(done).toMatchObject({ inactiveReason: state === 'active' ? null : state, waits });
    expect(standing(directory, 1)).toBe(state);
    expect(changes(directory, done.runId)[0]).toContain('corp user unsuspend (hand)');
    // Nothing changed at the provider, and yet the pass looks.
    await directory.pass(last, options);
    expect(standing(directory, 1)).toBe(next);
    expect(members(directory)).toEqual(belong);
    directory.write('UPDATE sources SET applied_key = NULL');
    expect(await directory.pass(last, options)).toMatchObject({ outcome: 'unchanged' });
  });

  test('without its source in the file: what the mirror says, unless a filter was applied', async () => {
    for (const [options, state] of [
      [{}, 'active'],
      [ruled('true'), 'disabled'],
    ] as const) {
      using directory = new Directory();
      await directory.pass(tenant(), options);
      await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
      await unsuspendUser(by(directory), person(directory, 'ada'), null, turn(directory));
      expect(standing(directory, 1)).toBe(state);
    }
  });

  test('a filter that came with the file since excludes at the next pass', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    await unsuspendUser(by(directory), person(directory, 'ada'), await now(), turn(directory));
    await directory.pass(tenant(), ruled('user.userName != "ada"'));
    expect(standing(directory, 1)).toBe('filtered');
  });

  test('of a source that was removed', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    await directory.run(null, 'corp', { removal: { reason: null } });
    expect(standing(directory, 1)).toBe('suspended');
    await unsuspendUser(by(directory), person(directory, 'ada'), await now(), turn(directory));
    expect(standing(directory, 1)).toBe('source-removed');
  });

  test('whoever let go of its name waits, and comes back with it once it is free', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    const ada = person(directory, 'ada');
    await suspendUser(by(directory), ada, turn(directory));
    await releaseName(by(directory), ada, turn(directory));
    const { id } = await addUser(by(directory), 'ADA', {}, turn(directory));
    expect(await unsuspendUser(by(directory), ada, await now(), turn(directory))).toMatchObject({ waits: true });
    await directory.pass(tenant());
    expect(standing(directory, 1)).toBe('disabled');
    expect(directory.rows('SELECT kind FROM v1_problems')).toEqual([{ kind: 'user-name-conflict' }]);
    await deleteUser(by(directory), { id, source: 'local' }, turn(directory));
    await directory.pass(tenant());
    expect(directory.rows('SELECT user_key, active FROM v1_users WHERE id = 1')).toEqual([
      { user_key: 'ada', active: 1 },
    ]);
  });

  test('made by hand: what it was before', async () => {
    using directory = new Directory();
    for (const [at, name] of ['one', 'two'].entries()) {
      await addUser(by(directory), name, {}, turn(directory));
      if (at === 1) await deactivateUser(by(directory), person(directory, name), turn(directory));
      await suspendUser(by(directory), person(directory, name), turn(directory));
      await unsuspendUser(by(directory), person(directory, name), await now(), turn(directory));
    }
    expect([standing(directory, 1), standing(directory, 2)]).toEqual(['active', 'manual']);
  });

  test('of whoever is not suspended is refused', async () => {
    using directory = new Directory();
    await directory.pass(tenant());
    await directory.pass(tenant(null));
    const refused = async (name: string) =>
      await refusedBy(unsuspendUser(by(directory), person(directory, name), await now(), turn(directory)));
    expect(await refused('bob')).toBe('2: Account 2 is not suspended: it is active. Nothing was changed.');
    expect(await refused('ada')).toBe(
      '2: Account 1 is not suspended: it is inactive for another reason, `missing`. Nothing was changed.',
    );
  });
});

test('whoever left is suspended too, and stays so when it returns', async () => {
  using directory = new Directory();
  await directory.pass(tenant());
  await directory.pass(tenant(null));
  await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
  await directory.pass(tenant());
  expect(standing(directory, 1)).toBe('suspended');
  directory.write('UPDATE sources SET applied_key = NULL');
  expect(await directory.pass(tenant())).toMatchObject({ outcome: 'unchanged' });
});

test('it waits for a pass of the source, and for no other', async () => {
  using directory = new Directory();
  await directory.pass(tenant());
  await addUser(by(directory), 'root', {}, turn(directory));
  const lock = await lockSource(directory.path, 'corp', 'a pass (test)', { clock: directory.clock, wait: 0 });
  try {
    expect(await refusedBy(suspendUser(by(directory), person(directory, 'ada'), turn(directory)))).toMatch(
      /^5: Source `corp` is busy: a pass \(test\), process .* Nothing was done; try again, or wait longer with --wait\.$/,
    );
    await suspendUser(by(directory), person(directory, 'root'), turn(directory));
  } finally {
    lock.release();
  }
});
