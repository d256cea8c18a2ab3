import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groups } from '../../src/cli/groups.ts';
import { type UsersOptions, users } from '../../src/cli/users.ts';
import type { Directory } from '../sync/kit.ts';
import { company, look, paper, refused, rows } from './lookups-kit.ts';

let directory: Directory;
beforeAll(async () => {
  directory = await company();
});
afterAll(() => directory[Symbol.dispose]());

describe('users', () => {
  test('all of them, by name', async () => {
    expect(await paper(directory, users, {})).toMatchInlineSnapshot(`
      "id  user name  name          email               source  state
       1  ada        Ada Lovelace  ada@corp.example    corp    active
       2  bob        Bob Ross      bob@corp.example    corp    disabled
       3  carol      Carol Shaw    carol@corp.example  corp    active
       4  Ève        Ève Żak                           corp    active
      "
    `);
  });

  test.each([
    ['part of a user name', { text: 'aro' }, ['carol']],
    ['case, accents composed or not', { text: 'E\u0300VE' }, ['Ève']],
    ['a display name', { text: 'żAK' }, ['Ève']],
    ['a mail address', { text: '@CORP' }, ['ada', 'bob', 'carol']],
    ['an external id', { text: 'U1' }, ['ada']],
    ['a wildcard is a character', { text: '%' }, []],
    ['active ones', { active: true }, ['ada', 'carol', 'Ève']],
    ['others', { inactive: true }, ['bob']],
    ['a source', { source: 'corp' }, ['ada', 'bob', 'carol', 'Ève']],
    ['made by hand', { source: 'local' }, []],
    ['a group, its active members', { group: 'platform' }, ['ada', 'carol']],
    ['both', { group: 'platform', text: 'car' }, ['carol']],
    ['the first two', { limit: '2' }, ['ada', 'bob']],
    ['no limit', { limit: '0' }, ['ada', 'bob', 'carol', 'Ève']],
  ])('%s', async (_, options, names) => {
    const { out } = await look(directory, users, { ...options, json: true });
    expect((JSON.parse(out) as { user_name: string }[]).map((user) => user.user_name)).toEqual(names);
  });

  test('none', async () => {
    expect(await paper(directory, users, { text: 'nobody' })).toBe('No users.\n');
    expect(await paper(directory, users, { text: 'nobody', json: true })).toBe('[]\n');
  });

  test('what a limit cut is counted', async () => {
    expect(await paper(directory, users, { limit: '2', text: 'corp' })).toMatchInlineSnapshot(`
      "id  user name  name          email             source  state
       1  ada        Ada Lovelace  ada@corp.example  corp    active
       2  bob        Bob Ross      bob@corp.example  corp    disabled
      … and 1 more; --limit 0 shows all
      "
    `);
    expect(await paper(directory, users, { limit: '4' })).not.toContain('more');
  });

  test('whoever takes cut JSON for the whole is told beside it', async () => {
    const { out, err } = await look(directory, users, { limit: '1', json: true });
    expect(JSON.parse(out)).toHaveLength(1);
    expect(err).toBe('… and 3 more; --limit 0 shows all\n');
  });

  test('for programs, the columns of the view, one account a line', async () => {
    const { out } = await look(directory, users, { json: true });
    expect(out.split('\n')).toHaveLength(7);
    const [view] = directory.rows('SELECT * FROM v1_users WHERE id = 1');
    expect(await rows(directory, users, { text: 'ada' })).toEqual([{ ...view, attributes: {} }]);
  });

  test('on a terminal, as wide as it is', async () => {
    expect((await look(directory, users, {}, { columns: 50 })).out).toMatchInlineSnapshot(`
      "id  user na…  name      email     source  state
       1  ada       Ada Lov…  ada@cor…  corp    active
       2  bob       Bob Ross  bob@cor…  corp    disabled
       3  carol     Carol S…  carol@c…  corp    active
       4  Ève       Ève Żak             corp    active
      "
    `);
    const { out } = await look(directory, users, { text: 'bob' }, { columns: 80, colour: true });
    expect(out).toContain('\u001b[1muser name\u001b[22m');
    expect(out).toContain('\u001b[33mdisabled\u001b[39m');
  });

  test.each<[UsersOptions, string]>([
    [{ active: true, inactive: true }, '--active and --inactive exclude each other: leave out one.'],
    [
      { inactive: true, group: 'Platform' },
      '--group shows active members only; "rosterd members GROUP --all" shows the others as well.',
    ],
    [{ limit: 'ten' }, '--limit: `ten` is no whole number.'],
    [{ limit: '-1' }, '--limit: `-1` is no whole number.'],
    [{ source: 'crop' }, '--source: the directory has no source `crop`; did you mean `corp`?'],
    [{ source: 'example' }, '--source: the directory has no source `example`; it has `corp`.'],
    [{ group: 'plattform' }, 'There is no group `plattform` (name, id or external id); did you mean `Platform`?'],
    [
      { group: 'x' },
      'There is no group `x` (name, id or external id); "rosterd groups TEXT" looks for part of a name.',
    ],
    [
      { group: 'core' },
      'The group `Core` was removed on 2026-01-03 00:00 UTC; "rosterd members --at TIME id:2" tells who was in it before.',
    ],
  ])('refuses %j', async (options, message) => {
    expect(await refused(directory, users, options)).toMatchObject({ exit: 2, message });
  });
});

describe('groups', () => {
  test('all of them, by name, with their active members counted', async () => {
    expect(await paper(directory, groups, {})).toMatchInlineSnapshot(`
      "id  name      source  members  description
       1  Platform  corp          2  Runs what others build on
       3  Secret    corp          0
      "
    `);
  });

  test.each([
    ['part of a name', { text: 'PLAT' }, ['Platform']],
    ['a description', { text: 'others build' }, ['Platform']],
    ['an external id', { text: 'g3' }, ['Secret']],
    ['a removed one', { text: 'Core' }, []],
    ['a source', { source: 'corp' }, ['Platform', 'Secret']],
    ['made by hand', { source: 'local' }, []],
  ])('%s', async (_, options, names) => {
    expect((await rows(directory, groups, options)).map((group) => group.name)).toEqual(names);
  });

  test('none, and a limit', async () => {
    expect(await paper(directory, groups, { text: 'nothing' })).toBe('No groups.\n');
    expect(await paper(directory, groups, { limit: '1' })).toMatch(/\n… and 1 more; --limit 0 shows all\n$/);
  });

  test('for programs, the columns of the view and the figure', async () => {
    const [view] = directory.rows('SELECT * FROM v1_groups WHERE id = 1');
    expect(await rows(directory, groups, { text: 'platform' })).toEqual([{ ...view, members: 2 }]);
  });
});
