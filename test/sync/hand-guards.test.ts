import { expect, test } from 'vitest';
import { releaseName } from '../../src/sync/hand/release-name.ts';
import { suspendUser, unsuspendUser } from '../../src/sync/hand/suspend.ts';
import { compileRules } from '../../src/sync/rules.ts';
import { Guarded, ids, people } from './guarding.ts';
import { by, person, standing, turn } from './hand-kit.ts';
import { SOURCE } from './kit.ts';

const ALL = people(1, 100);
const MANY = people(31, 100);

test('whoever is suspended while a plan waits is no part of it any more, and it can be approved', async () => {
  using directory = new Guarded();
  await directory.sync(ALL);
  expect(await directory.sync(MANY)).toMatchObject({ outcome: 'blocked' });
  await suspendUser(by(directory), person(directory, 'u001'), turn(directory));
  expect(await directory.sync(MANY)).toMatchObject({ outcome: 'blocked', blocked: { again: true } });
  expect(await directory.approve(MANY)).toMatchObject({ outcome: 'ok' });
  expect([standing(directory, 1), standing(directory, 2), standing(directory, 31)]).toEqual([
    'suspended',
    'missing',
    'active',
  ]);
  expect(await directory.sync(MANY)).toMatchObject({ outcome: 'unchanged' });
});

test('whoever was unsuspended while a plan waits is looked at by the pass after it', async () => {
  using directory = new Guarded();
  await directory.sync(ALL);
  await suspendUser(by(directory), person(directory, 'u100'), turn(directory));
  expect(await directory.sync(MANY)).toMatchObject({ outcome: 'blocked' });
  await directory.sync({ ...MANY, users: { ...MANY.users, u100: { active: false } } });
  const now = { ...SOURCE, rules: await compileRules(SOURCE) };
  expect(await unsuspendUser(by(directory), person(directory, 'u100'), now, turn(directory))).toMatchObject({
    inactiveReason: 'disabled',
  });
  expect(await directory.sync(ALL)).toMatchObject({ outcome: 'ok', blocked: null });
  expect(standing(directory, 100)).toBe('active');
});

test('edits by hand use nothing of what limits allow', async () => {
  using directory = new Guarded();
  await directory.sync(ALL);
  for (const name of ids(91, 100)) {
    await suspendUser(by(directory), person(directory, name), turn(directory));
    await releaseName(by(directory), person(directory, name), turn(directory));
  }
  // Nine of the ninety who are active: all that the limit allows, and no suspension was counted before.
  expect(await directory.sync(people(10, 100))).toMatchObject({ outcome: 'ok' });
  expect(directory.rows('SELECT count(*) AS n FROM v1_users WHERE active = 1')).toEqual([{ n: 81 }]);
});
