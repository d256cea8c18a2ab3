import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../src/model/snapshot.ts';
import { Directory, SOURCE, shown, type Tenant } from './kit.ts';

const company = (): Tenant => ({
  users: {
    u1: { userName: 'ada', displayName: 'Ada Lovelace', department: 'Engineering', manager: 'u3' },
    u2: { userName: 'bob', email: 'bob@example.com', manager: 'carol@example.com' },
    u3: { userName: 'carol', email: 'carol@example.com' },
    u4: { userName: 'dan', active: false },
  },
  groups: {
    g1: { name: 'Company', members: ['@g2', 'u3'] },
    g2: { name: 'Engineering', members: ['u1', 'u2', '#printer'] },
  },
});

const changes = (directory: Directory, run: number) =>
  directory
    .rows<Record<string, unknown>>(
      `SELECT c.action, c.object, coalesce(u.user_name, '') || CASE WHEN c.object = 'user' THEN '' ELSE ' ' || coalesce(c.object_name, '') END AS name,
       c.reason, c.before, c.after
     FROM v1_changes c LEFT JOIN v1_users u ON u.id = CASE c.object WHEN 'user' THEN c.object_id WHEN 'membership' THEN c.related_id END
     WHERE c.run_id = ? ORDER BY c.object, c.action, name`,
      run,
    )
    .map((row) =>
      [row.action, row.object, String(row.name).trim(), row.reason, row.before, row.after]
        .filter((x) => x !== null)
        .join(' '),
    );

describe('a first pass', () => {
  test('makes accounts, groups, memberships and nesting', async () => {
    using directory = new Directory();
    const result = await directory.pass(company());
    expect(result).toMatchObject({ outcome: 'ok', code: null, problems: 0, seen: { users: 4, groups: 2, members: 5 } });
    expect(shown(directory)).toMatchInlineSnapshot(`
      {
        "groups": [
          {
            "description": null,
            "external_id": "g1",
            "name": "Company",
            "source": "corp",
          },
          {
            "description": null,
            "external_id": "g2",
            "name": "Engineering",
            "source": "corp",
          },
        ],
        "members": [
          {
            "direct": 0,
            "grp": "g1",
            "origin": "source",
            "usr": "u1",
          },
          {
            "direct": 0,
            "grp": "g1",
            "origin": "source",
            "usr": "u2",
          },
          {
            "direct": 1,
            "grp": "g1",
            "origin": "source",
            "usr": "u3",
          },
          {
            "direct": 1,
            "grp": "g2",
            "origin": "source",
            "usr": "u1",
          },
          {
            "direct": 1,
            "grp": "g2",
            "origin": "source",
            "usr": "u2",
          },
        ],
        "nesting": [
          {
            "child": "g2",
            "parent": "g1",
          },
        ],
        "users": [
          {
            "department": "Engineering",
            "display_name": "Ada Lovelace",
            "email": null,
            "employee_number": null,
            "external_id": "u1",
            "family_name": null,
            "given_name": null,
            "locale": null,
            "manager": "carol",
            "organization": null,
            "phone_number": null,
            "source": "corp",
            "title": null,
            "user_key": "ada",
            "user_name": "ada",
            "user_type": null,
          },
          {
            "department": null,
            "display_name": null,
            "email": "bob@example.com",
            "employee_number": null,
            "external_id": "u2",
            "family_name": null,
            "given_name": null,
            "locale": null,
            "manager": "carol",
            "organization": null,
            "phone_number": null,
            "source": "corp",
            "title": null,
            "user_key": "bob",
            "user_name": "bob",
            "user_type": null,
          },
          {
            "department": null,
            "display_name": null,
            "email": "carol@example.com",
            "employee_number": null,
            "external_id": "u3",
            "family_name": null,
            "given_name": null,
            "locale": null,
            "manager": null,
            "organization": null,
            "phone_number": null,
            "source": "corp",
            "title": null,
            "user_key": "carol",
            "user_name": "carol",
            "user_type": null,
          },
        ],
      }
    `);
    expect(directory.rows('SELECT outcome, created, groups_changed, members_added FROM v1_runs')).toEqual([
      { outcome: 'ok', created: 3, groups_changed: 2, members_added: 5 },
    ]);
  });

  test('leaves nothing beside the directory but the lock', async () => {
    using directory = new Directory();
    await directory.pass(company());
    expect(readdirSync(directory.folder).sort()).toEqual(['directory.db', 'directory.db.corp.lock']);
  });
});

