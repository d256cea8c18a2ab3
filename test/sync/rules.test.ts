import { describe, expect, test } from 'vitest';
import type { PassRequest } from '../../src/model/pass.ts';
import { Directory, type RulesSketch, rulesOf, SOURCE, type Tenant } from './kit.ts';

const asked = (rules: RulesSketch, more: Partial<PassRequest['source']> = {}): Partial<PassRequest> => ({
  source: { ...SOURCE, limits: {}, ...more, rules: rulesOf(rules) },
});

/** A pass with these rules; the file was edited where they are others than before. */
async function pass(directory: Directory, tenant: Tenant | null, rules: RulesSketch, more: object = {}) {
  return tenant
    ? await directory.pass(tenant, { request: asked(rules, more) })
    : await directory.run(null, 'corp', asked(rules, more));
}

const users = (directory: Directory) =>
  Object.fromEntries(
    directory
      .rows<{ external_id: string; user_name: string; state: string }>(
        `SELECT external_id, user_name, coalesce(inactive_reason, 'active') AS state FROM v1_users ORDER BY external_id`,
      )
      .map(({ external_id, user_name, state }) => [external_id, `${user_name} ${state}`]),
  );
const members = (directory: Directory) =>
  directory
    .rows<{ m: string }>(
      `SELECT g.name || ': ' || u.user_name AS m FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id
       JOIN v1_users u ON u.id = m.user_id ORDER BY 1`,
    )
    .map(({ m }) => m);
const problems = (directory: Directory) =>
  directory.rows<{ text: string }>(
    `SELECT kind || ' ' || object || ' ' || coalesce(external_id, '') || ': ' || detail AS text FROM v1_problems ORDER BY 1`,
  );

describe('users.where', () => {
  const tenant: Tenant = {
    users: { a: { userType: 'Member' }, b: { userType: 'Guest' }, c: { userType: 'Guest', active: false } },
    groups: { g: { name: 'G', members: ['a', 'b', 'c'] } },
  };

  test('leaves people out; whoever is out has no account and no membership, and is no problem', async () => {
    using directory = new Directory();
    await pass(directory, tenant, { where: 'user.userType != "Guest"' });
    expect(users(directory)).toEqual({ a: 'a active' });
    expect(members(directory)).toEqual(['G: a']);
    expect(problems(directory)).toEqual([]);
  });

  test('an edit drops people with the reason rule-edited, a change at the source with filtered', async () => {
    using directory = new Directory();
    await pass(directory, tenant, {});
    expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
    const edited = await pass(directory, null, { where: 'user.userType != "Guest"' });
    expect(edited.outcome).toBe('ok');
    expect(edited.message).toBe(
      'Edited since the last pass: `users.where` is new, `user.userType != "Guest"`: it leaves out 1 person (`b`).',
    );
    expect(users(directory)).toEqual({ a: 'a active', b: 'b filtered' });
    await pass(
      directory,
      { ...tenant, users: { ...tenant.users, a: { userType: 'Guest' } } },
      { where: 'user.userType != "Guest"' },
    );
    expect(users(directory)).toEqual({ a: 'a filtered', b: 'b filtered' });
    expect(
      directory.rows("SELECT object_name, reason, rule FROM v1_changes WHERE action = 'deactivate' ORDER BY id"),
    ).toEqual([
      { object_name: 'b', reason: 'rule-edited', rule: 'users.where' },
      { object_name: 'a', reason: 'filtered', rule: 'users.where' },
    ]);
    await pass(directory, tenant, {});
    expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
    expect(members(directory)).toEqual(['G: a', 'G: b']);
  });

  test('disabled comes before filtered', async () => {
    using directory = new Directory();
    await pass(directory, { users: { a: {}, b: {} } }, {});
    await pass(
      directory,
      { users: { a: { active: false, userType: 'Guest' }, b: {} } },
      { where: 'user.userType != "Guest"' },
    );
    expect(users(directory)).toEqual({ a: 'a disabled', b: 'b active' });
  });

  test('an edit that removes too many is blocked, names the rule, its old and new text and whom it drops, and can be approved', async () => {
    using directory = new Directory();
    const many = {
      users: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`u${10 + i}`, { title: i < 20 ? 'x' : 'y' }])),
    };
    await pass(directory, many, { where: 'user.title != "z"' }, { limits: SOURCE.limits });
    const rules = { where: 'user.title == "y"' };
    const blocked = await pass(directory, null, rules, { limits: SOURCE.limits });
    expect(blocked.outcome).toBe('blocked');
    expect(blocked.blocked?.causes[0]).toBe(
      '`users.where` was `user.title != "z"` and is `user.title == "y"` now: it leaves out 20 people (`u10`, `u11`, `u12`, …).',
    );
    const again = await pass(directory, many, rules, { limits: SOURCE.limits });
    expect(again.blocked).toMatchObject({ id: blocked.blocked?.id, again: true });
    const approved = await directory.run(null, 'corp', {
      ...asked(rules, { limits: SOURCE.limits }),
      mode: 'approve',
      approval: { plan: blocked.blocked?.id ?? '', reason: 'merger' },
    });
    expect(approved.outcome).toBe('ok');
    expect(Object.values(users(directory)).filter((one) => one.endsWith('filtered'))).toHaveLength(20);
    expect((await pass(directory, many, rules, { limits: SOURCE.limits })).outcome).toBe('unchanged');
  });
});

