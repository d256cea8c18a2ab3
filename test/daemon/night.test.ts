// The page for three in the morning (docs/operations.md), walked through: what is typed, and what it prints.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overwritePage } from '../directory/damage.ts';
import { testAsRoot } from '../directory/processes.ts';
import { status } from '../emulators/faults.ts';
import { Daemon, world } from './kit.ts';

describe('at three in the morning', { timeout: 90_000 }, () => {
  test('an expired secret: check --online names it; a new one in its file is used by the next pass', async () => {
    const { site, port } = await world();
    await using _ = site;
    const { client } = site.realm('staff');
    writeFileSync(join(site.folder, 'secret'), client.secret);
    site.configure((text) => text.replace(`clientSecret: ${client.secret}`, 'clientSecret: "${file:secret}"'));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    client.secret = 'a new one';
    site.realm('staff').revokeTokens();
    expect(await site.run('sync', 'staff')).toMatchObject({
      exit: 1,
      out: expect.stringContaining('does not accept the secret'),
    });
    const { exit, out } = await site.run('check', '--online');
    expect(exit).toBe(1);
    expect(out).toMatch(
      /refused credentials: Keycloak does not accept the secret of client "rosterd".*Credentials tab/,
    );
    expect(site.rows('SELECT count(*) AS n FROM v1_users WHERE active = 1')).toEqual([{ n: 2 }]);
    writeFileSync(join(site.folder, 'secret'), 'a new one');
    expect(await site.run('sync', 'staff')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^staff: nothing changed/),
    });
  });

  test('a 429 storm: the pass waits as it is asked to, ends well, and the metric tells', async () => {
    const { site, port } = await world();
    await using _ = site;
    site.realm('staff').faults.when({ times: 6 }, status(429, { retryAfter: 1 }));
    await using daemon = new Daemon(site, port);
    expect((await daemon.says(/^the pass ended/)).msg).toBe('the pass ended: ok');
    // The line is of the pass's own thread, and comes before what the pass spent is told.
    await expect
      .poll(() => daemon.metric('rosterd_requests_total{source="staff",status="429"}'), { timeout: 15_000 })
      .toBe('6');
    expect(Number(await daemon.metric('rosterd_throttled_seconds_total{source="staff"}'))).toBeGreaterThan(3);
  });

  testAsRoot('a full disk: not ready, nothing half done, and on again when there is room', async () => {
    const { site, port } = await world();
    await using _ = site;
    const volume = join(site.folder, 'volume');
    mkdirSync(volume);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', volume]);
    try {
      site.configure((text) => text.replace('./directory.db', './volume/directory.db'));
      await using daemon = new Daemon(site, port);
      await daemon.says(/^the pass ended/);
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${volume}/full bs=4k 2>/dev/null || true`]);
      await daemon.says(/the directory cannot be written/);
      expect(await daemon.get('/readyz')).toMatchObject({ status: 503 });
      for (let at = 0; at < 300; at++)
        site.realm('staff').realm.addUser({ username: `many-${at}`, firstName: 'x'.repeat(200) });
      const full = await site.run('sync', 'staff');
      expect(full.exit).not.toBe(0);
      expect(full.out + full.err).toMatch(/full|room|could not be written/);
      rmSync(join(volume, 'full'));
      await daemon.says(/can be written again/);
      expect(await site.run('sync', 'staff')).toMatchObject({
        exit: 0,
        out: expect.stringContaining('300 accounts created'),
      });
      expect(await daemon.stop()).toBe(0);
    } finally {
      execFileSync('umount', [volume]);
    }
  });

  test('a damaged directory: doctor says so, restore puts the backup back, and the next sync brings it to today', async () => {
    const { site, port } = await world();
    await using _ = site;
    const first = new Daemon(site, port);
    await first.says(/^the pass ended/);
    const backup = join(site.folder, 'monday.db');
    expect(await site.run('backup', backup)).toMatchObject({ exit: 0 });
    site.realm('staff').realm.addUser({ username: 'zoe' });
    expect(await site.run('sync', 'staff')).toMatchObject({ exit: 0 });
    expect(await first.stop()).toBe(0);
    overwritePage(site.directory, 'accounts');
    expect(await site.run('doctor')).toMatchObject({ exit: 1 });
    expect(await site.run('restore', backup)).toMatchObject({ exit: 0 });
    expect(await site.run('--once')).toMatchObject({ exit: 0, out: expect.stringContaining('1 account created') });
    expect(await site.run('doctor')).toMatchObject({ exit: 0 });
    expect(existsSync(`${site.directory}-wal`)).toBe(false);
    await using second = new Daemon(site, port);
    await second.says(/^the pass ended/);
  });

  test('a plan that waits: seen offline, approved, done', async () => {
    const { site, port } = await world();
    await using _ = site;
    for (let at = 0; at < 20; at++) site.realm('staff').realm.addUser({ username: `person-${at}` });
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const { realm } = site.realm('staff');
    for (let at = 0; at < 12; at++) realm.removeUser(realm.user(`person-${at}`));
    const blocked = await site.run('sync', 'staff');
    expect(blocked).toMatchObject({ exit: 3, out: expect.stringMatching(/^staff: BLOCKED/) });
    expect(await daemon.metric('rosterd_plan_blocked{source="staff"}')).toBe('1');
    const plan = /plan (\w+) waits/.exec(blocked.out)?.[1] ?? '';
    expect(await site.run('plan', '--offline', '--source', 'staff', '--all')).toMatchObject({
      out: expect.stringContaining('person-7'),
    });
    expect(await site.run('approve', plan, '--reason', 'the summer interns left')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('12 deactivated'),
    });
    expect(await site.run('sync', 'staff')).toMatchObject({ exit: 0 });
    expect(await daemon.metric('rosterd_plan_blocked{source="staff"}')).toBe('0');
  });

  test('a person who cannot log in: explain says why, and one sync after it was mended is enough', async () => {
    const { site, port } = await world();
    await using _ = site;
    const { realm } = site.realm('staff');
    realm.editUser(realm.user('staff-ada'), { enabled: false });
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    realm.editUser(realm.user('staff-ada'), { enabled: true });
    await site.run('sync', 'staff');
    realm.editUser(realm.user('staff-ada'), { enabled: false });
    await site.run('sync', 'staff');
    expect((await site.run('explain', 'staff-ada')).out).toMatch(/inactive \(disabled\)|disabled/);
    realm.editUser(realm.user('staff-ada'), { enabled: true });
    expect(await site.run('sync', 'staff')).toMatchObject({ exit: 0, out: expect.stringMatching(/1 reactivated/) });
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  });
});
