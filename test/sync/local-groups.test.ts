import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { addGroup } from '../../src/sync/hand/groups.ts';
import { addMembers } from '../../src/sync/hand/members.ts';
import { suspendUser, unsuspendUser } from '../../src/sync/hand/suspend.ts';
import { appliedRules, withLanguage } from '../../src/sync/local/rules.ts';
import { renameSource } from '../../src/sync/rename.ts';
import { compileRules } from '../../src/sync/rules.ts';
import { by, groupId, person, turn } from './hand-kit.ts';
import { Directory, rulesOf, SOURCE, type Tenant } from './kit.ts';
import { edit, localChanges, localProblems, members } from './local-kit.ts';

const ENG = { eng: 'user.department == "Eng"' };

/** What the configuration says of the source, for whoever ends a suspension. */
const SOURCE_NOW = { ...SOURCE, rules: await compileRules({}) };

/** Ada and Bob build, Cleo sells; Ada is on call. */
const TENANT = (): Tenant => ({
  users: {
    ada: { department: 'Eng' },
    bob: { department: 'Eng' },
    cleo: { department: 'Sales' },
  },
  groups: { g1: { name: 'On call', members: ['ada'] }, g2: { name: 'All', members: ['@g1', 'bob', 'cleo'] } },
});

/** A directory that brought the tenant and has these rules. */
async function imported(rules: Record<string, string>): Promise<Directory> {
  const directory = new Directory();
  await edit(directory, rules);
  await directory.pass(TENANT());
  return directory;
}