describe('attributes', () => {
  test('come from rules; null clears; custom ones are JSON; without a rule the source speaks', async () => {
    using directory = new Directory();
    const tenant = {
      users: { a: { email: 'Ada@x.org', department: 'R', title: 'T', extra: { cc: '42', tags: ['x', 'y'] } } },
    };
    const rules: RulesSketch = {
      attributes: {
        userName: 'user.email.localPart().lowerAscii()',
        title: 'null',
        cost: 'user.attributes["cc"]',
        tags: 'user.attributes["tags"]',
      },
      custom: ['cost', 'tags'],
    };
    await pass(directory, tenant, rules);
    const row = () => directory.rows('SELECT user_name, email, department, title, attributes FROM v1_users')[0];
    expect(row()).toEqual({
      user_name: 'ada',
      email: 'Ada@x.org',
      department: 'R',
      title: null,
      attributes: '{"cost":"42","tags":["x","y"]}',
    });
    const changed = { users: { a: { ...tenant.users.a, extra: { tags: ['x', 'y'] } } } };
    await pass(directory, changed, rules);
    expect(row()).toMatchObject({ attributes: '{"tags":["x","y"]}' });
    expect(directory.rows("SELECT before, after FROM v1_changes WHERE action = 'update'")).toEqual([
      { before: '{"attributes":{"cost":"42"}}', after: '{"attributes":{"cost":null}}' },
    ]);
    expect((await pass(directory, changed, rules)).outcome).toBe('unchanged');
  });

  test('one that was never asked for is unknown: nobody changes until a full pass has read it', async () => {
    using directory = new Directory();
    const tenant = { users: { a: { extra: { cc: 'yes' } }, b: {} } };
    await pass(directory, tenant, {});
    const rules = { where: 'user.attributes["cc"] == "yes"' };
    const offline = await pass(directory, null, rules);
    expect(offline.problems).toBe(1);
    expect(problems(directory)[0]?.text).toMatch(/^rule-failed rule : `users\.where` gives no answer: .*cc/);
    expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
    await pass(directory, tenant, rules);
    expect(users(directory)).toEqual({ a: 'a active', b: 'b filtered' });
    expect(problems(directory)).toEqual([]);
  });
});

