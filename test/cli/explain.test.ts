import { describe, expect, test } from 'vitest';
import { Site } from './once-kit.ts';

const RULES = `, users: { where: 'user.userType != "Guest" && !user.memberOf("leavers")', attributes: { department: 'coalesce(user.department, "none")' } }, groups: { where: 'group.name != "secret"' } }`;

/** Ada in nested groups, eve a guest, dan disabled, leo in `leavers`; `secret` is filtered out. */
async function synced(): Promise<Site> {
  const site = await Site.of('corp');
  const { realm } = site.realm('corp');
  const outer = realm.addGroup('outer');
  const inner = realm.addGroup('inner', outer);
  const leavers = realm.addGroup('leavers');
  realm.addGroup('secret');
  realm.join(
    realm.addUser({ username: 'ada', email: 'ada@corp.example', attributes: { userType: ['Member'] } }),
    inner,
  );
  realm.addUser({ username: 'eve', email: 'eve@partner.example', attributes: { userType: ['Guest'] } });
  realm.addUser({ username: 'dan', enabled: true });
  realm.join(realm.addUser({ username: 'leo' }), leavers);
  site.configure((text) => text.replace(/ \}\n$/, `${RULES}\n`));
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  realm.editUser(realm.user('dan'), { enabled: false });
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  return site;
}

const verdict = (out: string) => out.split('\n')[1]?.trim();

describe('rosterd explain', () => {
  test('says in one sentence why, with the part that decided', async () => {
    await using site = await synced();
    const of = async (...words: string[]) => verdict((await site.run('explain', ...words)).out);
    expect(await of('ada')).toBe(
      'In scope and active: `users.where` is true because user.userType is `Member` and user.memberOf("leavers") is false.',
    );
    expect(await of('eve')).toBe('Out of scope: `users.where` is false because user.userType is `Guest`.');
    expect(await of('EVE@partner.example')).toBe(await of('eve'));
    expect(await of('leo')).toBe('Out of scope: `users.where` is false because user.memberOf("leavers") is true.');
    expect(await of('dan')).toBe('Inactive: the identity provider says that the user is disabled.');
    expect(await of('secret')).toBe('Out of scope: `groups.where` is false because group.name is `secret`.');
    expect(await of('outer')).toBe('In scope: `groups.where` is true because group.name is `outer`.');
  });

  test('shows everything that decides, the way to each group, and the last changes', async () => {
    await using site = await synced();
    const { exit, out } = await site.run('explain', 'ada');
    expect(exit).toBe(0);
    expect(out).toMatch(/^user ada: account \d+, active; source corp, \S+ there\n/);
    expect(out).toContain('outer  through outer/inner');
    expect(out).toMatch(/users\.attributes\.department {2}"none" {4}coalesce\(user\.department, "none"\)/);
    expect(out).toMatch(/run 1 {2}\S+ \S+ UTC {2}create \(source\)/);
    const { out: json } = await site.run('explain', 'ada', '--json');
    expect(JSON.parse(json)).toMatchObject({
      object: 'user',
      source: 'corp',
      mirror: { state: 'present', active: true, attributes: { userName: 'ada', userType: 'Member' } },
      groups: [
        { name: 'outer', path: ['outer/inner', 'outer'] },
        { name: 'outer/inner', path: ['outer/inner'] },
      ],
      rules: [
        { rule: 'users.where', value: true },
        { rule: 'users.attributes.department', value: 'none' },
      ],
      directory: { user_name: 'ada', department: 'none' },
      blocked: null,
      changes: [{ run: 1, action: 'create', reason: 'source' }],
    });
  });

  test('tells whether a blocked plan is about it, and who approved what', async () => {
    await using site = await synced();
    site.configure((text) =>
      text.replace(/ \}\n$/, `${RULES.replace('user.userType != "Guest"', 'user.userType == "Nobody"')}\n`),
    );
    const blocked = await site.run('--once');
    expect(blocked.exit).toBe(3);
    const id = /plan ([a-z0-9]{6})\b/.exec(blocked.out)?.[1] ?? '';
    expect((await site.run('problems')).out).toBe(
      `No problems beside this:\ncorp: plan ${id} is stopped by a limit and waits for a decision; "rosterd plan --offline --source corp" shows it.\n`,
    );
    const { out } = await site.run('explain', 'ada');
    expect(verdict(out)).toBe(
      'Out of scope: `users.where` is false because user.userType is `Member`. The account is active until a pass applies that.',
    );
    expect(out).toContain(`Plan ${id} waits for an approval and would deactivate it`);
    expect((await site.run('approve', id, '--reason', 'all out', '--by', 'grace')).exit).toBe(0);
    expect((await site.run('explain', 'ada')).out).toMatch(
      /deactivate \(rule-edited, users\.where\), by grace: all out/,
    );
  });

  test('whoever is not there, or is several, ends with 2', async () => {
    await using site = await synced();
    site.realm('corp').realm.addGroup('ada');
    expect((await site.run('--once')).exit).toBe(0);
    const several = await site.run('explain', 'ada');
    expect(several.exit).toBe(2);
    expect(several.err).toMatch(
      /`ada` fits 2 users and groups; .*\n {2}user ada \(source corp, \S+, id:\d+\)\n {2}group ada/,
    );
    expect(verdict((await site.run('explain', 'ada', '--user')).out)).toMatch(/^In scope/);
    expect((await site.run('explain', 'nobody')).err).toMatch(/There is no user or group `nobody`/);
    expect((await site.run('explain', 'ada', '--user', '--group')).exit).toBe(2);
  });
});
