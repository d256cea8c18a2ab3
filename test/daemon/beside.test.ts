import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Site } from '../cli/once-kit.ts';
import { status } from '../emulators/faults.ts';
import { Daemon, freePort, SELDOM, world } from './kit.ts';

interface Told {
  event: string;
  source: string | null;
  details?: { plan?: string };
}

/** A webhook, and what it was told. */
async function webhook(): Promise<{ url: string; told: Told[] }> {
  const port = await freePort();
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    told.push(JSON.parse(body));
    response.end();
  }).listen(port, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/`, told };
}

/** Waits until it gives this, for at most 15 s. */
async function becomes(look: () => unknown, value: unknown): Promise<void> {
  for (let tries = 0; tries < 150 && (await look()) !== value; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await look()).toEqual(value);
}

const planOf = (site: Site) =>
  (site.rows('SELECT blocked_plan AS plan FROM v1_sources') as { plan: string | null }[])[0]?.plan;
const statusOf = async (daemon: Daemon) => JSON.parse((await daemon.get('/status')).body);

describe('what others do beside the daemon', { timeout: 60_000 }, () => {
  test('a plan that a --once met is seen, and told at the next pass, once; after its approval the figures follow', async () => {
    const { url, told } = await webhook();
    const { site, port } = await world(`${SELDOM}\nnotify: { webhook: "${url}" }`);
    await using _ = site;
    const users = Array.from({ length: 28 }, (_, at) => site.realm('staff').realm.addUser({ username: `u${at}` }));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    for (const user of users.slice(0, 12)) site.realm('staff').realm.removeUser(user);
    expect(await site.run('--once')).toMatchObject({ exit: 3 });
    await becomes(() => daemon.metric('rosterd_plan_blocked{source="staff"}'), '1');
    expect((await statusOf(daemon)).sources[0].blockedPlan).toBe(planOf(site));
    for (let n = 0; n < 3; n++) expect(await site.run('sync', 'staff')).toMatchObject({ exit: 3 });
    await becomes(() => told.length, 1);
    const plan = planOf(site) ?? '';
    expect(told).toMatchObject([{ event: 'blocked', source: 'staff', details: { plan } }]);
    expect(await daemon.metric('rosterd_accounts{source="staff",state="active"}')).toBe('30');
    expect(await site.run('approve', plan, '--reason', 'they left')).toMatchObject({ exit: 0 });
    await becomes(() => daemon.metric('rosterd_plan_blocked{source="staff"}'), '0');
    expect(await daemon.metric('rosterd_accounts{source="staff",state="active"}')).toBe('18');
    expect((await statusOf(daemon)).sources[0]).toMatchObject({ blockedPlan: null, accounts: { active: 18 } });
    expect(await daemon.stop()).toBe(0);
    expect(told).toHaveLength(1);
  });

  test('an edit of rules of local groups that is stopped is told like any plan', async () => {
    const { url, told } = await webhook();
    const { site, port } = await world(`${SELDOM}\nnotify: { webhook: "${url}" }`);
    await using _ = site;
    for (let at = 0; at < 20; at++) site.realm('staff').realm.addUser({ username: `a${10 + at}` });
    const rule = (start: string) =>
      site.configure((text) => `${text}localGroups: [{ name: a, members: 'user.userName.startsWith("${start}")' }]\n`);
    rule('a');
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/, 2);
    expect(await daemon.metric('rosterd_plan_blocked{source="local"}')).toBe('0');
    rule('a1');
    daemon.process.child.kill('SIGHUP');
    await daemon.says(/^the pass was stopped by a limit/);
    await becomes(() => daemon.metric('rosterd_plan_blocked{source="local"}'), '1');
    await becomes(() => told.length, 1);
    const { local } = await statusOf(daemon);
    expect(local).toMatchObject({ blockedPlan: told[0]?.details?.plan, last: { outcome: 'blocked' }, groups: 1 });
    expect(told).toMatchObject([{ event: 'blocked', source: 'local' }]);
    expect(await site.run('approve', local.blockedPlan, '--reason', 'smaller')).toMatchObject({ exit: 0 });
    await becomes(() => daemon.metric('rosterd_plan_blocked{source="local"}'), '0');
    expect((await statusOf(daemon)).local.blockedPlan).toBe(null);
  });

  test('a source that failed before a restart is told to have recovered', async () => {
    const { url, told } = await webhook();
    const { site, port } = await world(`${SELDOM}\nnotify: { webhook: "${url}", failures: 1 }`);
    await using _ = site;
    const lift = site.realm('staff').faults.when({ path: '/users', times: 999 }, status(403));
    {
      await using daemon = new Daemon(site, port);
      await daemon.says(/^the pass failed/);
      await becomes(() => told.length, 1);
      expect(await daemon.stop()).toBe(0);
    }
    lift();
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    await becomes(() => told.map(({ event }) => event).join(), 'failing,recovered');
  });

  test('passes that cannot begin are failures: in the metric, and at error', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    writeFileSync(site.directory, 'what somebody copied over it');
    for (let n = 0; n < 3; n++) expect(await site.run('sync', 'staff')).not.toMatchObject({ exit: 0 });
    expect(await daemon.says(/^no pass: .* is not an SQLite file/)).toMatchObject({ level: 50, source: 'staff' });
    expect(await daemon.metric('rosterd_pass_consecutive_failures{source="staff"}')).toBe('3');
    expect((await statusOf(daemon)).sources[0].failures).toBe(3);
  });

  test('a backup of the future, from when the clock was wrong, takes the place of none', async () => {
    const { site, port } = await world(
      'backups: { dir: ./backups, keep: 1, schedule: "* * * * * *" }\nschedule: "0 0 1 1 *"',
    );
    await using _ = site;
    const folder = join(site.folder, 'backups');
    mkdirSync(folder);
    writeFileSync(join(folder, 'directory-20360101T000000Z.db'), '');
    await using daemon = new Daemon(site, port);
    await daemon.says(/^a backup was made/);
    expect(await daemon.stop()).toBe(0);
    const left = readdirSync(folder);
    expect(left).toHaveLength(1);
    expect(left[0] ?? '').not.toContain('2036');
  });

  test('a directory that cannot be counted has still been synced', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const db = new Database(site.directory);
    db.exec('DROP VIEW v1_groups');
    db.close();
    site.realm('staff').realm.addUser({ username: 'zoe' });
    expect(await site.run('sync', 'staff')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('1 account created'),
    });
    await daemon.says(/^the figures of the directory could not be counted: no such table: v1_groups/);
    expect(await daemon.metric('rosterd_passes_total{source="staff",outcome="ok"}')).toBe('2');
    expect(daemon.lines().filter(({ msg }) => /^no pass/.test(msg))).toEqual([]);
  });
});