describe('userName as a list', () => {
  const rules: RulesSketch = {
    attributes: { userName: ['user.givenName.lowerAscii()', 'user.givenName.lowerAscii() + "." + string(n)'] },
  };

  test('gives the first that is free, keeps it, and counts from 2', async () => {
    using directory = new Directory();
    const ada = { givenName: 'Ada' };
    await pass(directory, { users: { a: ada, b: ada, c: ada } }, rules);
    expect(users(directory)).toEqual({ a: 'ada active', b: 'ada.2 active', c: 'ada.3 active' });
    await pass(directory, { users: { b: ada, c: ada, d: ada } }, rules);
    expect(users(directory)).toEqual({ a: 'ada missing', b: 'ada.2 active', c: 'ada.3 active', d: 'ada.4 active' });
    await pass(directory, { users: { b: { givenName: 'Bob' }, c: ada, d: ada } }, rules);
    expect(users(directory)).toMatchObject({ b: 'bob active', c: 'ada.3 active', d: 'ada.4 active' });
    expect((await pass(directory, { users: { b: { givenName: 'Bob' }, c: ada, d: ada } }, rules)).outcome).toBe(
      'unchanged',
    );
  });
});

test('hundreds of one name get one number each', async () => {
  using directory = new Directory();
  const rules: RulesSketch = { attributes: { userName: ['user.givenName', 'user.givenName + string(n)'] } };
  const people = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`u${1000 + from + at}`, { givenName: 'ada' }]));
  await pass(directory, { users: people(0, 300) }, rules);
  const names = () =>
    directory.rows<{ n: string }>('SELECT user_name AS n FROM v1_users ORDER BY id').map(({ n }) => n);
  expect(names()).toEqual(['ada', ...Array.from({ length: 299 }, (_, at) => `ada${at + 2}`)]);
  await pass(directory, { users: people(1, 300) }, { ...rules, where: 'user.id != "u1000"' });
  await pass(directory, { users: people(1, 303) }, rules);
  expect(names().slice(300)).toEqual(['ada301', 'ada302', 'ada303']);
});

describe('memberOf', () => {
  const tenant: Tenant = {
    users: { a: {}, b: {}, c: {} },
    groups: {
      j: { name: 'Jira Users', members: ['a', '@k'] },
      k: { name: 'Core', members: ['b'] },
    },
  };
  const rules = { where: 'user.memberOf("Jira Users")' };

  test('scopes by group, nested membership included, by name or id', async () => {
    for (const where of ['user.memberOf("Jira Users")', 'user.memberOf("j")', '"Jira Users" in user.groups']) {
      using directory = new Directory();
      await pass(directory, tenant, { where });
      expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
    }
  });

  test('a change of the inner group alone decides anew', async () => {
    using directory = new Directory();
    await pass(directory, tenant, rules);
    const core = (list: string[]) => ({ ...tenant, groups: { ...tenant.groups, k: { name: 'Core', members: list } } });
    await pass(directory, core(['c']), rules);
    expect(users(directory)).toEqual({ a: 'a active', b: 'b filtered', c: 'c active' });
  });

  test('of no group, of two, of one that cannot be read: nobody is added or removed, once per rule', async () => {
    const j = { name: 'Jira Users', members: ['c'] };
    for (const [groups, words] of [
      [
        { j: { ...j, name: 'Jira Userz' } },
        'no group is called `Jira Users`, nor has that id; did you mean `Jira Userz`?',
      ],
      [{ j, x: j }, '2 groups are called `Jira Users`; write the id of the one that is meant: `j`, `x`'],
      [
        { j: { ...j, members: null } },
        'the members of group `Jira Users` could not be read, so nobody knows who is in `Jira Users`',
      ],
    ] as const) {
      using directory = new Directory();
      await pass(directory, tenant, rules);
      await pass(
        directory,
        { users: { ...tenant.users, d: {} }, groups: { ...groups } as NonNullable<Tenant['groups']> },
        rules,
      );
      expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
      expect(problems(directory).filter(({ text }) => text.startsWith('rule-failed'))).toEqual([
        {
          text: `rule-failed rule : \`users.where\` gives no answer: ${words}${words.endsWith('?') ? '' : '.'} What it decides stays as it is, and nobody new gets in by it.`,
        },
      ]);
      await pass(directory, tenant, rules);
      expect(users(directory)).toEqual({ a: 'a active', b: 'b active' });
      expect(problems(directory)).toEqual([]);
    }
  });

  test('whoever is disabled or gone leaves all the same', async () => {
    using directory = new Directory();
    await pass(directory, tenant, rules);
    await pass(directory, { users: { a: { active: false }, c: {} } }, rules);
    expect(users(directory)).toEqual({ a: 'a disabled', b: 'b missing' });
  });
});