describe('a pass', () => {
  test('fills groups on a first import, whose rules were stored before', async () => {
    using directory = new Directory();
    const first = await edit(directory, ENG);
    expect(first).toMatchObject({ source: 'local', outcome: 'ok', problems: 0, seen: { users: 0 } });
    expect(localChanges(directory, first?.runId)).toEqual(['group create eng (rule-edited, localGroups[eng])']);
    const pass = await directory.pass(TENANT());
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8']);
    expect(localChanges(directory, pass.runId)).toEqual([
      'membership add eng ada (source)',
      'membership add eng bob (source)',
    ]);
    expect(
      directory.rows(
        'SELECT DISTINCT origin FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id WHERE g.source = ?',
        'local',
      ),
    ).toEqual([{ origin: 'rule' }]);
    expect(await edit(directory, ENG)).toBeNull();
    expect(await directory.pass(TENANT())).toMatchObject({ outcome: 'unchanged' });
  });

  test.each<[string, Record<string, string>, (tenant: Tenant) => void, string[]]>([
    ['an attribute changes', ENG, (t) => Object.assign(t.users['bob'] ?? {}, { department: 'Sales' }), ['ada']],
    ['somebody comes', ENG, (t) => Object.assign(t.users, { dan: { department: 'Eng' } }), ['ada', 'bob', 'dan']],
    [
      'somebody is disabled: hidden',
      ENG,
      (t) => Object.assign(t.users['bob'] ?? {}, { active: false }),
      ['ada', 'bob'],
    ],
    [
      'a name changes',
      { eng: 'user.userName.startsWith("a")' },
      (t) => Object.assign(t.users['cleo'] ?? {}, { userName: 'anna' }),
      ['ada', 'anna'],
    ],
    [
      'the manager changes',
      { eng: 'user.manager == "ada"' },
      (t) => Object.assign(t.users['cleo'] ?? {}, { manager: 'ada' }),
      ['cleo'],
    ],
    [
      'a member comes',
      { eng: 'user.memberOf("on CALL")' },
      (t) => Object.assign(t.groups?.['g1'] ?? {}, { members: ['ada', 'cleo'] }),
      ['ada', 'cleo'],
    ],
    [
      'a member goes',
      { eng: 'user.memberOf("On call")' },
      (t) => Object.assign(t.groups?.['g1'] ?? {}, { members: [] }),
      [],
    ],
    [
      'a nested member comes',
      { eng: 'user.memberOf("All")' },
      (t) => Object.assign(t.groups?.['g2'] ?? {}, { members: ['@g1'] }),
      ['ada'],
    ],
    [
      'the names of groups are read',
      { eng: '"All" in user.groups && !("On call" in user.groups)' },
      (t) => Object.assign(t.groups?.['g1'] ?? {}, { members: ['bob'] }),
      ['cleo'],
    ],
    [
      'a group is renamed that was read by name',
      { eng: '"All" in user.groups' },
      (t) => Object.assign(t.groups?.['g2'] ?? {}, { name: 'Most' }),
      [],
    ],
    [
      'another group takes the name',
      { eng: 'user.memberOf("On call")' },
      (t) =>
        Object.assign(t, {
          groups: { g1: { name: 'Old', members: ['ada'] }, g3: { name: 'On call', members: ['cleo'] } },
        }),
      ['cleo'],
    ],
  ])('%s', async (_, rules, change, expected) => {
    using directory = await imported(rules);
    const tenant = TENANT();
    change(tenant);
    const pass = await directory.pass(tenant);
    expect(pass.outcome).toBe('ok');
    expect(members(directory)).toEqual(expected.map((name) => `eng: ${name} 8`));
    expect(await edit(directory, rules)).toBeNull();
  });

  test('asks about the accounts of all sources, and knows which is whose', async () => {
    using directory = await imported({ eng: 'source.name == "staff" || user.department == "Sales"' });
    await directory.pass({ users: { eve: {}, fay: { department: 'Sales' } } }, { source: 'staff' });
    expect(members(directory)).toEqual(['eng: cleo 8', 'eng: eve 8', 'eng: fay 8']);
  });

  test('a group of another source that a rule waits for decides about everybody at once', async () => {
    const rules = { eng: '!user.memberOf("Leavers")' };
    using directory = await imported(rules);
    expect(members(directory)).toEqual([]);
    expect(localProblems(directory)).toEqual([
      'rule-failed rule `localGroups[eng]` gives no answer: no group of a source is called `Leavers`, nor has that id. What it decides stays as it is, and nobody new gets in by it.',
    ]);
    const staff = { users: { eve: {} }, groups: { g9: { name: 'leavers', members: ['eve'] } } };
    await directory.pass(staff, { source: 'staff' });
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8', 'eng: cleo 8']);
    expect(localProblems(directory)).toEqual([]);
    await directory.pass({ users: { eve: {} } }, { source: 'staff' });
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8', 'eng: cleo 8']);
    expect(localProblems(directory)).toHaveLength(1);
  });

  test('says in its message which rule is at fault, with the near name', async () => {
    using directory = new Directory();
    await edit(directory, { eng: 'user.memberOf("On cal")' });
    const pass = await directory.pass(TENANT());
    expect(pass.message).toContain('`localGroups[eng]` gives no answer: no group of a source is called `On cal`');
    expect(pass.message).toContain('did you mean `On call`?');
  });

  test('a rule that gives no answer about one person changes nothing of that person', async () => {
    using directory = await imported({ eng: 'int(user.employeeNumber) > 5' });
    const tenant = TENANT();
    Object.assign(tenant.users['ada'] ?? {}, { employeeNumber: '7' });
    Object.assign(tenant.users['bob'] ?? {}, { employeeNumber: '1' });
    await directory.pass(tenant);
    expect(members(directory)).toEqual(['eng: ada 8']);
    Object.assign(tenant.users['ada'] ?? {}, { employeeNumber: 'seven' });
    await directory.pass(tenant);
    expect(members(directory)).toEqual(['eng: ada 8']);
    expect(localProblems(directory)).toEqual([expect.stringMatching(/^rule-failed user .*`localGroups\[eng\]`/)]);
    expect(directory.rows("SELECT object_id FROM v1_problems WHERE source = 'local'")).toEqual([
      { object_id: person(directory, 'ada').id },
    ]);
    expect(await directory.pass(tenant)).toMatchObject({ outcome: 'unchanged', problems: 0 });
    Object.assign(tenant.users['ada'] ?? {}, { employeeNumber: '1' });
    await directory.pass(tenant);
    expect(members(directory)).toEqual([]);
    expect(localProblems(directory)).toEqual([]);
  });

  test('marks of hands and of rules are two', async () => {
    using directory = await imported(ENG);
    const eng = groupId(directory, 'eng');
    await addMembers(by(directory), eng, [person(directory, 'ada'), person(directory, 'cleo')], turn(directory));
    expect(members(directory)).toEqual(['eng: ada 12', 'eng: bob 8', 'eng: cleo 4']);
    const tenant = TENANT();
    for (const user of Object.values(tenant.users)) user.department = user.department === 'Eng' ? 'Sales' : 'Eng';
    await directory.pass(tenant);
    expect(members(directory)).toEqual(['eng: ada 4', 'eng: cleo 12']);
  });

  test('whoever leaves keeps the mark, hidden, and is asked about on return', async () => {
    using directory = await imported(ENG);
    const tenant = TENANT();
    const { bob, ...others } = tenant.users;
    await directory.pass({ ...tenant, users: others });
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8']);
    expect(
      directory.rows('SELECT user_id FROM v1_memberships WHERE group_id = ?', groupId(directory, 'eng')),
    ).toHaveLength(1);
    await directory.pass({ ...tenant, users: { ...others, bob: { ...bob, department: 'Sales' } } });
    expect(members(directory)).toEqual(['eng: ada 8']);
  });

  test('whoever is deleted is not asked about, and has no problem any more', async () => {
    using directory = await imported({
      a: 'user.department == "Eng" || !user.memberOf("Leavers")',
      b: 'int(user.title) > 1',
    });
    const tenant = TENANT();
    Object.assign(tenant.users['cleo'] ?? {}, { title: 'x' });
    await directory.pass(tenant);
    expect(localProblems(directory)).toEqual([
      expect.stringMatching(/^rule-failed rule/),
      expect.stringMatching(/^rule-failed user/),
    ]);
    const { cleo: _, ...others } = tenant.users;
    const request = { source: { ...SOURCE, limits: {}, onMissing: 'delete' as const } };
    await directory.pass({ users: others, groups: { g9: { name: 'Leavers' } } }, { request });
    expect(members(directory)).toEqual(['a: ada 8', 'a: bob 8']);
    expect(localProblems(directory)).toEqual([]);
  });

  test('the problem of somebody who is deleted goes, though the rules are asked about nobody', async () => {
    using directory = await imported({ b: 'int(user.title) > 1' });
    const tenant = TENANT();
    Object.assign(tenant.users['cleo'] ?? {}, { title: 'x' });
    await directory.pass(tenant);
    expect(localProblems(directory)).toHaveLength(1);
    const { cleo: _, ...users } = tenant.users;
    const request = { source: { ...SOURCE, limits: {}, onMissing: 'delete' as const } };
    await directory.pass({ ...tenant, users }, { request });
    expect(localProblems(directory)).toEqual([]);
  });

  test('what rules take away counts under removeMembers of the source', async () => {
    using directory = new Directory();
    await edit(directory, ENG);
    const users = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`u${at}`, { department: 'Eng' }]));
    const request = { source: { ...SOURCE, limits: { removeMembers: { share: 0.3 } } } };
    await directory.pass({ users }, { request });
    const sold = Object.fromEntries(Object.keys(users).map((id, at) => [id, { department: at < 7 ? 'Sales' : 'Eng' }]));
    const blocked = await directory.pass({ users: sold }, { request });
    expect(blocked).toMatchObject({ outcome: 'blocked' });
    expect(blocked.blocked?.limits).toEqual([
      '7 of 20 memberships would be removed; `limits.removeMembers: 30%` allows 6 in 24 hours.',
    ]);
    expect(members(directory)).toHaveLength(20);
    const approval = { plan: blocked.blocked?.id ?? '', reason: null };
    await directory.run(null, 'corp', { ...request, mode: 'approve', approval });
    expect(members(directory)).toHaveLength(13);
    // Six more in one day: approved ones do not count.
    const more = Object.fromEntries(
      Object.keys(users).map((id, at) => [id, { department: at < 10 ? 'Sales' : 'Eng' }]),
    );
    expect(await directory.pass({ users: more }, { request })).toMatchObject({ outcome: 'ok' });
    const most = Object.fromEntries(
      Object.keys(users).map((id, at) => [id, { department: at < 15 ? 'Sales' : 'Eng' }]),
    );
    expect(await directory.pass({ users: most }, { request })).toMatchObject({ outcome: 'blocked' });
  });

  test('custom attributes, tables and the id of the account are known', async () => {
    using directory = new Directory();
    const rules = {
      cost: 'user.attributes["costCenter"] == "42"',
      oslo: 'lookup("site", user.locale, "") == "Oslo"',
      second: 'user.id == "2"',
    };
    const tables = { site: { nb: 'Oslo' }, other: {} };
    await edit(directory, rules, { tables });
    const tenant = { users: { a: { title: '42', locale: 'nb' }, b: { title: '7' } } };
    const request = {
      source: {
        ...SOURCE,
        limits: {},
        rules: rulesOf({ attributes: { costCenter: 'user.title' }, custom: ['costCenter'] }),
      },
    };
    await directory.pass(tenant, { request });
    expect(members(directory)).toEqual(['cost: a 8', 'oslo: a 8', 'second: b 8']);
    expect(await edit(directory, rules, { tables: { ...tables, other: { x: 'y' } } })).toBeNull();
    const edited = await edit(directory, rules, { tables: { site: {} } });
    expect(edited?.message).toContain('`tables.site` was `{"nb":"Oslo"}` and is `{}` now.');
    expect(members(directory)).toEqual(['cost: a 8', 'second: b 8']);
  });
});

