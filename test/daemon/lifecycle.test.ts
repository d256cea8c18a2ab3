import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scheduleBackups } from '../../src/daemon/backups.ts';
import type { Site } from '../cli/once-kit.ts';
import { parse, SOURCE } from '../config/kit.ts';
import { Daemon, freePort, SELDOM, world } from './kit.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How a daemon ended; `alive` where it did not in the time, which is long for a machine that is busy. */
async function ending(daemon: Daemon, ms = 20_000) {
  return await Promise.race([daemon.process.ended, sleep(ms).then(() => 'alive' as const)]);
}

/** Looks until something is so. */
async function until(what: () => boolean | Promise<boolean>, ms = 25_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (await what()) return;
  throw new Error(`it never came to be so: ${what}`);
}

/** Keeps everybody else from writing to the directory. */
function busy(site: Site): Disposable {
  const db = new Database(site.directory);
  db.exec('BEGIN IMMEDIATE');
  return {
    [Symbol.dispose]: () => {
      if (db.inTransaction) db.exec('ROLLBACK');
      db.close();
    },
  };
}

const paused = (name: string) => (text: string) => text.replace(`{ name: ${name},`, `{ paused: true, name: ${name},`);
const hangUp = (daemon: Daemon) => daemon.process.child.kill('SIGHUP');
const said = (daemon: Daemon, pattern: RegExp) => daemon.lines().filter(({ msg }) => pattern.test(msg)).length;
const configuration = async (daemon: Daemon) => JSON.parse((await daemon.get('/status')).body).configuration;
const reloaded = async (daemon: Daemon) => await daemon.metric('rosterd_config_last_reload_successful ');
const pending = async (daemon: Daemon) => await daemon.metric('rosterd_config_pending ');

/** A webhook, and what it was sent. */
async function hook(answer = true) {
  const got: { event: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      got.push(JSON.parse(body));
      if (answer) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { got, url, [Symbol.asyncDispose]: close };
}

describe('a daemon that cannot begin', { timeout: 60_000 }, () => {
  test('says why and ends, though it serves health already: nothing lives on that looks alive', async () => {
    const { site, port } = await world();
    await using _ = site;
    writeFileSync(site.directory, 'x'.repeat(9000));
    await using daemon = new Daemon(site, port);
    expect(await ending(daemon)).toMatchObject({ code: 2, err: expect.stringContaining(site.directory) });
    await expect(daemon.get('/livez')).rejects.toThrow();
  });

  test('gives back the directory that it holds, and takes its socket away', async () => {
    const { site, port } = await world();
    await using _ = site;
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    const db = new Database(site.directory);
    db.exec('ALTER TABLE runs RENAME COLUMN started_at TO gone');
    db.close();
    await using daemon = new Daemon(site, port);
    expect(await ending(daemon)).toMatchObject({ code: 1 });
    expect(existsSync(`${site.directory}.sock`)).toBe(false);
    expect(existsSync(`${site.directory}._daemon.holder`)).toBe(false);
    expect(said(daemon, /^rosterd .* runs$/)).toBe(0);
  });
});

describe('a paused source, while somebody else writes for longer than --wait', { timeout: 60_000 }, () => {
  test('does not keep a daemon from beginning', async () => {
    const { site, port } = await world(SELDOM, 'staff', 'partners');
    await using _ = site;
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    site.configure(paused('partners'));
    {
      // What begins needs the directory for a moment; then it is taken.
      await using daemon = new Daemon(site, port, '--wait', '1s');
      await until(() => existsSync(`${site.directory}.sock`));
      using writing = busy(site);
      await daemon.says(/^source partners is paused, which could not be noted/);
      writing[Symbol.dispose]();
      await daemon.says(/^the pass ended/);
      expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
      expect(await daemon.stop()).toBe(0);
    }
  });

  test('makes no refused reload of one that is in use', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`, 'staff', 'partners');
    await using _ = site;
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    await using daemon = new Daemon(site, port, '--wait', '1s');
    await daemon.says(/^rosterd .* runs$/);
    using _busy = busy(site);
    site.configure(paused('partners'));
    hangUp(daemon);
    await daemon.says(/was read again and is in use/);
    await daemon.says(/^source partners is paused, which could not be noted/);
    expect(said(daemon, /was not taken/)).toBe(0);
    expect(await reloaded(daemon)).toBe('1');
    expect(await configuration(daemon)).toMatchObject({ lastReload: { ok: true } });
  });

  test('does not outlast "shutdownTimeout"', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false\nshutdownTimeout: 2s`, 'staff', 'partners');
    await using _ = site;
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    await using daemon = new Daemon(site, port, '--wait', '50s');
    await daemon.says(/^rosterd .* runs$/);
    using _busy = busy(site);
    site.configure(paused('partners'));
    hangUp(daemon);
    await daemon.says(/was read again and is in use/);
    daemon.process.child.kill('SIGTERM');
    expect(await ending(daemon, 15_000)).toMatchObject({ code: 0 });
    expect(said(daemon, /could not be/)).toBe(0);
  });
});