test('a second identical pass writes nothing but its run and its source', async () => {
  using directory = new Directory();
  await directory.pass(company());
  const tables = directory.rows<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('runs', 'sources', 'sqlite_sequence')",
  );
  const dump = () => tables.map(({ name }) => directory.rows(`SELECT * FROM "${name}"`));
  const before = dump();
  expect(await directory.pass(company())).toMatchObject({ outcome: 'unchanged' });
  expect(dump()).toEqual(before);
});

test('every kind of change has its reason, before and after', async () => {
  using directory = new Directory();
  await directory.pass(company());
  const later = company();
  later.users.u1 = { ...later.users.u1, department: 'Research', userName: 'ada.l' };
  later.users.u2 = { ...later.users.u2, active: false };
  delete later.users.u3;
  later.users.u4 = { userName: 'dan' };
  later.groups = {
    g1: { name: 'Everyone', members: ['u4', 'u1'] },
    g3: { name: 'New', description: 'made', members: ['u4'] },
  };
  const result = await directory.pass(later);
  expect(changes(directory, result.runId)).toMatchInlineSnapshot(`
    [
      "create group New source {"name":"New","description":"made"}",
      "remove group Engineering missing {"removed":false} {"removed":true}",
      "rename group Company source {"name":"Company"} {"name":"Everyone"}",
      "add membership dan Everyone source {"direct":1,"origin":"source"}",
      "add membership dan New source {"direct":1,"origin":"source"}",
      "drop membership ada.l Engineering missing {"direct":1,"origin":"source"}",
      "drop membership bob Engineering missing {"direct":1,"origin":"source"}",
      "drop membership bob Everyone source {"direct":0,"origin":"source"}",
      "drop membership carol Everyone missing {"direct":1,"origin":"source"}",
      "update membership ada.l Everyone source {"direct":0,"origin":"source"} {"direct":1,"origin":"source"}",
      "drop nesting Everyone source {}",
      "create user dan source {"active":true,"userName":"dan"}",
      "deactivate user bob disabled {"active":true,"inactiveReason":null} {"active":false,"inactiveReason":"disabled"}",
      "deactivate user carol missing {"active":true,"inactiveReason":null} {"active":false,"inactiveReason":"missing"}",
      "rename user ada.l source {"userName":"ada"} {"userName":"ada.l"}",
      "update user ada.l source {"department":"Engineering"} {"department":"Research"}",
      "update user ada.l source {"managerId":3} {"managerId":null}",
      "update user bob source {"managerId":3} {"managerId":null}",
    ]
  `);
  const back = await directory.pass(company());
  expect(changes(directory, back.runId)).toMatchInlineSnapshot(`
    [
      "remove group New missing {"removed":false} {"removed":true}",
      "rename group Everyone source {"name":"Everyone"} {"name":"Company"}",
      "return group Engineering source {"removed":true} {"removed":false}",
      "add membership ada Engineering source {"direct":1,"origin":"source"}",
      "add membership bob Company source {"direct":0,"origin":"source"}",
      "add membership bob Engineering source {"direct":1,"origin":"source"}",
      "add membership carol Company source {"direct":1,"origin":"source"}",
      "drop membership dan Company source {"direct":1,"origin":"source"}",
      "drop membership dan New missing {"direct":1,"origin":"source"}",
      "update membership ada Company source {"direct":1,"origin":"source"} {"direct":0,"origin":"source"}",
      "add nesting Company source {}",
      "deactivate user dan disabled {"active":true,"inactiveReason":null} {"active":false,"inactiveReason":"disabled"}",
      "reactivate user bob source {"active":false,"inactiveReason":"disabled"} {"active":true,"inactiveReason":null}",
      "reactivate user carol source {"active":false,"inactiveReason":"missing"} {"active":true,"inactiveReason":null}",
      "rename user ada source {"userName":"ada.l"} {"userName":"ada"}",
      "update user ada source {"department":"Research"} {"department":"Engineering"}",
      "update user ada source {"managerId":null} {"managerId":3}",
      "update user bob source {"managerId":null} {"managerId":3}",
    ]
  `);
});

