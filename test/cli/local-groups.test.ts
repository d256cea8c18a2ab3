import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Site } from './once-kit.ts';

type Rules = Record<string, string>;

/** Writes the file with these local groups, and more lines at its end. */
const configure = (site: Site, rules: Rules, more = '') =>
  site.configure((text) => {
    const groups = Object.entries(rules).map(([name, members]) => `  - { name: ${name}, members: '${members}' }`);
    return `${text}${groups.length > 0 ? `localGroups:\n${groups.join('\n')}\n` : ''}${more}`;
  });

/** A synced site of one source, with people of these names and a local group of those whose name begins with `a`. */
async function synced(rules: Rules, ...users: string[]): Promise<Site> {
  const site = await Site.of('corp');
  site.fill('corp', ...users);
  configure(site, rules);
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  return site;
}

const members = (site: Site) =>
  site
    .rows(
      `SELECT g.name || ': ' || u.user_name || ' ' || m.origin AS member FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id
       JOIN v1_users u ON u.id = m.user_id WHERE g.source = 'local' ORDER BY 1`,
    )
    .map((row) => (row as { member: string }).member);
const groups = (site: Site) =>
  site
    .rows("SELECT name FROM v1_groups WHERE source = 'local' ORDER BY name")
    .map((row) => (row as { name: string }).name);
const runs = (site: Site) => site.rows('SELECT source, mode, trigger, outcome FROM v1_runs ORDER BY id');

const RULES: Rules = { letters: 'user.userName.startsWith("a")' };

