import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Site } from './once-kit.ts';

/** A directory of the source `corp` with ada (1), bob (2) and cleo (3), all of them in `corp-all`. */
async function imported(): Promise<Site> {
  const site = await Site.of('corp');
  site.fill('corp', 'ada', 'bob', 'cleo');
  site.configure();
  expect((await site.run('--once')).exit).toBe(0);
  return site;
}

/** Runs a command that must succeed. */
async function done(site: Site, ...args: string[]): Promise<string> {
  const { exit, out, err } = await site.run(...args);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out;
}

const userOf = (site: Site, name: string) => {
  const found = [...site.realm('corp').realm.users()].find(({ username }) => username === name);
  if (!found) throw new Error(`the realm has no ${name}`);
  return found;
};
const states = (site: Site) =>
  site
    .rows("SELECT user_name || ' ' || coalesce(inactive_reason, 'active') AS s FROM v1_users ORDER BY id")
    .map((row) => (row as { s: string }).s);

describe('rosterd user', () => {
  test('a local account: made before the first sync, edited, deactivated, brought back, deleted', async () => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada');
    site.configure();
    const made = await done(
      site,
      'user',
      'add',
      'root',
      '--email',
      'root@x.org',
      '--display-name',
      'Root',
      '--by',
      'grace',
      '--reason',
      'INC-7',
    );
    expect(made).toBe('Account 1 `root` was made; no sync ever touches it.\n');
    await done(site, '--once');
    expect(await done(site, 'user', 'update', 'root', '--title', 'Admin', '--email', '', '--manager', 'ada')).toBe(
      'Account 1 `root` was updated.\n',
    );
    expect(
      site.rows('SELECT source, external_id, email, display_name, title, manager_id FROM v1_users WHERE id = 1'),
    ).toEqual([
      { source: 'local', external_id: null, email: null, display_name: 'Root', title: 'Admin', manager_id: 2 },
    ]);
    expect(await done(site, 'user', 'update', 'root', '--title', 'Admin')).toBe(
      'Everything is so already; nothing was changed.\n',
    );
    await done(site, 'user', 'deactivate', 'root');
    expect(states(site)).toEqual(['root manual', 'ada active']);
    await done(site, 'user', 'update', 'id:1', '--active');
    const gone = JSON.parse(await done(site, 'user', 'delete', 'root', '--json'));
    expect(gone).toEqual({ id: 1, userName: 'root', runId: expect.any(Number) });
    expect(states(site)).toEqual(['ada active']);
    expect(site.rows('SELECT source, mode, "trigger", actor, message FROM v1_runs WHERE id = 1')).toEqual([
      { source: 'local', mode: 'hand', trigger: 'hand', actor: 'grace', message: 'INC-7' },
    ]);
  });

  test('a suspended account stays so, whatever passes say, until it is unsuspended', async () => {
    await using site = await imported();
    const out = await done(site, 'user', 'suspend', 'ada', '--reason', 'lost laptop');
    expect(out).toBe('Account 1 `ada` is suspended; "rosterd user unsuspend id:1" ends that.\n');
    await done(site, '--once');
    expect(states(site)[0]).toBe('ada suspended');
    expect(await done(site, 'user', 'unsuspend', 'ada')).toBe(
      'Account 1 `ada` is no longer suspended, and is active.\n',
    );
    await done(site, 'user', 'suspend', 'bob', '--reason', 'x');
    site.realm('corp').realm.removeUser(userOf(site, 'bob'));
    await done(site, '--once');
    expect(await done(site, 'user', 'unsuspend', 'bob')).toBe(
      'Account 2 `bob` is no longer suspended, and is not active, for another reason: `missing`.\n',
    );
    expect(await done(site, '--once')).toMatch(/nothing changed/);
    expect(states(site)).toEqual(['ada active', 'bob missing', 'cleo active']);
  });

  test('an unsuspended account is not active for a moment where a filter excludes it', async () => {
    await using site = await imported();
    await done(site, 'user', 'suspend', 'ada', '--reason', 'x');
    site.configure((text) => text.replace('name: corp,', `name: corp, users: { where: 'user.userName != "ada"' },`));
    expect(await done(site, 'user', 'unsuspend', 'ada')).toContain('for another reason: `filtered`');
    await done(site, '--once');
    expect(states(site)).toEqual(['ada filtered', 'bob active', 'cleo active']);
  });

  test('the same person under a new id: the problem names the command, and it solves it', async () => {
    await using site = await imported();
    const { realm } = site.realm('corp');
    realm.removeUser(userOf(site, 'ada'));
    await done(site, '--once');
    realm.addUser({ username: 'ada', firstName: 'Ada' });
    await done(site, '--once');
    const command = /"rosterd (user relink id:1 --to \S+)"/.exec(await done(site, 'problems'))?.[1] ?? 'none';
    expect(await done(site, ...command.split(' '))).toMatch(
      /^Account 1 `ada` is the user `.*` of source `corp` from now on/,
    );
    await done(site, '--once');
    expect(await done(site, 'problems')).toBe('No problems.\n');
    expect(states(site)).toEqual(['ada active', 'bob active', 'cleo active']);
  });

  test('somebody else of the same name: the leaver lets go of it', async () => {
    await using site = await imported();
    const { realm } = site.realm('corp');
    realm.removeUser(userOf(site, 'ada'));
    await done(site, '--once');
    realm.addUser({ username: 'ada', firstName: 'Other' });
    await done(site, '--once');
    expect(await done(site, 'problems')).toContain('"rosterd user release-name id:1"');
    expect(await done(site, 'user', 'release-name', 'id:1')).toMatch(/^Account 1 let go of the user name `ada`/);
    await done(site, '--once');
    expect(states(site)).toEqual(['ada missing', 'bob active', 'cleo active', 'ada active']);
  });

  const REFUSED: [args: string[], sentence: RegExp][] = [
    [['user', 'add', 'ADA'], /held by account 1 of source `corp`/],
    [['user', 'add', ' '], /it is empty/],
    [['user', 'update', 'ada'], /Say what is to change/],
    [['user', 'update', 'ada', '--title', 'x'], /comes from source `corp`/],
    [['user', 'deactivate', 'ada'], /"rosterd user suspend id:1 --reason TEXT"/],
    [['user', 'delete', 'ada'], /"rosterd user suspend id:1 --reason TEXT"/],
    [['user', 'suspend', 'ada'], /Say why, with --reason TEXT/],
    [['user', 'suspend', 'nobody', '--reason', 'x'], /There is no user `nobody`/],
    [['user', 'unsuspend', 'ada'], /is not suspended/],
    [['user', 'release-name', 'ada'], /is active/],
    [['user', 'relink', 'ada', '--to', 'nothing'], /listed last has no user `nothing`/],
    [['user', 'relink', 'ada', '--to', 'x', '--source', 'cor'], /did you mean `corp`/],
    [['user', 'relink', 'root', '--to', 'x'], /was made by hand, and no pass may touch it/],
    [['user', 'relink', 'ada'], /required option '--to <id>'/],
    [['group', 'add', 'CORP-ALL'], /held by group 1 of source `corp`/],
    [['group', 'rename', 'corp-all', 'x'], /comes from source `corp`/],
    [['group', 'delete', 'corp-all'], /comes from source `corp`/],
    [['group', 'add-member', 'corp-all', 'ada'], /comes from source `corp`/],
    [['group', 'add-member', 'nothing', 'ada'], /There is no group `nothing`/],
  ];
  test('what cannot be done exits 2, says what to do, and writes nothing', async () => {
    await using site = await imported();
    await done(site, 'user', 'add', 'root');
    const runs = site.rows('SELECT * FROM v1_runs');
    for (const [args, sentence] of REFUSED) {
      const { exit, out, err } = await site.run(...args);
      expect({ args, exit, out }).toEqual({ args, exit: 2, out: '' });
      expect(err).toMatch(sentence);
    }
    expect(site.rows('SELECT * FROM v1_runs')).toEqual(runs);
  });

  test('several who fit are listed, and none is taken', async () => {
    await using site = await imported();
    await done(site, 'user', 'add', '2');
    const { exit, err } = await site.run('user', 'suspend', '2', '--reason', 'x');
    expect(exit).toBe(2);
    expect(err).toContain('`2` fits 2 users: id:2 `bob` (corp), id:4 `2` (local).');
  });

  test('waits for a pass of the source, and names it', async () => {
    await using site = await imported();
    const lock = await lockSource(site.directory, 'corp', 'a pass (schedule)', { clock: systemClock, wait: 0 });
    const busy = await site.run('user', 'suspend', 'ada', '--reason', 'x', '--wait', '50ms');
    lock.release();
    expect(busy.exit).toBe(5);
    expect(busy.err).toMatch(/a pass \(schedule\)/);
  });
});

