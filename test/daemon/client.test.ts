import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { socketOf } from '../../src/daemon/client.ts';
import { happening } from '../cli/once-kit.ts';
import { Daemon, SELDOM, world } from './kit.ts';

describe('asking a daemon', { timeout: 60_000 }, () => {
  test('that hangs: health and sync end after five seconds, with a sentence', async () => {
    const { site } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    // Whoever hangs still has its connections taken in by the system, as after SIGSTOP.
    const hung = createServer(() => {}).listen(socketOf(site.directory));
    try {
      const began = Date.now();
      const [health, sync] = await Promise.all([site.run('health'), site.run('sync', 'staff')]);
      const sentence =
        /^The daemon at .*directory\.db\.sock did not answer within 5 seconds: it hangs.*nothing is lost/;
      expect(health).toMatchObject({ exit: 1, err: expect.stringMatching(sentence) });
      expect(sync).toMatchObject({ exit: 1, err: expect.stringMatching(sentence) });
      expect(Date.now() - began).toBeLessThan(9000);
    } finally {
      hung.close();
      rmSync(socketOf(site.directory), { force: true });
    }
  });

  test('that was stopped by SIGSTOP: health says so', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    const holder = readFileSync(`${site.directory}._daemon.holder`, 'utf8');
    const pid = Number(/process (\d+) on/.exec(holder)?.[1]);
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await site.run('health')).toMatchObject({
        exit: 1,
        err: expect.stringContaining('did not answer within 5 seconds'),
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await site.run('health')).toMatchObject({ exit: 0 });
  });

  test('that ends the connection: the sentence says no more than that', async () => {
    const { site } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    const rude = createServer((socket) => socket.destroy()).listen(socketOf(site.directory));
    try {
      const { exit, err } = await site.run('health');
      expect(exit).toBe(1);
      expect(err).toMatch(/^The connection to the daemon at .* ended before it answered: /);
      expect(err).not.toMatch(/^The daemon at .* ended/);
    } finally {
      rude.close();
      rmSync(socketOf(site.directory), { force: true });
    }
  });

  test('Ctrl-C of sync ends the waiting and not the pass, and says so', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    const held = happening();
    site.realm('staff').faults.when({ path: '/users', times: 1 }, async (_, answer) => {
      await held.happened;
      return answer();
    });
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    await using asking = site.start('sync', 'staff');
    await daemon.says(/^the pass begins/);
    asking.child.kill('SIGINT');
    expect(await asking.ended).toMatchObject({
      ...{ code: 1, out: '' },
      err: 'No longer waiting: the daemon goes on with the pass, and "rosterd runs --source staff" shows how it ends.\n',
    });
    held.happen();
    await daemon.says(/^the pass ended/);
    expect(site.rows('SELECT user_name FROM v1_users')).toHaveLength(2);
  });
});