describe('local groups of the file', () => {
  test('whom a rule keeps in the group cannot be taken out by hand, and the command says so', async () => {
    await using site = await synced(RULES, 'ada', 'bob');
    const rule = 'A rule keeps 1 person in the group: edit `localGroups` in the configuration file.\n';
    const take = (...people: string[]) => site.run('group', 'remove-member', 'letters', ...people);
    expect(await take('ada')).toMatchObject({ exit: 0, out: `Nothing was changed.\n${rule}` });
    expect(await take('bob')).toMatchObject({ exit: 0, out: 'Everything is so already; nothing was changed.\n' });
    expect(await site.run('group', 'add-member', 'letters', 'bob')).toMatchObject({ exit: 0 });
    expect((await take('ada', 'bob')).out).toBe(`Group 1 \`letters\`: 1 member removed.\n${rule}`);
    expect(members(site)).toEqual(['letters: ada rule']);
  });

  test('are made before the first import, which fills them; without an edit there is no run', async () => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada', 'bob', 'alan');
    configure(site, RULES);
    const first = await site.run('--once');
    expect(first).toMatchObject({ exit: 0, err: '' });
    expect(first.out).toMatch(/^local: 1 group created \(0 accounts looked at, .*\)\n/);
    expect(members(site)).toEqual(['letters: ada rule', 'letters: alan rule']);
    expect((await site.run('--once')).out).toMatch(/^corp: nothing changed .*\n$/);
    expect(runs(site)).toEqual([
      { source: 'local', mode: 'rules', trigger: 'once', outcome: 'ok' },
      { source: 'corp', mode: 'full', trigger: 'once', outcome: 'ok' },
      { source: 'corp', mode: 'full', trigger: 'once', outcome: 'unchanged' },
    ]);
  });

  test('follow the accounts of every source, and their groups there', async () => {
    await using site = await Site.of('corp', 'staff');
    site.fill('corp', 'ada', 'bob');
    site.fill('staff', 'eve');
    configure(site, { all: 'true', staff: 'source.name == "staff"', engineers: 'user.memberOf("corp-all")' });
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    const everybody = ['all: ada rule', 'all: bob rule', 'all: eve rule'];
    expect(members(site)).toEqual([...everybody, 'engineers: ada rule', 'engineers: bob rule', 'staff: eve rule']);
    const { realm } = site.realm('corp');
    realm.leave(realm.user('bob'), realm.group('/corp-all'));
    const { exit, out } = await site.run('--once');
    expect(exit).toBe(0);
    expect(out).toContain('- member engineers  bob');
    expect(members(site)).toEqual([...everybody, 'engineers: ada rule', 'staff: eve rule']);
  });

  test('an edited rule is planned, offline too, and then a run of source local', async () => {
    await using site = await synced(RULES, 'ada', 'bob', 'alan', 'carl');
    configure(site, { letters: 'user.userName.contains("l")' });
    for (const plan of [
      ['plan', '--offline', '--exit-code'],
      ['plan', '--exit-code'],
      ['--once', '--dry-run', '--exit-code'],
    ]) {
      const { exit, out } = await site.run(...plan);
      expect(exit).toBe(4);
      expect(out).toContain('1 membership to add, 1 membership to remove');
      expect(out).toContain('+ member letters  carl');
      expect(out).toContain('- member letters  ada');
      expect(out).toContain('was `user.userName.startsWith("a")` and is `user.userName.contains("l")` now');
    }
    expect(members(site)).toEqual(['letters: ada rule', 'letters: alan rule']);
    expect((await site.run('--once', '--source', 'corp')).out).toMatch(
      /^local: .*1 membership added, 1 membership removed/,
    );
    expect(members(site)).toEqual(['letters: alan rule', 'letters: carl rule']);
    expect(
      site.rows(`SELECT action, reason FROM v1_changes WHERE object = 'membership' AND source = 'local'
        AND run_id = (SELECT max(id) FROM v1_runs WHERE source = 'local') ORDER BY action`),
    ).toEqual([
      { action: 'add', reason: 'rule-edited' },
      { action: 'drop', reason: 'rule-edited' },
    ]);
    expect(
      site.rows("SELECT action, reason, rule FROM v1_changes WHERE object = 'group' AND source = 'local' ORDER BY id"),
    ).toEqual([
      { action: 'create', reason: 'rule-edited', rule: 'localGroups[letters]' },
      { action: 'update', reason: 'rule-edited', rule: 'localGroups[letters]' },
    ]);
    const { exit, out } = await site.run('plan', '--offline', '--exit-code');
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringMatching(/^corp: nothing to do/) });
  });

  test('an edit that takes too many away is stopped until it is approved; the sources go on by the old rule', async () => {
    const users = Array.from({ length: 20 }, (_, at) => `a${10 + at}`);
    await using site = await synced(RULES, ...users);
    configure(site, { letters: 'user.userName.startsWith("a1")' });
    site.realm('corp').realm.addUser({ username: 'a1new' });
    const stopped = await site.run('--once');
    expect(stopped.exit).toBe(3);
    expect(stopped.out).toContain('local: BLOCKED');
    expect(stopped.out).toContain('limits.removeMembers: 30%');
    expect(stopped.out).toContain('until then local groups follow the rules as they were');
    expect(members(site)).toHaveLength(21);
    expect(runs(site).slice(-2)).toEqual([
      { source: 'local', mode: 'rules', trigger: 'once', outcome: 'blocked' },
      { source: 'corp', mode: 'full', trigger: 'once', outcome: 'ok' },
    ]);
    const plan = /rosterd approve (\w+)/.exec(stopped.out)?.[1] ?? '';
    expect((await site.run('--once', '--source', 'local')).out).toContain(`plan ${plan} still waits`);
    expect((await site.run('approve', 'nobody')).err).toContain(`${plan} (local)`);
    const approved = await site.run('approve', plan, '--reason', 'a smaller team', '--by', 'grace');
    expect(approved).toMatchObject({ exit: 0, err: '' });
    expect(members(site)).toHaveLength(11);
    expect(site.rows('SELECT source, mode, actor, plan_id, message FROM v1_runs ORDER BY id DESC LIMIT 1')).toEqual([
      {
        source: 'local',
        mode: 'approve',
        actor: 'grace',
        plan_id: plan,
        message: expect.stringContaining('a smaller team'),
      },
    ]);
    expect(await site.run('approve', plan)).toMatchObject({ exit: 2 });
    expect((await site.run('--once')).out).not.toContain('local');
  });

  test('where an edit would be stopped, a plan shows the sources by the rule as it was', async () => {
    await using site = await synced(RULES, 'ada', 'alan');
    configure(site, { letters: 'false' });
    site.realm('corp').realm.addUser({ username: 'anna' });
    const { exit, out } = await site.run('plan');
    expect(exit).toBe(3);
    expect(out.split(/^corp: /m)[1]).toContain('+ member letters  anna');
    expect((await site.run('--once')).out.split(/^corp: /m)[1]).toContain('+ member letters  anna');
  });

  test('a plan that would be stopped says so, in JSON too, and leaves the rules as they are', async () => {
    await using site = await synced(RULES, 'ada', 'bob');
    configure(site, { letters: 'false' });
    const { exit, out } = await site.run('plan', '--offline');
    expect(exit).toBe(3);
    expect(out).toContain('None would be left, which is always stopped (`limits.removeMembers`)');
    expect(out).toContain('- member letters  ada');
    const json = await site.run('plan', '--offline', '--json');
    expect(json.exit).toBe(3);
    expect(JSON.parse(json.out)).toEqual([
      expect.objectContaining({
        source: 'local',
        outcome: 'blocked',
        members_removed: 1,
        changes: expect.arrayContaining([
          expect.objectContaining({ object: 'membership', action: 'drop', reason: 'rule-edited', source: 'local' }),
        ]),
      }),
      expect.objectContaining({ source: 'corp', outcome: 'unchanged', changes: [] }),
    ]);
    expect(members(site)).toEqual(['letters: ada rule']);
    expect(runs(site)).toHaveLength(2);
  });

  test('an edit comes before sources that run side by side', async () => {
    await using site = await Site.of('corp', 'staff');
    site.fill('corp', 'ada', 'bob');
    site.fill('staff', 'alan');
    configure(site, RULES);
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    configure(site, { letters: 'user.userName.contains("a")' });
    site.realm('staff').realm.addUser({ username: 'carla' });
    const { exit, out } = await site.run('--once');
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^local: 1 group updated .*\ncorp: nothing changed .*\nstaff: 1 account created, 1 membership added /s,
    );
    expect(members(site)).toEqual(['letters: ada rule', 'letters: alan rule', 'letters: carla rule']);
  });

  test('an edit taken back forgets the plan that waits', async () => {
    await using site = await synced(RULES, 'ada', 'bob');
    configure(site, { letters: 'false' });
    const stopped = await site.run('--once');
    expect(stopped.exit).toBe(3);
    configure(site, RULES);
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    const plan = /rosterd approve (\w+)/.exec(stopped.out)?.[1] ?? '';
    expect(await site.run('approve', plan)).toMatchObject({ exit: 2 });
    expect(members(site)).toEqual(['letters: ada rule']);
  });

  test('a rule that leaves the file takes what it added; what was added by hand stays', async () => {
    const users = ['ada', 'alan', 'bob', 'carl', 'cleo', 'cora', 'cyd'];
    await using site = await synced(
      { ...RULES, others: 'user.userName.startsWith("c")', bs: 'user.userName == "bob"' },
      ...users,
    );
    expect(await site.run('group', 'add-member', 'letters', 'bob', 'ada')).toMatchObject({ exit: 0 });
    expect(members(site)).toContain('letters: ada hand');
    configure(site, { others: 'user.userName.startsWith("c")' });
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(groups(site)).toEqual(['letters', 'others']);
    expect(members(site).filter((one) => one.startsWith('letters'))).toEqual([
      'letters: ada hand',
      'letters: bob hand',
    ]);
    expect(await site.run('group', 'rename', 'letters', 'Letters of old')).toMatchObject({ exit: 0 });
  });

  test('an edit by hand is looked at by the next sync', async () => {
    await using site = await synced({ here: 'source.name == "local"' }, 'ada');
    expect(await site.run('user', 'add', 'root')).toMatchObject({ exit: 0 });
    expect(members(site)).toEqual([]);
    expect(await site.run('--once', '--source', 'local')).toMatchObject({ exit: 0 });
    expect(members(site)).toEqual(['here: root rule']);
    expect((await site.run('--once', '--source', 'local')).out).toBe(
      'local: nothing to do; local groups are as their rules say.\n',
    );
  });

  test('explain tells of each rule what it says of a person, and of a group which rule fills it', async () => {
    await using site = await synced(
      { ...RULES, inside: 'user.memberOf("corp-all")', lost: 'user.memberOf("corp")' },
      'ada',
      'bob',
    );
    const { exit, out } = await site.run('explain', 'bob');
    expect(exit).toBe(0);
    expect(out).toMatch(
      /localGroups\[letters\] +false\b.*\n +localGroups\[inside\] +true\b.*\n +localGroups\[lost\] +.*no group of a source/,
    );
    expect((await site.run('explain', 'letters')).out).toContain(
      '`localGroups[letters]` says, `user.userName.startsWith("a")`',
    );
  });

  test('a name that a group of a source has is a problem, and no group', async () => {
    await using site = await synced({}, 'ada');
    configure(site, { 'CORP-ALL': 'true' });
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(groups(site)).toEqual([]);
    expect((await site.run('problems')).out).toMatch(/local .*corp-all/i);
  });

  test('a rule that names a group that is not there changes nobody, and is one problem', async () => {
    await using site = await synced({ inside: 'user.memberOf("corp-al")' }, 'ada', 'bob');
    expect(members(site)).toEqual([]);
    expect(
      site.rows("SELECT kind, object, count(*) AS n FROM v1_problems WHERE source = 'local' GROUP BY 1, 2"),
    ).toEqual([{ kind: 'rule-failed', object: 'rule', n: 1 }]);
    expect((await site.run('problems')).out).toContain('corp-all');
    site.realm('corp').realm.addGroup('corp-al');
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(site.rows('SELECT * FROM v1_problems')).toEqual([]);
  });
});

test('whoever must wait for another run of the rules exits 5, and the sources go on', async () => {
  await using site = await synced(RULES, 'ada');
  configure(site, { letters: 'true' });
  const waiting = { clock: systemClock, wait: 0 };
  const lock = await lockSource(site.directory, 'local', 'a test', waiting);
  try {
    const { exit, err, out } = await site.run('--once', '--wait', '0s');
    expect(exit).toBe(5);
    expect(err).toContain('a test');
    expect(out).toContain('corp: nothing changed');
  } finally {
    lock.release();
  }
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
});

test('a plan without a directory shows local groups too, and leaves nothing', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada');
  configure(site, RULES);
  const { exit, out } = await site.run('plan');
  expect(exit).toBe(0);
  expect(out).toContain('local: 1 group to create');
  expect(out).toContain('+ member letters  ada');
  expect(() => site.rows('SELECT 1')).toThrow();
});