describe('rosterd group', () => {
  test('made, filled, renamed, emptied, deleted; passes leave it alone', async () => {
    await using site = await imported();
    expect(await done(site, 'group', 'add', 'oncall', '--description', 'Who is called')).toBe(
      'Group 2 `oncall` was made; "rosterd group add-member id:2 PERSON" puts people into it.\n',
    );
    expect(await done(site, 'group', 'add-member', 'oncall', 'ada', 'bob')).toBe(
      'Group 2 `oncall`: 2 members added.\n',
    );
    expect(await done(site, 'group', 'add-member', 'oncall', 'bob', 'cleo')).toBe(
      'Group 2 `oncall`: 1 member added, 1 already in it.\n',
    );
    site.realm('corp').realm.removeUser(userOf(site, 'ada'));
    await done(site, '--once');
    const members = () =>
      site
        .rows('SELECT user_id, origin FROM v1_memberships WHERE group_id = 2 ORDER BY 1')
        .map((row) => Object.values(row as object).join(' '));
    expect(members()).toEqual(['2 hand', '3 hand']);
    expect(await done(site, 'group', 'rename', 'oncall', 'Pager')).toBe('Group 2 is called `Pager` from now on.\n');
    expect(await done(site, 'group', 'remove-member', 'pager', 'bob')).toBe('Group 2 `Pager`: 1 member removed.\n');
    const again = JSON.parse(await done(site, 'group', 'remove-member', 'pager', 'bob', '--json'));
    expect(again).toMatchObject({ id: 2, removed: [], none: [2], runId: null });
    expect(members()).toEqual(['3 hand']);
    await done(site, 'group', 'delete', 'Pager', '--reason', 'no longer needed');
    expect(members()).toEqual([]);
    expect(site.rows('SELECT name FROM v1_groups')).toEqual([{ name: 'corp-all' }]);
  });
});
