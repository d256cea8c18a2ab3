import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { before as beforehand } from '../emulators/faults.ts';
import { happening, Site } from './once-kit.ts';

const outcomes = (site: Site) => site.rows('SELECT source, outcome FROM v1_runs ORDER BY id');

describe('several sources', () => {
  test('are imported one after the other, in the order of the file: the first gets a name that two hold', async () => {
    await using site = await Site.of('slow', 'quick');
    site.fill('slow', 'ada');
    site.fill('quick', 'ada', 'bob');
    site.configure();
    const quick = site.realm('quick');
    const early: number[] = [];
    site.realm('slow').faults.when(
      { times: Number.POSITIVE_INFINITY },
      beforehand(() => void early.push(quick.requests.length)),
    );
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(new Set(early)).toEqual(new Set([0]));
    expect(site.rows('SELECT source, user_name FROM v1_users ORDER BY user_name')).toEqual([
      { source: 'slow', user_name: 'ada' },
      { source: 'quick', user_name: 'bob' },
    ]);
  });

  test('run side by side once all were imported, and are told in the order of the file', async () => {
    await using site = await Site.of('one', 'two');
    site.fill('one', 'ada');
    site.fill('two', 'bob');
    site.configure();
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    // Neither answers before both were asked: one after the other, this would never end.
    const [one, two] = [happening(), happening()];
    const wait = (mine: typeof one, other: typeof one) =>
      beforehand(async () => {
        mine.happen();
        await other.happened;
      });
    site.realm('one').faults.when({ path: '/users' }, wait(one, two));
    site.realm('two').faults.when({ path: '/users' }, wait(two, one));
    const { exit, out } = await site.run('--once');
    expect(exit).toBe(0);
    expect(out).toMatch(/^one: nothing changed .*\ntwo: nothing changed .*\n$/);
  });

  test('one that fails stops no other: when they are imported, when they are planned and side by side', async () => {
    await using site = await Site.of('one', 'two', 'three');
    for (const source of ['one', 'two', 'three']) site.fill(source, `user-of-${source}`);
    site.configure();
    const { roles } = site.realm('two').client;
    roles.clear();
    const said = /^one: 1 account (created|to create).*^two: failed\. .*^three: 1 account (created|to create)/ms;
    const plan = await site.run('plan');
    expect(plan.exit).toBe(1);
    expect(plan.out).toMatch(said);
    const first = await site.run('--once');
    expect(first.exit).toBe(1);
    expect(first.out).toMatch(said);
    roles.add('view-users');
    expect(await site.run('--once')).toMatchObject({ exit: 0 });

    roles.clear();
    for (const source of ['one', 'three']) site.realm(source).realm.addUser({ username: `another-of-${source}` });
    const later = await site.run('--once');
    expect(later.exit).toBe(1);
    expect(later.out).toMatch(said);
    const of = (source: string) => site.rows(`SELECT outcome FROM v1_runs WHERE source = '${source}' ORDER BY id`);
    for (const source of ['one', 'three']) {
      expect(of(source)).toEqual(['ok', 'unchanged', 'ok'].map((outcome) => ({ outcome })));
    }
    expect(of('two')).toEqual(['failed', 'ok', 'failed'].map((outcome) => ({ outcome })));
  });

  test('one that cannot begin stops no other; what was done is still told, in JSON too', async () => {
    await using site = await Site.of('one', 'two');
    site.fill('one', 'ada');
    site.fill('two', 'bob');
    site.configure();
    for (const imported of [false, true]) {
      const lock = await lockSource(site.directory, 'one', 'a test', { clock: systemClock, wait: 0 });
      const text = await site.run('--once', '--wait', '1ms');
      expect(text.exit).toBe(5);
      expect(text.out).toMatch(imported ? /^two: nothing changed .*\n$/ : /^two: 1 account created/);
      expect(text.err).toMatch(/^Source `one` is busy: a test, .*\n$/);
      const json = await site.run('--once', '--wait', '1ms', '--json');
      expect(JSON.parse(json.out)).toMatchObject([
        { source: 'one', outcome: 'failed', code: 'busy' },
        { source: 'two', outcome: 'unchanged' },
      ]);
      lock.release();
      expect(await site.run('--once')).toMatchObject({ exit: 0, err: '' });
    }
  });

  test('of two failures the one that has to be mended decides the exit status', async () => {
    await using site = await Site.of('one', 'two');
    site.configure();
    site.realm('two').client.roles.clear();
    const lock = await lockSource(site.directory, 'one', 'a test', { clock: systemClock, wait: 0 });
    expect(await site.run('--once', '--wait', '1ms')).toMatchObject({ exit: 1 });
    expect(await site.run('--once', '--wait', '1ms', '--source', 'one')).toMatchObject({ exit: 5 });
    lock.release();
  });

  test('only those that --source names', async () => {
    await using site = await Site.of('one', 'two', 'three');
    for (const source of ['one', 'two', 'three']) site.fill(source, `user-of-${source}`);
    site.configure();
    expect(await site.run('--once', '--source', 'three', '--source', 'one')).toMatchObject({ exit: 0 });
    expect(outcomes(site)).toEqual([
      { source: 'one', outcome: 'ok' },
      { source: 'three', outcome: 'ok' },
    ]);
    expect(site.realm('two').requests).toEqual([]);
  });
});