describe('names', () => {
  test('two people swap user names in one pass', async () => {
    using directory = new Directory();
    await directory.pass({ users: { a: { userName: 'ada' }, b: { userName: 'bob' } } });
    const result = await directory.pass({ users: { a: { userName: 'bob' }, b: { userName: 'ada' } } });
    expect(result).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.rows('SELECT external_id, user_name FROM v1_users ORDER BY 1')).toEqual([
      { external_id: 'a', user_name: 'bob' },
      { external_id: 'b', user_name: 'ada' },
    ]);
  });

  test('a name that is held stays with its holder; the newcomer is left out and reported', async () => {
    using directory = new Directory();
    await directory.pass({ users: { a: { userName: 'Ada' } } });
    expect(await directory.pass({ users: { a: { userName: 'Ada' }, b: { userName: 'ada' } } })).toMatchObject({
      outcome: 'unchanged',
      problems: 1,
    });
    expect(
      directory.rows('SELECT kind, object, object_id, external_id, detail FROM v1_problems'),
    ).toMatchInlineSnapshot(`
      [
        {
          "detail": "No account was made: the user name \`ada\` is held by account 1 of source corp. Rename one of the two at the identity provider.",
          "external_id": "b",
          "kind": "user-name-conflict",
          "object": "user",
          "object_id": null,
        },
      ]
    `);
    // Once the holder moves the newcomer gets the name, in the same pass.
    expect(await directory.pass({ users: { a: { userName: 'Ada B' }, b: { userName: 'ada' } } })).toMatchObject({
      outcome: 'ok',
      problems: 0,
    });
  });

  test('across sources the first keeps the name', async () => {
    using directory = new Directory();
    await directory.pass({ users: { a: { userName: 'ada' } }, groups: { g: { name: 'Staff' } } });
    const result = await directory.pass(
      { users: { x: { userName: 'ADA' } }, groups: { y: { name: 'staff', members: ['x'] } } },
      { source: 'staff' },
    );
    expect(result).toMatchObject({ outcome: 'unchanged', problems: 2 });
    expect(directory.rows('SELECT source, user_name FROM v1_users')).toEqual([{ source: 'corp', user_name: 'ada' }]);
  });

  test('a user name that is empty, too long or holds control characters is a problem', async () => {
    using directory = new Directory();
    const users = {
      a: { userName: null },
      b: { userName: 'x'.repeat(256) },
      c: { userName: 'a\u0007b' },
      d: { userName: 'dan' },
    };
    expect(await directory.pass({ users })).toMatchObject({ problems: 3 });
    await directory.pass({ users: { ...users, d: { userName: ' ' } } });
    expect(directory.rows('SELECT user_name, active FROM v1_users')).toEqual([{ user_name: 'dan', active: 1 }]);
    expect(directory.rows('SELECT external_id, detail FROM v1_problems ORDER BY 1')).toMatchInlineSnapshot(`
      [
        {
          "detail": "No account was made: the user name that it should have cannot be used: it is empty. Change it at the identity provider.",
          "external_id": "a",
        },
        {
          "detail": "No account was made: the user name that it should have cannot be used: it has 256 characters; 255 is the most. Change it at the identity provider.",
          "external_id": "b",
        },
        {
          "detail": "No account was made: the user name that it should have cannot be used: it holds control characters. Change it at the identity provider.",
          "external_id": "c",
        },
        {
          "detail": "The user name that it should have cannot be used: it is empty. The account keeps \`dan\`. Change it at the identity provider.",
          "external_id": "d",
        },
      ]
    `);
  });

  test('a removed group yields its name to a group of its own source, and comes back as a conflict', async () => {
    using directory = new Directory();
    await directory.pass({ users: { a: {} }, groups: { g1: { name: 'Team', members: ['a'] } } });
    await directory.pass({ users: { a: {} }, groups: {} });
    expect(directory.rows('SELECT * FROM v1_groups')).toEqual([]);
    await directory.pass({ users: { a: {} }, groups: { g2: { name: 'team' } } });
    expect(
      await directory.pass({
        users: { a: {} },
        groups: { g1: { name: 'Team', members: ['a'] }, g2: { name: 'team' } },
      }),
    ).toMatchObject({ problems: 1 });
    expect(directory.rows('SELECT id, external_id, name FROM v1_groups')).toEqual([
      { id: 2, external_id: 'g2', name: 'team' },
    ]);
    expect(await directory.pass({ users: { a: {} }, groups: { g1: { name: 'Team', members: ['a'] } } })).toMatchObject({
      problems: 0,
    });
    expect(directory.rows('SELECT id, external_id, name FROM v1_groups')).toEqual([
      { id: 1, external_id: 'g1', name: 'Team' },
    ]);
  });
});