describe('groups', () => {
  const tenant: Tenant = {
    users: { a: {}, b: {} },
    groups: {
      x: { name: 'app-wiki', members: ['a', '@y'] },
      y: { name: 'team', members: ['b'] },
      z: { name: 'App-Wiki ', members: ['b'] },
    },
  };
  const names = (directory: Directory) =>
    directory.rows<{ t: string }>("SELECT external_id || ' ' || name AS t FROM v1_groups ORDER BY 1").map(({ t }) => t);

  test('a group that is filtered out still passes its members up', async () => {
    using directory = new Directory();
    await pass(directory, tenant, {
      groupsWhere: 'group.name.startsWith("app-")',
      groups: { name: 'group.name.replace("app-", "")' },
    });
    expect(names(directory)).toEqual(['x wiki']);
    expect(members(directory)).toEqual(['wiki: a', 'wiki: b']);
    await pass(directory, tenant, {});
    expect(names(directory)).toEqual(['x app-wiki', 'y team', 'z App-Wiki ']);
    await pass(directory, tenant, { groupsWhere: 'group.name.startsWith("app-")' });
    expect(names(directory)).toEqual(['x app-wiki']);
    expect(directory.rows("SELECT object_name, reason, rule FROM v1_changes WHERE action = 'remove'")).toEqual([
      { object_name: 'team', reason: 'rule-edited', rule: 'groups.where' },
      { object_name: 'App-Wiki ', reason: 'rule-edited', rule: 'groups.where' },
    ]);
  });

  test('several become one only where the file says unite; the next takes its place under the same id', async () => {
    using directory = new Directory();
    const two = (more: object = {}): Tenant => ({
      users: { a: {}, b: {}, c: {} },
      groups: {
        x: { name: 'A 1', members: ['a'] },
        y: { name: 'A 2', members: ['b'] },
        z: { name: 'B', members: ['c'] },
        ...more,
      },
    });
    const name = 'group.name.left(1)';
    await pass(directory, two(), { groups: { name } });
    expect(names(directory)).toEqual(['x A', 'z B']);
    expect(problems(directory)[0]?.text).toMatch(
      /^group-name-conflict group y.* If they are to be one group, set `groups\.onConflict: unite` for the source; if not, /,
    );
    await pass(directory, two(), { groups: { name }, onConflict: 'unite' });
    expect(names(directory)).toEqual(['x A', 'z B']);
    expect(members(directory)).toEqual(['A: a', 'A: b', 'B: c']);
    expect(problems(directory)).toEqual([]);
    const id = directory.rows("SELECT id FROM v1_groups WHERE name = 'A'");
    const unite: RulesSketch = { groups: { name }, onConflict: 'unite' };
    expect((await pass(directory, two(), unite)).outcome).toBe('unchanged');
    const without = two();
    delete without.groups?.x;
    await pass(directory, without, unite);
    expect(names(directory)).toEqual(['y A', 'z B']);
    expect(members(directory)).toEqual(['A: b', 'B: c']);
    expect(directory.rows("SELECT id FROM v1_groups WHERE name = 'A'")).toEqual(id);
    await pass(directory, two({ z: { name: 'A 3', members: ['c'] } }), unite);
    expect(names(directory)).toEqual(['y A']);
    expect(members(directory)).toEqual(['A: a', 'A: b', 'A: c']);
    await pass(directory, two({ z: { name: 'A 3', members: ['c'] } }), {});
    expect(names(directory)).toEqual(['x A 1', 'y A 2', 'z A 3']);
    expect(members(directory)).toEqual(['A 1: a', 'A 2: b', 'A 3: c']);
  });
});
