import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { type MembersOptions, members } from '../../src/cli/members.ts';
import { Directory } from '../sync/kit.ts';
import { company, paper, refused, rows } from './lookups-kit.ts';

let directory: Directory;
beforeAll(async () => {
  directory = await company();
});
afterAll(() => directory[Symbol.dispose]());

test('the members of a group, whom applications see', async () => {
  expect(await paper(directory, members, { group: 'platform' })).toMatchInlineSnapshot(`
    "id  user name  name          how     origin  state   since (UTC)
     1  ada        Ada Lovelace  direct  source  active  2026-01-01 00:00
     3  carol      Carol Shaw    direct  source  active  2026-01-01 00:00
    … and 1 hidden from applications: the account is not active; --all shows all
    "
  `);
});

test('and those whom they do not', async () => {
  expect(await paper(directory, members, { group: 'platform', all: true })).toMatchInlineSnapshot(`
    "id  user name  name          how     origin  state     since (UTC)
     1  ada        Ada Lovelace  direct  source  active    2026-01-01 00:00
     2  bob        Bob Ross      direct  source  disabled  2026-01-01 00:00
     3  carol      Carol Shaw    direct  source  active    2026-01-01 00:00
    "
  `);
});

test('the groups of a person', async () => {
  expect(await paper(directory, members, { user: 'carol' })).toMatchInlineSnapshot(`
    "group id  group     how     origin  state   since (UTC)
           1  Platform  direct  source  active  2026-01-01 00:00
    "
  `);
});

test('the groups of a person who is not active', async () => {
  expect(await paper(directory, members, { user: 'bob' })).toMatchInlineSnapshot(`
    "No groups.
    … and 1 hidden from applications: the account is not active; --all shows all
    "
  `);
  expect(await paper(directory, members, { user: 'bob', all: true })).toMatchInlineSnapshot(`
    "group id  group     how     origin  state     since (UTC)
           1  Platform  direct  source  disabled  2026-01-01 00:00
    "
  `);
});

test('a group without members', async () => {
  expect(await paper(directory, members, { group: 'Secret' })).toBe('No members.\n');
  expect(await paper(directory, members, { group: 'Secret', json: true })).toBe('[]\n');
});

test('for programs', async () => {
  expect(await rows(directory, members, { group: 'Platform', user: 'carol' })).toEqual([
    {
      group_id: 1,
      group_name: 'Platform',
      user_id: 3,
      user_name: 'carol',
      display_name: 'Carol Shaw',
      direct: 1,
      origin: 'source',
      active: 1,
      inactive_reason: null,
      // Of the first run, though she was a nested member then.
      since: directory.rows<{ at: string }>('SELECT finished_at AS at FROM v1_runs WHERE id = 1')[0]?.at,
    },
  ]);
});

test('a limit', async () => {
  const cut = await paper(directory, members, { group: 'Platform', limit: '1' });
  expect(cut).toMatch(
    /^ ?id .*\n.* ada .*\n… and 1 more; --limit 0 shows all\n… and 1 hidden from applications: [^\n]*\n$/,
  );
  expect(await paper(directory, members, { group: 'Platform', all: true, limit: '1' })).toContain('… and 2 more');
});