describe('what is unknown never removes', () => {
  const two = (): Tenant => ({ users: { a: {}, b: {} }, groups: { g: { members: ['a', 'b'] } } });

  test('somebody whom the listing left out and a look-up does not answer about stays, memberships too', async () => {
    using directory = new Directory();
    await directory.pass(two());
    const partial: Tenant = { users: { a: {} }, groups: { g: { members: ['a'] } } };
    const answers = { unknown: new Set(['b']) };
    expect(await directory.pass(partial, { answers })).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(await directory.pass(partial, { answers })).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(shown(directory).members).toHaveLength(2);
    // Gone for certain: the account and its membership go.
    expect(await directory.pass(partial)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.rows('SELECT external_id, active, inactive_reason FROM v1_users ORDER BY 1')).toEqual([
      { external_id: 'a', active: 1, inactive_reason: null },
      { external_id: 'b', active: 0, inactive_reason: 'missing' },
    ]);
    expect(shown(directory).members).toHaveLength(1);
    expect(directory.rows('SELECT count(*) AS n FROM v1_membership_history WHERE to_run IS NOT NULL')).toEqual([
      { n: 1 },
    ]);
  });

  test('somebody whom a look-up finds stays, with the record just read', async () => {
    using directory = new Directory();
    await directory.pass(two());
    const found = two();
    found.users.b = { department: 'Sales' };
    found.groups = { g: { members: ['a'] } };
    expect(await directory.pass(found, { answers: { hidden: new Set(['b']) } })).toMatchObject({
      outcome: 'ok',
      problems: 0,
    });
    expect(shown(directory).members).toHaveLength(2);
    expect(directory.rows("SELECT department FROM v1_users WHERE external_id = 'b'")).toEqual([
      { department: 'Sales' },
    ]);
    // Listed again, and in no group any more: now the membership goes.
    expect(await directory.pass(found)).toMatchObject({ outcome: 'ok' });
    expect(shown(directory).members).toHaveLength(1);
  });

  test('a group whose members may not be read keeps the last known ones', async () => {
    using directory = new Directory();
    await directory.pass(two());
    const unread = two();
    unread.groups = { g: { name: 'renamed', members: null } };
    expect(await directory.pass(unread)).toMatchObject({ outcome: 'ok', problems: 1 });
    expect(shown(directory).members).toHaveLength(2);
    expect(directory.rows('SELECT detail FROM v1_problems')).toMatchInlineSnapshot(`
      [
        {
          "detail": "Its members could not be read (HTTP 403); the last known members stay.",
        },
      ]
    `);
    expect(await directory.pass(two())).toMatchObject({ problems: 0 });
  });

  test('a missing active keeps the last known state, and makes no newcomer', async () => {
    using directory = new Directory();
    await directory.pass(two());
    const users = { a: { active: null }, b: {}, c: { active: null } };
    expect(await directory.pass({ ...two(), users })).toMatchObject({ outcome: 'unchanged', problems: 2 });
    expect(shown(directory).users).toHaveLength(2);
  });

  test('no users at all is believed neither at first nor later', async () => {
    using directory = new Directory();
    const finding = { what: 'the permission to read users', ok: false, detail: 'It is missing.' };
    expect(await directory.pass({ users: {} }, { answers: { findings: [finding] } })).toMatchObject({
      outcome: 'failed',
      code: 'permission',
    });
    expect(await directory.pass({ users: {} })).toMatchObject({
      outcome: 'unchanged',
      message: 'The identity provider listed no users.',
    });
    await directory.pass(two());
    expect(await directory.pass({ users: {} }, { request: { source: SOURCE } })).toMatchObject({ outcome: 'blocked' });
    expect(shown(directory).users).toHaveLength(2);
  });

  test('a listing that is cut off changes nothing, and its run says why', async () => {
    using directory = new Directory();
    await directory.pass(two());
    const before = shown(directory);
    const result = await directory.pass({ users: { c: {}, d: {} } }, { answers: { cutAfter: 1, batch: 1 } });
    expect(result).toMatchObject({ outcome: 'failed', code: 'unexpected' });
    expect(shown(directory)).toEqual(before);
    expect(directory.rows("SELECT count(*) AS n FROM nodes WHERE ext IN ('c', 'd')")).toEqual([{ n: 0 }]);
    expect(existsSync(`${directory.path}.corp.${result.runId}.stage`)).toBe(false);
  });
});

