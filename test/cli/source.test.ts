import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Site } from './once-kit.ts';

const renamed = (from: string, to: string) => (text: string) => text.replace(`name: ${from},`, `name: ${to},`);
const without = (source: string) => (text: string) =>
  text.replace(new RegExp(`^ {2}- \\{ name: ${source},.*\n`, 'm'), '');
const users = (site: Site) =>
  site.rows('SELECT id, source, user_name, active, inactive_reason AS why FROM v1_users ORDER BY id');
const planId = (out: string) => /plan ([a-z0-9]{6})\b/.exec(out)?.[1] ?? 'none';

/** Everybody of `corp` goes. */
function leave(site: Site): void {
  const { realm } = site.realm('corp');
  for (const user of [...realm.users()]) realm.removeUser(user);
}

/** A directory of the source `corp`, with three people, and `other`, with one. */
async function imported(): Promise<Site> {
  const site = await Site.of('corp', 'other');
  site.fill('corp', 'ada', 'bob', 'cleo');
  site.fill('other', 'dan');
  site.configure();
  expect((await site.run('--once')).exit).toBe(0);
  return site;
}

describe('rosterd source rename', () => {
  test('before the file is edited, and after it: accounts keep their ids, and nothing is read twice', async () => {
    await using site = await imported();
    const before = users(site);
    const first = await site.run('source', 'rename', 'corp', 'acme', '--by', 'grace');
    expect(first).toMatchObject({ exit: 0, err: '' });
    expect(first.out).toBe(
      `Source \`corp\` is called \`acme\` from now on; its accounts and groups are as they were.\nNow change its name in config.yaml: the next sync would take \`corp\` for a new source.\n`,
    );
    site.configure(renamed('corp', 'acme'));
    expect(await site.run('--once')).toMatchObject({ exit: 0, out: expect.stringMatching(/^acme: nothing changed/) });
    site.configure(renamed('corp', 'best'));
    const blocked = await site.run('--once', '--source', 'best');
    expect(blocked.exit).toBe(3);
    expect(blocked.out).not.toMatch(/Rename one of the two|relink/);
    expect(blocked.out).toContain('"rosterd source rename acme best"');
    const second = await site.run('source', 'rename', 'acme', 'best', '--json');
    expect(second.exit).toBe(0);
    expect(JSON.parse(second.out)).toMatchObject({ from: 'acme', to: 'best', dropped: true });
    expect((await site.run('--once')).exit).toBe(0);
    expect(users(site)).toEqual(
      before.map((row) => ({ ...(row as object), source: (row as { source: string }).source.replace('corp', 'best') })),
    );
    expect(site.rows("SELECT actor FROM v1_runs WHERE mode = 'hand' AND actor = 'grace'")).toHaveLength(1);
  });

  test.each([
    [['corpp', 'x'], /The directory has no source `corpp`; did you mean `corp`\?/],
    [['corp', 'corp'], /has that name/],
    [['corp', 'other'], /names both `corp` and `other`/],
    [['corp', 'local'], /`local` is no name for a source: it is the source of what people make by hand/],
    [['corp', 'a b'], /`a b` is no name for a source/],
    [['local', 'x'], /`local` is what people make by hand, and no source/],
  ])('%j is refused', async (names, sentence) => {
    await using site = await imported();
    const { exit, out, err } = await site.run('source', 'rename', ...names);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test('onto a name that has accounts is refused', async () => {
    await using site = await imported();
    site.configure(without('corp'));
    const { exit, err } = await site.run('source', 'rename', 'corp', 'other');
    expect(exit).toBe(2);
    expect(err).toMatch(/`other` has accounts or groups of its own/);
  });

  test('waits for a pass of the source, and names it', async () => {
    await using site = await imported();
    const lock = await lockSource(site.directory, 'corp', 'a pass (schedule)', { clock: systemClock, wait: 0 });
    const { exit, err } = await site.run('source', 'rename', 'corp', 'x', '--wait', '50ms');
    lock.release();
    expect(exit).toBe(5);
    expect(err).toMatch(/a pass \(schedule\)/);
  });
});

describe('rosterd source remove', () => {
  test('refuses what the file still names, and what there is not', async () => {
    await using site = await imported();
    const named = await site.run('source', 'remove', 'corp');
    expect(named).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/still names `corp`. Take it out of the file first/),
    });
    const none = await site.run('source', 'remove', 'korp');
    expect(none).toMatchObject({ exit: 2, err: expect.stringMatching(/no source `korp`; did you mean `corp`/) });
  });

  test('a source that left the file keeps everything and is a problem; its removal waits for an approval', async () => {
    await using site = await imported();
    site.configure(without('corp'));
    expect((await site.run('--once')).exit).toBe(0);
    expect((await site.run('problems')).out).toMatch(/source-left .*rosterd source remove corp/s);
    expect(users(site)).toHaveLength(4);
    const blocked = await site.run('source', 'remove', 'corp', '--reason', 'sold');
    expect(blocked.exit).toBe(3);
    expect(blocked.out).toMatch(/3 of 3 accounts would be deactivated/);
    const id = planId(blocked.out);
    const again = await site.run('source', 'remove', 'corp');
    expect(planId(again.out)).toBe(id);
    const approved = await site.run('approve', id.toUpperCase(), '--reason', 'sold to others', '--by', 'grace');
    expect(approved).toMatchObject({ exit: 0, err: '' });
    expect(users(site)).toEqual([
      { id: 1, source: 'corp', user_name: 'ada', active: 0, why: 'source-removed' },
      { id: 2, source: 'corp', user_name: 'bob', active: 0, why: 'source-removed' },
      { id: 3, source: 'corp', user_name: 'cleo', active: 0, why: 'source-removed' },
      { id: 4, source: 'other', user_name: 'dan', active: 1, why: null },
    ]);
    expect(site.rows(`SELECT actor, message, plan_id FROM v1_runs WHERE mode = 'approve'`)).toEqual([
      { actor: 'grace', message: 'sold to others', plan_id: id },
    ]);
    expect((await site.run('problems')).out).toBe('No problems.\n');
    expect((await site.run('approve', id)).exit).toBe(2);
    // The same people come back under the ids that they had.
    site.configure();
    expect((await site.run('--once')).exit).toBe(0);
    expect(site.rows("SELECT count(*) AS n FROM v1_users WHERE source = 'corp' AND active = 1 AND id < 4")).toEqual([
      { n: 3 },
    ]);
  });

  test('--delete deletes the accounts once that is approved', async () => {
    await using site = await imported();
    site.configure(without('corp'));
    const blocked = await site.run('source', 'remove', 'corp', '--delete');
    expect(blocked.exit).toBe(3);
    expect(blocked.out).toMatch(/deleted for good/);
    expect((await site.run('approve', planId(blocked.out))).exit).toBe(0);
    expect(users(site)).toEqual([{ id: 4, source: 'other', user_name: 'dan', active: 1, why: null }]);
  });
});