describe('who was in it', () => {
  test.each<[string, MembersOptions, string[]]>([
    [
      'after the first run',
      { group: 'Platform', at: '2026-01-01T12:00Z' },
      ['ada direct', 'bob direct', 'carol nested'],
    ],
    ['after the second', { group: 'Platform', at: '2026-01-02T12:00Z' }, ['ada direct', 'bob direct', 'carol direct']],
    ['after the third', { group: 'Platform', at: '2026-01-03T12:00Z' }, ['ada direct', 'carol direct']],
    ['ago', { group: 'Platform', at: '60h' }, ['ada direct', 'bob direct', 'carol nested']],
    [
      'at the first moment of a day',
      { group: 'Platform', at: '2026-01-02' },
      ['ada direct', 'bob direct', 'carol nested'],
    ],
    ['in another zone', { group: 'Core', at: '2026-01-02T13:00+02:00' }, ['ada direct']],
    ['in a group that is removed by now', { group: 'core', at: '2026-01-01T12:00' }, ['carol direct']],
    ['after it was removed', { group: 'core', at: '2026-01-03T12:00' }, []],
    ['a person then', { user: 'carol', at: '2026-01-01T12:00' }, ['Core direct', 'Platform nested']],
    ['a person who is not active now', { user: 'bob', at: '2026-01-01T12:00' }, ['Platform direct']],
  ])('%s', async (_, options, expected) => {
    const found = await rows(directory, members, options);
    const name = options.group === undefined ? 'group_name' : 'user_name';
    expect(found.map((row) => `${row[name]} ${row.direct ? 'direct' : 'nested'}`)).toEqual(expected);
  });

  test('the state is the one of that time, and the time stands below', async () => {
    expect(
      await paper(directory, members, { group: 'Platform', at: '2026-01-03T12:00', all: true }),
    ).toMatchInlineSnapshot(`
      "id  user name  name          how     origin  state     since (UTC)
       1  ada        Ada Lovelace  direct  source  active    2026-01-01 00:00
       2  bob        Bob Ross      direct  source  disabled  2026-01-01 00:00
       3  carol      Carol Shaw    direct  source  active    2026-01-01 00:00
      As of 2026-01-03 12:00 UTC.
      "
    `);
    expect(
      await paper(directory, members, { group: 'Platform', at: '2026-01-02T12:00', all: true }),
    ).toMatchInlineSnapshot(`
      "id  user name  name          how     origin  state   since (UTC)
       1  ada        Ada Lovelace  direct  source  active  2026-01-01 00:00
       2  bob        Bob Ross      direct  source  active  2026-01-01 00:00
       3  carol      Carol Shaw    direct  source  active  2026-01-01 00:00
      As of 2026-01-02 12:00 UTC.
      "
    `);
  });

  test('who was disabled in between and came back', async () => {
    using other = new Directory();
    const tenant = (active: boolean) => ({
      users: { u1: { userName: 'ada', active } },
      groups: { g1: { members: ['u1'] } },
    });
    for (const active of [true, false, true]) {
      await other.pass(tenant(active));
      await other.clock.sleep(86_400_000);
    }
    const found = async (at: string) => (await rows(other, members, { group: 'g1', at })).length;
    expect([await found('2026-01-01T12:00'), await found('2026-01-02T12:00'), await found('2026-01-03T12:00')]).toEqual(
      [1, 0, 1],
    );
  });
});

const NO_TIME =
  'is no time. Give a date such as 2026-11-24, a time such as 2026-11-24T18:06Z, or how long ago, such as 3d or 12h.';
const NO_USER = '(user name, id, external id or mail address); "rosterd users TEXT" looks for part of a name.';

test.each<[MembersOptions, string]>([
  [{}, 'Name a group or a person: "rosterd members GROUP" or "rosterd members --user PERSON".'],
  [
    { group: 'Platform', at: '2025-12-31' },
    '--at: this directory was made on 2026-01-01 00:00 UTC; nothing is known of 2025-12-31 00:00 UTC, before it.',
  ],
  [{ group: 'Platform', at: '2030-01-01' }, '--at: that time has not come yet.'],
  [{ group: 'Platform', at: 'yesterday' }, `--at: \`yesterday\` ${NO_TIME}`],
  [{ group: 'Platform', at: '2026-02-31' }, `--at: \`2026-02-31\` ${NO_TIME}`],
  [{ group: 'Platform', at: '2026-02-03T24:30' }, `--at: \`2026-02-03T24:30\` ${NO_TIME}`],
  [{ user: 'nobody' }, `There is no user \`nobody\` ${NO_USER}`],
  [{ user: 'carrol' }, 'There is no user `carrol` (user name, id, external id or mail address); did you mean `carol`?'],
  [{ user: '\u001b[2Jada\n' }, `There is no user \`\\x1b[2Jada\\n\` ${NO_USER}`],
  [
    { group: 'id:2' },
    'The group `Core` was removed on 2026-01-03 00:00 UTC; "rosterd members --at TIME id:2" tells who was in it before.',
  ],
  [
    { group: 'id:99' },
    'There is no group `id:99` (name, id or external id); "rosterd groups TEXT" looks for part of a name.',
  ],
])('refuses %j', async (options, message) => {
  expect(await refused(directory, members, options)).toMatchObject({ exit: 2, message });
});

test('what a group has beside people and groups is counted', async () => {
  using lab = new Directory();
  await lab.pass({
    users: { u1: { userName: 'ada' } },
    groups: { g1: { name: 'Lab', members: ['u1', '#d1', '#d2'] } },
  });
  const more =
    '2 at the identity provider that make no account: devices, contacts, applications or people of elsewhere';
  expect(await paper(lab, members, { group: 'Lab' })).toContain(`\n… and ${more}\n`);
  expect(await paper(lab, explain, { text: 'Lab' })).toMatch(/other members +2 that make no account: devices/);
  expect(JSON.stringify(await rows(lab, explain, { text: 'Lab' }))).toContain('"otherMembers":2');
});
