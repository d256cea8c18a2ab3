import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changes } from '../../src/cli/changes.ts';
import { members } from '../../src/cli/members.ts';
import { releaseName } from '../../src/sync/hand/release-name.ts';
import { by, person, turn } from '../sync/hand-kit.ts';
import { Directory } from '../sync/kit.ts';
import { refused, rows } from './lookups-kit.ts';

/** People and groups whose names are others' ids, in two sources. */
let directory: Directory;
beforeAll(async () => {
  directory = new Directory();
  const mail = 'shared@corp.example';
  await directory.pass({
    users: { u1: { userName: '2' }, u2: { userName: 'Straße', email: mail }, u3: { userName: 'carol', email: mail } },
    groups: {
      g1: { name: '3', members: ['u1'] },
      g2: { name: 'Größe', members: ['u2'] },
      same: { name: 'other', members: ['u3'] },
    },
  });
  await directory.pass(
    { users: { u1: { userName: 'dora' } }, groups: { same: { members: ['u1'] } } },
    { source: 'staff' },
  );
});
afterAll(() => directory[Symbol.dispose]());

describe('finds a person by', () => {
  test.each([
    ['name, folded', 'STRASSE', 'Straße'],
    ['id', '4', 'dora'],
    ['id and nothing else', 'id:2', 'Straße'],
    ['external id', 'u3', 'carol'],
  ])('%s', async (_, user, name) => {
    expect((await rows(directory, members, { user })).map((row) => row.user_name)).toEqual([name]);
  });
});

test('finds a person by a user name that was let go of, unless somebody else has it', async () => {
  using left = new Directory();
  const bob = { u2: { userName: 'bob' } };
  await left.pass({ users: { u1: { userName: 'ada' }, ...bob } });
  await left.pass({ users: bob });
  await releaseName(by(left), person(left, 'ada'), turn(left));
  const found = async () => (await rows(left, changes, { user: 'ADA' })).map((row) => row.object_id);
  expect(await found()).toEqual([1, 1, 1]);
  await left.pass({ users: { ...bob, u3: { userName: 'Ada' } } });
  expect(await found()).toEqual([3]);
});

describe('finds a group by', () => {
  test.each([
    ['name, folded', 'GRÖSSE', 'Größe'],
    ['id', '2', 'Größe'],
    ['id and nothing else', 'id:3', 'other'],
    ['external id', 'g2', 'Größe'],
    ['a name before another source of that external id', 'other', 'other'],
  ])('%s', async (_, group, name) => {
    expect((await rows(directory, members, { group })).map((row) => row.group_name)).toEqual([name]);
  });
});

describe('does not guess', () => {
  test.each([
    ['a name that is an id as well', { user: '2' }, '`2` fits 2 users: id:1 `2` (corp), id:2 `Straße` (corp).'],
    ['an external id of two sources', { user: 'u1' }, '`u1` fits 2 users: id:1 `2` (corp), id:4 `dora` (staff).'],
    [
      'a mail address of two people',
      { user: 'Shared@corp.example' },
      '`Shared@corp.example` fits 2 users: id:2 `Straße` (corp), id:3 `carol` (corp).',
    ],
    ['a group name that is an id as well', { group: '3' }, '`3` fits 2 groups: id:1 `3` (corp), id:3 `other` (corp).'],
    [
      'a group name that is an external id as well',
      { group: 'same' },
      '`same` fits 2 groups: id:3 `other` (corp), id:4 `same` (staff).',
    ],
  ])('%s', async (_, options, sentence) => {
    const message = `${sentence} Give one of these ids.`;
    expect(await refused(directory, members, options)).toEqual({ exit: 2, code: 'ambiguous', message });
  });

  test('and lists five of many', async () => {
    using many = new Directory();
    const people = Array.from({ length: 8 }, (_, at) => [`u${at}`, { email: 'all@corp.example' }] as const);
    await many.pass({ users: Object.fromEntries(people) });
    expect((await refused(many, members, { user: 'all@corp.example' })).message).toBe(
      '`all@corp.example` fits 8 users: id:1 `u0` (corp), id:2 `u1` (corp), id:3 `u2` (corp), id:4 `u3` (corp), id:5 `u4` (corp) and 3 more. Give one of these ids.',
    );
  });
});
