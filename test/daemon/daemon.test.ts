import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { status } from '../emulators/faults.ts';
import { Daemon, freePort, SELDOM, world } from './kit.ts';

describe('a daemon', { timeout: 60_000 }, () => {
  test('syncs when it starts, says so in one line, serves health and metrics, and ends with 0', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    expect(daemon.lines().filter(({ level, source }) => level === 30 && source)).toHaveLength(1);
    expect(daemon.lines().find(({ msg }) => /^rosterd .* runs$/.test(msg))).toMatchObject({
      directory: site.directory,
      sources: { staff: expect.stringMatching(/^\d{4}-01-01T00:00:00.000Z$/) },
    });
    expect(site.rows('SELECT user_name FROM v1_users ORDER BY 1')).toHaveLength(2);
    expect(site.rows('SELECT trigger FROM v1_runs')).toEqual([{ trigger: 'start' }]);
    expect(await daemon.get('/livez')).toMatchObject({ status: 200 });
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
    // The line is of the pass's own thread; the daemon knows how it ended when the thread has.
    await expect
      .poll(async () => JSON.parse((await daemon.get('/status')).body), { timeout: 15_000 })
      .toMatchObject({
        ok: true,
        sources: [{ name: 'staff', last: { outcome: 'ok', trigger: 'start' }, accounts: { active: 2 } }],
      });
    expect(await daemon.metric('rosterd_accounts{source="staff",state="active"}')).toBe('2');
    expect(statSync(`${site.directory}.sock`).mode & 0o777).toBe(0o600);
    expect(await site.run('health')).toMatchObject({ exit: 0, out: 'The daemon is well.\n' });
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(`${site.directory}.sock`)).toBe(false);
    expect(existsSync(`${site.directory}-wal`)).toBe(false);
    expect(await site.run('health')).toMatchObject({ exit: 1, err: expect.stringContaining('No daemon answers at') });
    expect(daemon.process.err()).not.toContain('Zq7x');
  });

  test('is asked for a pass: sync NAME prints what it did, as --once would', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.realm('staff').realm.addUser({ username: 'zoe' });
    const { exit, out } = await site.run('sync', 'staff');
    expect(exit).toBe(0);
    expect(out).toMatch(/^staff: 1 account created/);
    expect(site.rows("SELECT trigger FROM v1_runs WHERE outcome = 'ok' ORDER BY id DESC LIMIT 1")).toEqual([
      { trigger: 'request' },
    ]);
    expect(await site.run('sync', 'nobody')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('no source `nobody`'),
    });
    site.realm('staff').faults.when({ path: '/users', times: 99 }, status(403));
    expect(await site.run('sync', 'staff')).toMatchObject({ exit: 1, out: expect.stringMatching(/^staff: failed/) });
    const posted = await fetch(`${daemon.url}/sync/staff`, {
      method: 'POST',
      headers: { authorization: 'Bearer sesame' },
    });
    expect(await posted.json()).toMatchObject({ source: 'staff', outcome: 'failed' });
    expect(await daemon.metric('rosterd_pass_consecutive_failures{source="staff"}')).toBe('2');
  });

  test('syncs on schedule, each source by itself, and one that fails harms no other', async () => {
    const { site, port } = await world('schedule: "* * * * * *"', 'staff', 'partners');
    await using _ = site;
    site.realm('partners').faults.when({ path: '/users', times: 9999 }, status(403));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    for (let tries = 0; tries < 200; tries++) {
      if (site.rows("SELECT 1 FROM v1_runs WHERE trigger = 'schedule' AND source = 'staff'").length >= 3) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const outcomes = new Set(
      (site.rows('SELECT source, outcome FROM v1_runs') as { source: string; outcome: string }[]).map(
        ({ source, outcome }) => `${source} ${outcome}`,
      ),
    );
    expect([...outcomes].filter((one) => !one.endsWith('running')).sort()).toEqual([
      'partners failed',
      'staff ok',
      'staff unchanged',
    ]);
    expect(await daemon.stop('SIGINT')).toBe(0);
  });

  test('reads its file again on SIGHUP; a bad one is told and the old one stays', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const hangUp = () => daemon.process.child.kill('SIGHUP');
    site.configure((text) => text.replace(SELDOM, 'schedule: "* * * * * *"'));
    const changed = await daemon.says(/has changed and is not in use yet/);
    expect(changed.msg).toContain('plan --offline');
    expect(await daemon.metric('rosterd_config_pending ')).toBe('1');
    hangUp();
    await daemon.says(/was read again and is in use/);
    await daemon.says(/^the pass ended/, 2);
    expect(await daemon.metric('rosterd_config_pending ')).toBe('0');
    site.configure((text) => `${text.replace(SELDOM, 'schedule: "0 0 2 1 *"')}directry: x\n`);
    hangUp();
    const refused = await daemon.says(/was not taken, and the one before stays in use/);
    expect(refused.msg).toContain('directry: unknown key; did you mean `directory`?');
    expect(await daemon.metric('rosterd_config_last_reload_successful ')).toBe('0');
    expect(JSON.parse((await daemon.get('/status')).body)).toMatchObject({
      configuration: { lastReload: { ok: false } },
      sources: [{ schedule: '* * * * * *' }],
    });
    site.configure((text) => text.replace('directory: ./directory.db', 'directory: ./elsewhere.db'));
    hangUp();
    await daemon.says(/which needs a restart/);
    expect(await daemon.stop()).toBe(0);
  });

  test('backups on schedule, and failing ones, are told; the newest is known after a restart', async () => {
    const backups = (schedule: string) => `backups: { dir: ./backups, schedule: "${schedule}" }\n`;
    const { site, port } = await world(backups('* * * * * *'));
    await using _ = site;
    writeFileSync(join(site.folder, 'backups'), 'a file where the folder should be');
    {
      await using daemon = new Daemon(site, port);
      await daemon.says(/^no backup could be made/);
      expect(await daemon.metric('rosterd_backup_last_success_timestamp_seconds')).toBeUndefined();
      expect(Number(await daemon.metric('rosterd_backup_consecutive_failures'))).toBeGreaterThan(0);
      rmSync(join(site.folder, 'backups'));
      await daemon.says(/^a backup was made/);
      expect(await daemon.metric('rosterd_backup_consecutive_failures')).toBe('0');
      expect(await daemon.stop()).toBe(0);
    }
    site.configure((text) => text.replace(backups('* * * * * *'), backups('0 3 1 1 *')));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    const at = Number(await daemon.metric('rosterd_backup_last_success_timestamp_seconds'));
    expect(Math.abs(Date.now() / 1000 - at)).toBeLessThan(300);
  });

  test('told to read its file again and at once to stop, it stops', async () => {
    const { site, port } = await world('schedule: "* * * * * *"\nbackups: { dir: ./backups, schedule: "* * * * * *" }');
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.configure((text) => `x-edited: 1\n${text}`);
    daemon.process.child.kill('SIGHUP');
    expect(await daemon.stop()).toBe(0);
  });

  test('reads it again when it changes, where the file says so; a new source is synced by schedule, one left out is not', async () => {
    const { site, port } = await world(`reload: onChange\nschedule: "* * * * * *"`, 'staff', 'partners');
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/, 2);
    site.configure((text) => text.replace(/ {2}- \{ name: partners.*\n/, ''));
    await daemon.says(/was read again and is in use/);
    expect(JSON.parse((await daemon.get('/status')).body).sources).toHaveLength(1);
    expect(await daemon.metric('rosterd_pass_running{source="partners"}')).toBeUndefined();
  });

  test('a second one waits, not ready, and goes on when the first has ended', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using first = new Daemon(site, port);
    await first.says(/^the pass ended/);
    const other = await freePort();
    site.configure((text) => text.replace(String(port), String(other)));
    await using second = new Daemon(site, other);
    await second.says(/another daemon holds this directory/);
    expect(await second.get('/livez')).toMatchObject({ status: 200 });
    expect(await second.get('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('another daemon') });
    expect(await first.stop()).toBe(0);
    await second.says(/^rosterd .* runs$/);
    await second.says(/^the pass ended/);
    expect(await second.get('/readyz')).toMatchObject({ status: 200 });
    expect(await site.run('health')).toMatchObject({ exit: 0 });
  });

  test('told to stop while it reads, it cancels the pass: nothing is changed, and it ends with 0', async () => {
    const { site, port } = await world();
    await using _ = site;
    site.realm('staff').faults.when({ path: '/members', times: 99 }, () => new Promise(() => {}));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass begins/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await daemon.stop()).toBe(0);
    expect(site.rows('SELECT outcome FROM v1_runs')).toEqual([{ outcome: 'cancelled' }]);
    expect(site.rows('SELECT * FROM v1_users')).toEqual([]);
  });

  test('told to stop, it answers whoever waits for a pass: it was cancelled', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.realm('staff').faults.when({ path: '/members', times: 99 }, () => new Promise(() => {}));
    const asked = site.run('sync', 'staff');
    await daemon.says(/^the pass begins/, 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await daemon.stop()).toBe(0);
    expect(await asked).toMatchObject({ exit: 1, out: expect.stringMatching(/^staff: cancelled/) });
  });

  test('killed, it leaves whoever waits for a pass with a sentence', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.realm('staff').faults.when({ path: '/members', times: 99 }, () => new Promise(() => {}));
    const asked = site.run('sync', 'staff');
    await daemon.says(/^the pass begins/, 2);
    daemon.process.child.kill('SIGKILL');
    expect(await asked).toMatchObject({ exit: 1, err: expect.stringContaining('ended before it answered') });
  });

  test('a second signal ends it at once, and the next one takes up where it was', async () => {
    const { site, port } = await world('shutdownTimeout: 1h');
    await using _ = site;
    const lift = site.realm('staff').faults.when({ path: '/members', times: 99 }, () => new Promise(() => {}));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass begins/);
    daemon.process.child.kill('SIGKILL');
    await daemon.process.ended;
    lift();
    await using next = new Daemon(site, port);
    await next.says(/^the pass ended/);
    expect(site.rows('SELECT outcome FROM v1_runs ORDER BY id')).toEqual([
      { outcome: 'interrupted' },
      { outcome: 'ok' },
    ]);
  });

  test('a directory that cannot be written makes it not ready', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    // Root may write to what nobody may; the file goes away instead.
    renameSync(site.directory, `${site.directory}.away`);
    await daemon.says(/the directory cannot be written/);
    expect(await daemon.get('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('cannot be written'),
    });
    expect(await daemon.metric('rosterd_directory_writable ')).toBe('0');
    expect(await site.run('health')).toMatchObject({ exit: 1 });
    renameSync(`${site.directory}.away`, site.directory);
    await daemon.says(/can be written again/);
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  });

  test('a file that is wrong at the start is refused with 2, like everywhere', async () => {
    const { site } = await world();
    await using _ = site;
    const file = site.configure((text) => `${text}directry: x\n`);
    writeFileSync(file, readFileSync(file));
    const ended = await site.start().ended;
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('directry: unknown key') });
    expect(await site.run('--dry-run')).toMatchObject({
      exit: 2,
      err: '--dry-run belongs to --once: without it rosterd runs as a daemon, for every source.\n',
    });
  });
});