test('what to type names the file that was named, and stays offline where the plan was', async () => {
  await using site = await imported();
  leave(site);
  const file = site.configure();
  const plan = await site.run('--config', file, 'plan', '--source', 'corp');
  expect(plan.out).toContain(`rosterd --config ${file} plan --source corp --all`);
  const blocked = await site.run('--config', file, '--once', '--source', 'corp');
  expect(blocked.out).toContain(`rosterd --config ${file} approve ${planId(blocked.out)} --reason`);
  expect(blocked.out).toContain(`rosterd --config ${file} plan --offline --source corp --all`);
});

describe('rosterd approve', () => {
  test('of a plan that there is not, of a source that left, of one that is paused, and of one that is in use', async () => {
    await using site = await imported();
    expect(await site.run('approve', 'abcdef')).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/No plan abcdef is waiting.*None is\./),
    });
    leave(site);
    const blocked = await site.run('--once', '--source', 'corp');
    expect(blocked.exit).toBe(3);
    const id = planId(blocked.out);
    expect(await site.run('approve', 'abcdef')).toMatchObject({
      exit: 2,
      err: expect.stringMatching(`Waiting: ${id} \\(corp\\)`),
    });
    site.configure(without('corp'));
    expect(await site.run('approve', id)).toMatchObject({ exit: 2, err: expect.stringMatching(/does not name/) });
    site.configure((text) => text.replace('{ name: corp,', '{ name: corp, paused: true,'));
    expect(await site.run('approve', id)).toMatchObject({ exit: 2, err: expect.stringMatching(/which is paused/) });
    site.configure();
    const lock = await lockSource(site.directory, 'corp', 'a pass (schedule)', { clock: systemClock, wait: 0 });
    expect(await site.run('approve', id, '--wait', '50ms')).toMatchObject({
      exit: 5,
      err: expect.stringMatching(/a pass \(schedule\)/),
    });
    lock.release();
  });
});

test('a paused source is left alone, and says so', async () => {
  await using site = await imported();
  leave(site);
  site.configure((text) => text.replace('{ name: corp,', '{ name: corp, paused: true,'));
  const asked = site.realm('corp').requests.length;
  const { exit, out } = await site.run('--once');
  expect(exit).toBe(0);
  expect(out).toMatch(/corp: paused/);
  expect(site.realm('corp').requests).toHaveLength(asked);
  expect(site.rows('SELECT name, state FROM v1_sources ORDER BY name')).toEqual([
    { name: 'corp', state: 'paused' },
    { name: 'other', state: 'ok' },
  ]);
  expect(users(site)).toHaveLength(4);
});