describe('edited rules', () => {
  test('are a run of source local that names the rule, the old text and the new one, and whom it takes out', async () => {
    using directory = await imported(ENG);
    const run = await edit(directory, { eng: 'user.userName == "bob" || user.department == "Sales"' });
    expect(run?.message).toBe(
      'Edited since the last pass: `localGroups[eng]` was `user.department == "Eng"` and is `user.userName == "bob" || user.department == "Sales"` now: it takes out 1 person (`ada`).',
    );
    expect(members(directory)).toEqual(['eng: bob 8', 'eng: cleo 8']);
    expect(localChanges(directory, run?.runId)).toEqual([
      'group update eng (rule-edited, localGroups[eng])',
      'membership add eng cleo (rule-edited)',
      'membership drop eng ada (rule-edited)',
    ]);
    expect(
      directory.rows(
        "SELECT source, mode, outcome, groups_changed, members_added, members_removed FROM v1_runs WHERE mode = 'rules'",
      )[1],
    ).toEqual({
      ...{ source: 'local', mode: 'rules', outcome: 'ok', groups_changed: 1, members_added: 1, members_removed: 1 },
    });
  });

  test('that left the file take back what they added; the group goes, and lets go of its name', async () => {
    using directory = await imported(ENG);
    const run = await edit(directory, {});
    expect(localChanges(directory, run?.runId)).toEqual([
      'group remove eng (rule-edited, localGroups[eng])',
      'membership drop eng ada (rule-edited)',
      'membership drop eng bob (rule-edited)',
    ]);
    expect(directory.rows("SELECT * FROM v1_groups WHERE source = 'local'")).toEqual([]);
    expect(await edit(directory, {})).toBeNull();
    const before = groupId(directory, 'eng');
    await edit(directory, ENG);
    expect(groupId(directory, 'eng')).not.toBe(before);
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8']);
  });

  test('that left the file leave a group by hand where a hand put somebody into it, and take it up again', async () => {
    using directory = await imported(ENG);
    const eng = groupId(directory, 'eng');
    await addMembers(by(directory), eng, [person(directory, 'ada'), person(directory, 'cleo')], turn(directory));
    await edit(directory, {});
    expect(members(directory)).toEqual(['eng: ada 4', 'eng: cleo 4']);
    await edit(directory, ENG);
    expect(groupId(directory, 'eng')).toBe(eng);
    expect(members(directory)).toEqual(['eng: ada 12', 'eng: bob 8', 'eng: cleo 4']);
  });

  test('a name that a group of a source has is a problem until it is free', async () => {
    using directory = await imported({});
    const rules = { 'on CALL': 'true' };
    const run = await edit(directory, rules);
    expect(run).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(localProblems(directory)).toEqual([
      'group-name-conflict rule The local group was left out: the group name `on CALL` is held by group 1 of source corp. Give it another name in the configuration file, under `localGroups`, or rename the other group.',
    ]);
    expect(await edit(directory, rules)).toBeNull();
    const tenant = TENANT();
    Object.assign(tenant.groups?.['g1'] ?? {}, { name: 'Duty' });
    await directory.pass(tenant);
    expect(await edit(directory, rules)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(members(directory)).toHaveLength(3);
  });

  test('a group by hand of that name is taken up, its members by hand stay', async () => {
    using directory = await imported({});
    await addGroup(by(directory), 'Eng', null, turn(directory));
    await addMembers(by(directory), groupId(directory, 'Eng'), [person(directory, 'cleo')], turn(directory));
    await edit(directory, ENG);
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8', 'eng: cleo 4']);
  });

  test('people who were edited by hand are asked about, and nobody else', async () => {
    using directory = await imported({ all: 'true' });
    directory.write('UPDATE memberships SET how = 4 WHERE account_id = 1 AND how = 8');
    directory.write(`INSERT INTO runs (mode, trigger, actor, started_at, outcome, version) VALUES ('hand', 'hand', 'x', '2026', 'ok', '1');
      INSERT INTO journal (run_id, at, source, object, object_id, action, reason) SELECT max(id), '2026', 'local', 'user', 1, 'update', 'hand' FROM runs`);
    expect(await edit(directory, { all: 'true' })).toMatchObject({ outcome: 'ok', message: null, seen: { users: 1 } });
    expect(members(directory)).toEqual(['all: ada 12', 'all: bob 8', 'all: cleo 8']);
    expect(await edit(directory, { all: 'true' })).toBeNull();
  });

  test('an edit by hand that no rule cares about is no run', async () => {
    using directory = await imported({ eng: 'user.memberOf("Nobody") || user.department == "Eng"' });
    const runs = () => directory.rows("SELECT id FROM v1_runs WHERE mode = 'rules'").length;
    const before = runs();
    await suspendUser(by(directory), person(directory, 'cleo'), turn(directory));
    await suspendUser(by(directory), person(directory, 'ada'), turn(directory));
    expect(await edit(directory, { eng: 'user.memberOf("Nobody") || user.department == "Eng"' })).toBeNull();
    await unsuspendUser(by(directory), person(directory, 'ada'), SOURCE_NOW, turn(directory));
    expect(await edit(directory, { eng: 'user.memberOf("Nobody") || user.department == "Eng"' })).toBeNull();
    expect(runs()).toBe(before);
  });

  test('whoever comes back by hand is asked about', async () => {
    using directory = await imported(ENG);
    await suspendUser(by(directory), person(directory, 'bob'), turn(directory));
    const tenant = TENANT();
    Object.assign(tenant.users['bob'] ?? {}, { department: 'Sales' });
    await directory.pass(tenant);
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8']);
    await unsuspendUser(by(directory), person(directory, 'bob'), SOURCE_NOW, turn(directory));
    const run = await edit(directory, ENG);
    expect(localChanges(directory, run?.runId)).toEqual(['membership drop eng bob (hand)']);
    expect(members(directory)).toEqual(['eng: ada 8']);
  });

  test('a source that has another name is looked at where a rule reads it', async () => {
    const rules = { corp: 'source.name == "corp"', acme: 'source.name == "acme"' };
    using directory = await imported(rules);
    const renaming = { directory: directory.path, from: 'corp', to: 'acme', sources: ['acme'], actor: 'ada', wait: 0 };
    const { signal } = new AbortController();
    await renameSource({ ...renaming, configSha256: 'none', version: 'test' }, directory.clock, signal);
    expect(await edit(directory, rules)).toMatchObject({
      message: 'Edited since the last pass: A source has another name.',
    });
    expect(members(directory)).toEqual(['acme: ada 8', 'acme: bob 8', 'acme: cleo 8']);
    expect(await edit(directory, rules)).toBeNull();
  });

  test('a rule that reads a group of a source that is removed keeps its people, and is a problem', async () => {
    using directory = await imported({ duty: 'user.memberOf("On call")', others: '!user.memberOf("On call")' });
    await directory.pass({ users: { eve: {} } }, { source: 'staff' });
    const before = members(directory);
    expect(before).toEqual(['duty: ada 8', 'others: bob 8', 'others: cleo 8', 'others: eve 8']);
    await directory.run(null, 'corp', { mode: 'hand', removal: { reason: null } });
    expect(members(directory)).toEqual(before);
    expect(localProblems(directory)).toHaveLength(2);
    // Its source is back, and so is the group.
    await directory.pass(TENANT());
    expect(members(directory)).toEqual(before);
    expect(localProblems(directory)).toEqual([]);
  });

  test('rules that are stored while a pass waits for its turn are seen by it', async () => {
    using directory = await imported({});
    const db = new Database(directory.path);
    const seen: string[] = [];
    await withLanguage(db, async (compile) => {
      seen.push(compile === null ? 'none' : 'the language');
      if (compile === null) await edit(directory, ENG);
      seen.push(...appliedRules(db, compile).map(({ name }) => name));
    });
    db.close();
    expect(seen).toEqual(['none', 'the language', 'eng']);
  });

  test('a rule that this release cannot read changes nobody, and is a problem', async () => {
    using directory = await imported(ENG);
    directory.write("UPDATE groups SET rule = 'user.nothing' WHERE name = 'eng'");
    const tenant = TENANT();
    Object.assign(tenant.users['ada'] ?? {}, { department: 'Sales' });
    await directory.pass(tenant);
    expect(members(directory)).toEqual(['eng: ada 8', 'eng: bob 8']);
    expect(localProblems(directory)).toEqual([expect.stringContaining('this release cannot read it')]);
  });

  test('a dry run shows the same and leaves no trace', async () => {
    using directory = await imported(ENG);
    const before = directory.rows('SELECT * FROM memberships');
    using copy = new Directory();
    directory.write(`VACUUM INTO '${copy.path}'`);
    expect(await edit(copy, {}, { commit: false })).toMatchObject({ outcome: 'ok' });
    expect(members(copy)).toEqual([]);
    expect(directory.rows('SELECT * FROM memberships')).toEqual(before);
  });
});

describe('the limit of edited rules', () => {
  const limits = { removeMembers: { share: 0.3 } } as const;
  const many = (n: number): Tenant => ({
    users: Object.fromEntries(
      Array.from({ length: n }, (_, at) => [`u${at + 10}`, { department: at < 8 ? 'Eng' : 'Sales' }]),
    ),
  });

  async function blocked() {
    const directory = new Directory();
    await edit(directory, { all: 'true' }, { limits });
    await directory.pass(many(20));
    const run = await edit(directory, { all: 'user.department != "Eng"' }, { limits });
    return { directory, run, plan: run?.blocked?.id ?? 'none' };
  }

  test('stops a run that takes too many out, and the rules of before stay in force', async () => {
    const { directory, run, plan } = await blocked();
    using _ = directory;
    expect(run).toMatchObject({ outcome: 'blocked', source: 'local' });
    expect(run?.blocked?.limits).toEqual([
      '8 of 20 memberships of local groups would be removed; `limits.removeMembers: 30%` allows 6 in 24 hours. It is the one at the top level of the file.',
    ]);
    expect(run?.blocked?.causes).toEqual([
      '`localGroups[all]` was `true` and is `user.department != "Eng"` now: it takes out 8 people (`u10`, `u11`, `u12`, …).',
    ]);
    expect(members(directory)).toHaveLength(20);
    await directory.pass(many(21));
    expect(members(directory)).toHaveLength(21);
    expect((await edit(directory, { all: 'user.department != "Eng"' }, { limits }))?.blocked).toMatchObject({
      id: plan,
      again: true,
    });
  });

  test('an approval lets exactly that happen', async () => {
    const { directory, plan } = await blocked();
    using _ = directory;
    const rules = { all: 'user.department != "Eng"' };
    const approval = { plan, reason: 'INC-9' };
    await expect(edit(directory, { all: 'false' }, { limits, mode: 'approve', approval })).rejects.toThrow(
      /no longer fits/,
    );
    const run = await edit(directory, rules, { limits, mode: 'approve', approval });
    expect(run).toMatchObject({ outcome: 'ok', message: 'INC-9' });
    expect(members(directory)).toHaveLength(12);
    expect(directory.rows("SELECT source, plan_id FROM v1_runs WHERE mode = 'approve'")).toEqual([
      { source: 'local', plan_id: plan },
    ]);
    await expect(edit(directory, rules, { limits, mode: 'approve', approval })).rejects.toThrow(/does not wait/);
    expect(await edit(directory, rules, { limits })).toBeNull();
  });

  test('an edit that is taken back is forgotten without a run', async () => {
    const { directory } = await blocked();
    using _ = directory;
    expect(await edit(directory, { all: 'true' }, { limits })).toBeNull();
    expect(directory.rows('SELECT * FROM blocked')).toEqual([]);
  });

  test('mistakes cannot trickle: what was taken in the last 24 hours counts', async () => {
    using directory = new Directory();
    await edit(directory, { all: 'true' }, { limits });
    await directory.pass(many(20));
    expect(await edit(directory, { all: '!user.userName.startsWith("u10")' }, { limits })).toMatchObject({
      outcome: 'ok',
    });
    expect(await edit(directory, { all: 'user.userName > "u14"' }, { limits })).toMatchObject({ outcome: 'ok' });
    expect(await edit(directory, { all: 'user.userName > "u16"' }, { limits })).toMatchObject({ outcome: 'blocked' });
  });

  test('a rule that empties its group is always stopped', async () => {
    using directory = new Directory();
    await edit(directory, { all: 'true' }, { limits });
    await directory.pass(many(2));
    expect(await edit(directory, { all: 'false' }, { limits })).toMatchObject({ outcome: 'blocked' });
  });
});
