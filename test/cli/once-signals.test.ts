import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { cancellable } from '../../src/cli/signals.ts';
import { Process } from '../directory/processes.ts';
import { before as beforehand } from '../emulators/faults.ts';
import { happening, Site } from './once-kit.ts';

/** A site that was synced, with a change to come, whose realm from now on says when it is asked and never answers. */
async function stalling(...sources: string[]) {
  const site = await Site.of(...sources);
  for (const source of sources) site.fill(source, `user-of-${source}`);
  site.configure();
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  const all = sources.map((source) => {
    const asked = happening();
    site.realm(source).realm.addUser({ username: `another-of-${source}` });
    const stall = beforehand(async () => {
      asked.happen();
      await new Promise(() => {});
    });
    site.realm(source).faults.when({ path: '/users' }, stall);
    return asked.happened;
  });
  return { site, asked: Promise.all(all), firstAsked: all[0] };
}
const users = (site: Site) => site.rows('SELECT * FROM v1_users ORDER BY id');
const lastRuns = (site: Site, count: number) =>
  site.rows(`SELECT source, outcome, message FROM v1_runs ORDER BY id DESC LIMIT ${count}`);
const cancelled = (source: string) => ({
  ...{ source, outcome: 'cancelled', message: 'The run was cancelled; nothing was changed.' },
});
const beside = (site: Site) => readdirSync(site.folder).filter((name) => /stage|holder|-wal|-shm/.test(name));

describe('in the middle of a listing', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} cancels: nothing is changed, and nothing left lying`, async () => {
      const { site, asked } = await stalling('corp');
      await using _ = site;
      const before = users(site);
      await using syncing = site.start('--once');
      await asked;
      const { code, signal: by, out } = await syncing.kill(signal);
      expect({ code, by, out }).toEqual({
        code: 1,
        by: null,
        out: 'corp: cancelled. The run was cancelled; nothing was changed.\n',
      });
      expect(lastRuns(site, 1)).toEqual([cancelled('corp')]);
      expect(users(site)).toEqual(before);
      expect(beside(site)).toEqual([]);
      expect(await site.run('--once')).toMatchObject({ exit: 0 });
      expect(users(site)).toHaveLength(2);
    });
  }

  test('of several sources side by side, all are cancelled', async () => {
    const { site, asked } = await stalling('one', 'two');
    await using _ = site;
    await using syncing = site.start('--once', '--json');
    await asked;
    const { code, out } = await syncing.kill('SIGTERM');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([cancelled('one'), cancelled('two')]);
    expect(lastRuns(site, 2)).toEqual(expect.arrayContaining([cancelled('one'), cancelled('two')]));
    expect(beside(site)).toEqual([]);
  });

  test('of several sources one after the other, the rest is not begun', async () => {
    const { site, firstAsked } = await stalling('one', 'two');
    await using _ = site;
    // A third one that was never imported puts them in a row.
    site.configure((text) => `${text}${text.split('\n').at(-2)?.replaceAll('two', 'new')}\n`);
    const requests = site.realm('two').requests.length;
    await using syncing = site.start('--once', '--json');
    await firstAsked;
    const { code, out } = await syncing.kill('SIGINT');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([
      cancelled('one'),
      { source: 'two', runId: null, outcome: 'cancelled' },
      { source: 'new', runId: null, outcome: 'cancelled' },
    ]);
    expect(site.realm('two').requests.length).toBe(requests);
  });
});

test('a signal right after the first is listened to, and none once all is over', async () => {
  const listeners = () => process.listenerCount('SIGINT');
  const before = listeners();
  await cancellable(async (signal) => {
    process.emit('SIGINT');
    expect(signal.aborted).toBe(true);
    expect(listeners()).toBe(before + 1);
  });
  expect(listeners()).toBe(before);
});

describe('signals that come close together', () => {
  /** A process that was told to end and waits for its turn to write that down. */
  async function ending(site: Site, asked: Promise<unknown>, signal: () => void) {
    await asked;
    const writer = new Database(site.directory);
    writer.exec('BEGIN IMMEDIATE');
    signal();
    return writer;
  }

  test('a second one ends the process at once; the directory is the old one', async () => {
    const { site, asked } = await stalling('corp');
    await using _ = site;
    const before = users(site);
    await using syncing = site.start('--once');
    const writer = await ending(site, asked, () => syncing.child.kill('SIGINT'));
    const again = setInterval(() => syncing.child.kill('SIGINT'), 100);
    const { code, signal } = await syncing.ended;
    clearInterval(again);
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
    writer.exec('ROLLBACK');
    writer.close();
    expect(users(site)).toEqual(before);
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    expect(site.rows('SELECT outcome FROM v1_runs ORDER BY id')).toEqual(
      ['ok', 'interrupted', 'ok'].map((outcome) => ({ outcome })),
    );
  });

  test('one Ctrl-C is one, though a terminal gives it to the launcher as well', async () => {
    const { site, asked } = await stalling('corp');
    await using _ = site;
    const rosterd = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const launcher = new URL('../../bin/launch.js', import.meta.url).href;
    const args = JSON.stringify([rosterd, '--config', `${site.folder}/config.yaml`, '--once']);
    const runtime = JSON.stringify({ node: process.execPath, flags: [] });
    const text = `import(${JSON.stringify(launcher)}).then(({ launch }) => launch(${runtime}, ${args}))`;
    await using launched = new Process([process.execPath, '--eval', text], { detached: true });
    await asked;
    // To the whole group, as a terminal does.
    process.kill(-(launched.child.pid ?? 0), 'SIGINT');
    const { code, signal, out } = await launched.ended;
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(out).toBe('corp: cancelled. The run was cancelled; nothing was changed.\n');
    expect(readFileSync(site.directory).subarray(18, 20)).toEqual(Buffer.from([1, 1]));
  });
});