describe('a group of more than five that comes back empty', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const six = (members: string[]): Tenant => ({
    users: Object.fromEntries(ids.map((id) => [id, {}])),
    groups: { g: { members } },
  });

  test('is read again, and keeps its members when they are there', async () => {
    using directory = new Directory();
    await directory.pass(six(ids));
    const result = await directory.pass(six(ids), { answers: { emptied: new Set(['g']) } });
    expect(result).toMatchObject({ outcome: 'unchanged' });
    expect(shown(directory).members).toHaveLength(6);
  });

  test('is believed when it is empty twice', async () => {
    using directory = new Directory();
    await directory.pass(six(ids));
    expect(await directory.pass(six([]))).toMatchObject({ outcome: 'ok' });
    expect(shown(directory).members).toHaveLength(0);
  });

  test('keeps its members, as a problem, when nobody answers the second time', async () => {
    using directory = new Directory();
    await directory.pass(six(ids));
    const answers = { emptied: new Set(['g']), unknown: new Set(['g']) };
    expect(await directory.pass(six(ids), { answers })).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(shown(directory).members).toHaveLength(6);
    expect(await directory.pass(six(ids))).toMatchObject({ outcome: 'unchanged', problems: 0 });
  });
});

test('whoever a listing shows twice is counted once', async () => {
  using directory = new Directory();
  const tenant: Tenant = { users: { u1: {}, u2: {} }, groups: { g1: { members: ['u1'] } } };
  const again = (items: Item[]) => [...items, ...items.filter((item) => 'user' in item || 'group' in item)];
  await directory.pass(tenant, { answers: { shuffle: again } });
  expect(directory.read).toEqual({ users: 2, groups: 1, members: 1 });
});
