import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { before as beforehand } from '../emulators/faults.ts';
import { happening, Site } from './once-kit.ts';

/** Everything in the folder: names, modes, times and what is in the files. */
const contents = (site: Site) =>
  readdirSync(site.folder)
    .sort()
    .map((name) => {
      const file = join(site.folder, name);
      const { mode, mtimeMs, uid, gid } = statSync(file);
      return { name, mode, mtimeMs, uid, gid, bytes: readFileSync(file).toString('base64') };
    });
// A folder of this file's own: other tests make private copies at the same time.
const temporary = mkdtempSync(join(tmpdir(), 'rosterd-test-'));
process.env.TMPDIR = temporary;
afterAll(() => rmSync(temporary, { recursive: true }));
/** Private copies that somebody left. */
const copies = () => readdirSync(temporary).filter((name) => name.startsWith('rosterd-plan-'));

/** A site whose directory was synced, and whose realm has one person more. */
async function pending(): Promise<Site> {
  const site = await Site.of('corp');
  site.fill('corp', 'ada');
  site.configure();
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  site.realm('corp').realm.addUser({ username: 'bob' });
  return site;
}

const PLANS = [['--once', '--dry-run'], ['plan'], ['plan', '--json'], ['plan', '--offline']];

describe('a plan', () => {
  test.each(PLANS.map((args) => [args.join(' '), args]))('%s changes no byte', async (_name, args) => {
    await using site = await pending();
    const before = contents(site);
    const asked = site.realm('corp').requests.length;
    const { exit, out } = await site.run(...args);
    expect(exit).toBe(0);
    if (args.includes('--offline')) {
      expect(out).toContain('corp: nothing to do (from the mirror');
      expect(site.realm('corp').requests.length).toBe(asked);
    } else expect(out).toMatch(/1 account to create|"created":1/);
    expect(contents(site)).toEqual(before);
  });

  test.each(PLANS.map((args) => [args.join(' '), args]))('%s needs nothing to be there', async (_name, args) => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada');
    site.configure((text) => text.replace('./directory.db', './not/yet/there.db'));
    const before = contents(site);
    const { exit, out } = await site.run(...args);
    expect(exit).toBe(0);
    expect(out).toMatch(
      args.includes('--offline')
        ? /nothing to do .*\n {2}Nothing was read of this source yet/
        : /1 account to create|"created":1/,
    );
    expect(contents(site)).toEqual(before);
  });

  test.each(PLANS.map((args) => [args.join(' '), args]))(
    '%s works while another process syncs',
    async (_name, args) => {
      await using site = await pending();
      const lock = await lockSource(site.directory, 'corp', 'a test', { clock: systemClock, wait: 0 });
      const writer = new Database(site.directory);
      writer.pragma('journal_mode = WAL');
      writer.exec('BEGIN IMMEDIATE');
      writer.exec("UPDATE meta SET value = 'half done' WHERE key = 'created_at'");
      const { exit, out } = await site.run(...args, '--wait', '1ms');
      expect(exit).toBe(0);
      expect(out).toMatch(args.includes('--offline') ? /nothing to do/ : /1 account to create|"created":1/);
      writer.exec('ROLLBACK');
      writer.close();
      lock.release();
    },
  );

  test('works on what a killed process left, and leaves it so', async () => {
    await using site = await pending();
    const arrived = happening();
    const end = site.realm('corp').faults.when(
      { path: '/users' },
      beforehand(async () => {
        arrived.happen();
        await new Promise(() => {});
      }),
    );
    await using killed = site.start('--once');
    await arrived.happened;
    await killed.kill();
    end();
    // The memory that SQLite shares over -shm is no data; whoever looks at a file in WAL mode uses it.
    const kept = () => contents(site).filter(({ name }) => !name.endsWith('-shm'));
    const before = kept();
    expect(before.map(({ name }) => name)).toContain('directory.db-wal');
    for (const args of PLANS) expect(await site.run(...args)).toMatchObject({ exit: 0 });
    expect(kept()).toEqual(before);
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(site.rows('SELECT outcome FROM v1_runs ORDER BY id')).toEqual(
      ['ok', 'interrupted', 'ok'].map((outcome) => ({ outcome })),
    );
  });
});

describe('the private copy is removed', () => {
  test('when the plan is told, and when it failed', async () => {
    await using site = await pending();
    expect(await site.run('plan')).toMatchObject({ exit: 0 });
    site.realm('corp').client.roles.clear();
    expect(await site.run('plan')).toMatchObject({ exit: 1 });
    rmSync(site.directory);
    expect(await site.run('plan')).toMatchObject({ exit: 1 });
    expect(copies()).toEqual([]);
    expect(existsSync(site.directory)).toBe(false);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`on ${signal}`, async () => {
      await using site = await pending();
      const before = contents(site);
      const arrived = happening();
      site.realm('corp').faults.when(
        { path: '/users' },
        beforehand(async () => {
          arrived.happen();
          await new Promise(() => {});
        }),
      );
      await using planning = site.start('plan');
      await arrived.happened;
      expect(copies()).toHaveLength(1);
      const { code, signal: by, out } = await planning.kill(signal);
      expect({ code, by }).toEqual({ code: 1, by: null });
      expect(out).toBe(
        'corp: cancelled. The run was cancelled; nothing was changed.\nNothing was changed: this was a plan.\n',
      );
      expect(copies()).toEqual([]);
      expect(contents(site)).toEqual(before);
    });
  }

  test('when nobody reads the output any more, in the middle of it', async () => {
    await using site = await Site.of('one', 'two');
    site.fill('one', 'ada');
    site.configure();
    const arrived = happening();
    site.realm('two').faults.when(
      { path: '/users' },
      beforehand(async () => {
        arrived.happen();
        await new Promise(() => {});
      }),
    );
    await using planning = site.start('plan');
    planning.child.stdout?.destroy();
    expect(await planning.ended).toMatchObject({ signal: null });
    expect(copies()).toEqual([]);
  });
});