describe('SIGHUP', { timeout: 60_000 }, () => {
  test('to one that waits for another lets it work no sooner; what it read is what it begins with', async () => {
    const backups = 'backups: { dir: ./backups, schedule: "* * * * * *" }';
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    await using first = new Daemon(site, port);
    await first.says(/^rosterd .* runs$/);
    const other = await freePort();
    const second = (text: string) => text.replace(String(port), String(other));
    site.configure(second);
    await using waiting = new Daemon(site, other);
    await waiting.says(/another daemon holds this directory/);
    site.configure((text) => second(text).replace(SELDOM, `schedule: "* * * * * *"\n${backups}`));
    hangUp(waiting);
    await waiting.says(/was read again, and is what this daemon will begin with/);
    await sleep(3000);
    expect(said(waiting, /^the pass|^a backup/)).toBe(0);
    expect(existsSync(join(site.folder, 'backups'))).toBe(false);
    expect(await waiting.get('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('another') });
    expect(await first.stop()).toBe(0);
    await waiting.says(/^the pass ended/);
    await waiting.says(/^a backup was made/);
  });

  test('while it ends is too late, and does not kill it', async () => {
    await using slow = await hook(false);
    const { site, port } = await world(`${SELDOM}\nnotify: { webhook: "${slow.url}" }`);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.configure((text) => `${text}directry: x\n`);
    hangUp(daemon);
    await daemon.says(/was not taken/);
    await until(() => slow.got.length > 0);
    daemon.process.child.kill('SIGTERM');
    await daemon.says(/^told to stop/);
    await sleep(100);
    hangUp(daemon);
    expect(await ending(daemon)).toMatchObject({ code: 0, signal: null });
    expect(existsSync(`${site.directory}.sock`)).toBe(false);
  });

  test('takes the webhook that its file holds now', async () => {
    await using before = await hook();
    await using after = await hook();
    const { site, port } = await world(`${SELDOM}\nnotify: { webhook: "\${file:hook}" }`);
    await using _ = site;
    writeFileSync(join(site.folder, 'hook'), before.url);
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    writeFileSync(join(site.folder, 'hook'), after.url);
    hangUp(daemon);
    await daemon.says(/was read again and is in use/);
    site.configure((text) => `${text}directry: x\n`);
    hangUp(daemon);
    await until(() => before.got.length + after.got.length > 0);
    expect([before.got.length, after.got.map(({ event }) => event)]).toEqual([0, ['reload-refused']]);
  });

  test('with a port that there is not is refused, and it goes on to answer where it did', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.configure((text) => text.replace(`:${port}"`, ':99999"'));
    expect(await site.run('check')).toMatchObject({
      exit: 2,
      out: expect.stringContaining('http.listen: expected a port'),
    });
    hangUp(daemon);
    await daemon.says(/was not taken/);
    expect(await daemon.get('/livez')).toMatchObject({ status: 200 });
  });
});

describe('a refused configuration', { timeout: 60_000 }, () => {
  test.each(['onChange', 'signal'])('is refused no more when the file is again what is in use: %s', async (mode) => {
    const { site, port } = await world(`reload: ${mode}\n${SELDOM}`);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.configure((text) => `${text}directry: x\n`);
    if (mode === 'signal') hangUp(daemon);
    await daemon.says(/was not taken/);
    expect(await reloaded(daemon)).toBe('0');
    expect(await pending(daemon)).toBe('1');
    expect((await configuration(daemon)).pending).toMatch(/^[0-9a-f]{64}$/);
    site.configure();
    await until(async () => (await reloaded(daemon)) === '1');
    expect(await pending(daemon)).toBe('0');
    expect(await configuration(daemon)).toMatchObject({ pending: null, lastReload: { ok: true } });
  });

  test('is tried again with onChange: a secret may come later than the file that names it', async () => {
    const { site, port } = await world(`reload: onChange\n${SELDOM}`);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.configure((text) => text.replace('token: sesame', 'token: "${file:late}"'));
    await daemon.says(/was not taken/);
    await sleep(1000);
    writeFileSync(join(site.folder, 'late'), 'sesame');
    await daemon.says(/was read again and is in use/);
    expect(await reloaded(daemon)).toBe('1');
    expect(await pending(daemon)).toBe('0');
    expect(said(daemon, /was not taken/)).toBe(1);
  });
});

describe('told to stop while a backup is made', { timeout: 120_000 }, () => {
  const begun = async (head: string) => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false\n${head}`);
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    const db = new Database(site.directory);
    db.exec(`CREATE TABLE junk (x); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30000)
      INSERT INTO junk SELECT randomblob(8000) FROM c`);
    db.close();
    const folder = join(site.folder, 'backups');
    const daemon = new Daemon(site, port);
    await until(() => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.partial')));
    daemon.process.child.kill('SIGTERM');
    return { site, daemon, folder };
  };
  const BACKUPS = 'backups: { dir: ./backups, schedule: "* * * * * *" }';

  test('it ends when that is made, and not before', async () => {
    const { site, daemon, folder } = await begun(BACKUPS);
    await using _ = site;
    await using __ = daemon;
    expect(await ending(daemon)).toMatchObject({ code: 0 });
    expect(daemon.lines().at(-1)?.msg).toBe('rosterd ended');
    expect(said(daemon, /^a backup was made/)).toBe(1);
    expect(readdirSync(folder).filter((name) => !name.endsWith('.db'))).toEqual([]);
  });

  test('after "shutdownTimeout" it is cut off, and half a backup is not left behind', async () => {
    const { site, daemon, folder } = await begun(`shutdownTimeout: 0s\n${BACKUPS}`);
    await using _ = site;
    await using __ = daemon;
    expect(await ending(daemon)).toMatchObject({ code: 1 });
    expect(daemon.lines().at(-1)?.msg).toMatch(/"shutdownTimeout".*a backup/);
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe('scheduled backups', () => {
  /** Backups of a directory that is there. */
  async function scheduled(schedule: string) {
    const { site } = await world();
    onTestFinished(() => site[Symbol.asyncDispose]());
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    const folder = join(site.folder, 'backups');
    const config = parse(`backups: { dir: ${folder}, schedule: "${schedule}" }\n${SOURCE}`);
    const told: string[] = [];
    const tell = (_: object, message: string) => told.push(message);
    const { directory } = site;
    const backups = scheduleBackups({ directory, seen: () => {}, log: { info: tell, error: tell } });
    onTestFinished(() => backups.stop());
    return { folder, backups, config, told };
  }

  test('what is due and waits for its random delay outlives a reload', async () => {
    const { backups, config, told } = await scheduled('*/10 * * * * *');
    backups.configure(config);
    const due = Math.ceil(Date.now() / 10_000) * 10_000;
    await sleep(due - Date.now() - 100);
    for (; Date.now() < due + 1500; await sleep(20)) backups.configure(config);
    await until(() => told.length > 0, due + 9000 - Date.now());
    expect(told).toEqual(['a backup was made']);
  });

  test('halves that a killed process left are removed, but none that is being written', async () => {
    const { folder, backups, config, told } = await scheduled('* * * * * *');
    mkdirSync(folder);
    const half = (pid: number) => join(folder, `directory-20261124T180630Z.db.${pid}.partial`);
    for (const file of [half(1), half(2), `${half(1)}-journal`, join(folder, 'own.partial')]) writeFileSync(file, 'x');
    for (const file of [half(1), `${half(1)}-journal`, join(folder, 'own.partial')]) utimesSync(file, 0, 0);
    backups.configure(config);
    await until(() => told.length > 0);
    await backups.stop();
    expect(readdirSync(folder).filter((name) => !name.endsWith('.db'))).toEqual([
      'directory-20261124T180630Z.db.2.partial',
      'own.partial',
    ]);
  });
});
