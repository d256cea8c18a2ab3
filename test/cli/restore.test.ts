import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { overwritePage } from '../directory/damage.ts';
import { Process } from '../directory/processes.ts';
import { backedUp } from '../directory/restore-kit.ts';
import { randomFrom } from '../emulators/random.ts';
import { Directory, shown, type Tenant } from '../sync/kit.ts';
import { COMPANY, company } from './lookups-kit.ts';
import { Site } from './once-kit.ts';
import { rosterd } from './rescue-kit.ts';

test('says what it put back, where the directory before is, and what to type now', async () => {
  using directory = await company();
  const file = await backedUp(directory);
  await rosterd(directory, 'user', 'add', 'root', '--reason', 'for emergencies');
  expect(await rosterd(directory, 'restore', file)).toEqual({
    exit: 0,
    err: '',
    out: `directory.db is the backup backup.db of TIME UTC: 4 accounts, 2 groups, 3 memberships. This is run 1000005.
The directory before is kept as directory.db.before-restore-STAMP.
Whoever left or was disabled since then is as they were, until the next sync: run "rosterd --once" now.
Done by hand since then, and not in the backup; do again what is to hold:
  TIME  create user root, by ada: for emergencies
`,
  });
  const runs = await rosterd(directory, 'runs', '--limit', '1');
  expect(runs.out).toContain('Restored from backup.db, made 2026-');
});

test('for programs: one object', async () => {
  using directory = await company();
  const file = await backedUp(directory);
  const { out } = await rosterd(directory, 'restore', file, '--json', '--by', 'grace');
  expect(JSON.parse(out)).toMatchObject({
    ...{ runId: 1_000_004, directoryId: expect.any(String), lost: [], waiting: [] },
    ...{ kept: 'directory.db.before-restore-STAMP', backup: { file: 'backup.db', accounts: 4, lastRun: { id: 3 } } },
  });
  expect(directory.rows('SELECT actor FROM v1_runs WHERE id = 1000004')).toEqual([{ actor: 'grace' }]);
});

test('a page is overwritten: backup says so, restore puts the backup back, the next pass converges', async () => {
  using directory = await company();
  const file = await backedUp(directory);
  overwritePage(directory.path, 'accounts');
  expect(await rosterd(directory, 'backup', 'other.db')).toMatchObject({ exit: 1, out: '' });
  expect(await rosterd(directory, 'restore', file)).toMatchObject({ exit: 0, err: '' });
  expect(await rosterd(directory, 'backup', 'other.db')).toMatchObject({ exit: 0, err: '' });
  expect(await directory.pass(COMPANY)).toMatchObject({ outcome: 'ok' });
  using anew = new Directory();
  await anew.pass(COMPANY);
  expect(shown(directory)).toEqual(shown(anew));
});

test('the whole way, with an identity provider: sync, backup, damage, doctor, restore, sync', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada', 'bob', 'carol');
  site.configure();
  const active = () => site.rows("SELECT user_name FROM v1_users WHERE active = 1 AND source = 'corp' ORDER BY 1");
  const beside = (name: string) => join(site.folder, name);
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  expect(await site.run('backup', beside('backup.db'))).toMatchObject({ exit: 0 });
  site.realm('corp').realm.addUser({ username: 'dan' });
  expect(await site.run('--once')).toMatchObject({ exit: 0 });

  overwritePage(site.directory, 'memberships');
  expect(await site.run('doctor')).toMatchObject({ exit: 1 });
  expect(await site.run('--once')).toMatchObject({ exit: 1, err: expect.stringContaining('rosterd restore FILE') });
  expect(await site.run('restore', beside('backup.db'))).toMatchObject({ exit: 0, err: '' });
  const { exit, out, err } = await site.run('--once');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out).toContain('The directory was put back from a backup since the last pass of this source');
  expect(active()).toEqual(['ada', 'bob', 'carol', 'dan'].map((user_name) => ({ user_name })));
  const dan = Object(site.rows("SELECT id FROM v1_users WHERE user_name = 'dan'")[0]).id;
  expect(dan).toBeGreaterThan(1_000_000);
  expect(await site.run('doctor')).toMatchObject({ exit: 0 });
  expect(await site.run('--once')).toMatchObject({ exit: 0, out: expect.not.stringContaining('put back') });
});

test('approvals since the backup are told beside the edits by hand', async () => {
  await using site = await Site.of('corp');
  const names = Array.from({ length: 30 }, (_, at) => `u${at}`);
  site.fill('corp', ...names);
  site.configure();
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  const file = join(site.folder, 'backup.db');
  expect(await site.run('backup', file)).toMatchObject({ exit: 0 });
  const { realm } = site.realm('corp');
  for (const name of names.slice(0, 20)) realm.removeUser(realm.user(name));
  const { exit, out } = await site.run('--once');
  expect(exit).toBe(3);
  const plan = /rosterd approve (\w+)|approve (\w+)/.exec(out)?.slice(1).find(Boolean) ?? '';
  const approved = await site.run('approve', plan, '--by', 'grace', '--reason', 'they left');
  expect(approved).toMatchObject({ exit: 0 });
  const restored = await site.run('restore', file);
  expect(restored.out).toMatch(
    new RegExp(
      `\nDone by hand since then, and not in the backup; do again what is to hold:\n  \\S+ \\S+  approve plan ${plan} of source corp, by grace: they left\n`,
    ),
  );
});

test('beside a daemon it says at once that it waits, and for whom; it goes on when that has ended', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada', 'bob');
  site.head = 'schedule: "0 0 1 1 *"\nlog: { format: json }';
  site.configure();
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  const file = join(site.folder, 'backup.db');
  expect(await site.run('backup', file)).toMatchObject({ exit: 0 });
  await using daemon = site.start();
  await shows(daemon, / runs"/);
  const holder = /process \d+ on/.exec(readFileSync(`${site.directory}._daemon.holder`, 'utf8'))?.[0];
  await using waiting = site.start('restore', file, '--wait', '1m');
  await shows(waiting, /waits/);
  expect(waiting.err()).toMatch(
    new RegExp(
      `^The restore waits, at most 60 seconds, for the daemon, ${holder} .*, which has .*directory\\.db; nothing was done yet. Stop the daemon, or end this with Ctrl-C.\n$`,
    ),
  );
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0 });
  expect(await waiting.ended).toMatchObject({ code: 0, out: expect.stringContaining(' is the backup ') });
}, 60_000);

test('beside a pass it says at once that it waits, and for whom', async () => {
  using directory = await company();
  const file = await backedUp(directory);
  const lock = await lockSource(directory.path, 'corp', 'a pass', { clock: systemClock, wait: 0 });
  setTimeout(() => lock.release(), 300);
  const { exit, err } = await rosterd(directory, 'restore', file, '--wait', '10s');
  expect(exit).toBe(0);
  expect(err).toMatch(
    /^The restore waits, at most 10 seconds, for a pass, process \d+ on .*, which has source `corp`; nothing was done yet\.\n$/,
  );
});

/** Waits until a process has written something to standard error. */
async function shows(process: Process, pattern: RegExp): Promise<void> {
  for (let tries = 0; tries < 1000 && !pattern.test(process.err()); tries++) await systemClock.sleep(20);
  expect(process.err()).toMatch(pattern);
}

test('exit 2 where the backup is none, and where the configuration is not right', async () => {
  using directory = await company();
  expect(await rosterd(directory, 'restore', 'none.db')).toEqual({
    ...{ exit: 2, out: '' },
    err: 'There is no file none.db; nothing was done.\n',
  });
  expect(await rosterd(directory, 'restore', 'none.db', '--config', 'none.yaml')).toMatchObject({ exit: 2, out: '' });
});

// Kills restores at moments that look random. ROSTERD_KILLS says how often, ROSTERD_SEED repeats what failed.
const KILLS = Number(process.env.ROSTERD_KILLS ?? 6);
const SEED = process.env.ROSTERD_SEED ?? String(process.hrtime.bigint());
const ROSTERD = fileURLToPath(new URL('../../bin/rosterd.js', import.meta.url));
const USERS = 10_000;

const company2 = (department: string): Tenant => {
  const ids = Array.from({ length: USERS }, (_, at) => `u${at}`);
  return {
    users: Object.fromEntries(ids.map((id) => [id, { department, title: 'x'.repeat(200) }])),
    groups: { g1: { members: ids } },
  };
};

/** What applications see, in one text; read in one transaction. */
function look(path: string) {
  const db = new Database(path, { readonly: true });
  try {
    const views = ['SELECT * FROM v1_users ORDER BY id', 'SELECT * FROM v1_memberships ORDER BY group_id, user_id'];
    const dump = db.transaction(() => JSON.stringify(views.map((sql) => db.prepare(sql).raw().all())))();
    return { dump, integrity: db.pragma('integrity_check', { simple: true }) };
  } finally {
    db.close();
  }
}

test(
  `killed ${KILLS} times, seed ${SEED}: the directory is the old one or the new one`,
  async () => {
    const random = randomFrom(SEED);
    using directory = new Directory();
    const states: { file: string; dump: string }[] = [];
    for (const department of ['red', 'blue']) {
      await directory.pass(company2(department));
      const file = await backedUp(directory, `${department}.db`);
      states.push({ file, dump: look(directory.path).dump });
    }
    // Writes the configuration.
    await rosterd(directory, 'schema');
    const config = join(directory.folder, 'config.yaml');
    const restoring = (file: string) => new Process([process.execPath, ROSTERD, '--config', config, 'restore', file]);
    const began = performance.now();
    expect(await restoring(states[0]?.file ?? '').ended).toMatchObject({ code: 0, err: '' });
    const usual = { whole: performance.now() - began, putting: 0 };
    const timed = restoring(states[1]?.file ?? '');
    await kept(directory, timed);
    const from = performance.now();
    await timed.ended;
    usual.putting = performance.now() - from;
    forget(directory);

    const met = { old: 0, new: 0, whole: 0 };
    let now = 1;
    for (let kill = 0; kill < KILLS; kill++) {
      const next = 1 - now;
      // A third of them with a file that SQLite cannot open in the place of the directory.
      const broken = kill % 3 === 2;
      if (broken) writeFileSync(directory.path, 'rubbish\n'.repeat(1000));
      const process = restoring(states[next]?.file ?? '');
      // By turns at any moment, and after the directory before was kept, when it is replaced.
      if (kill % 2 === 1) await kept(directory, process);
      const within = kill % 2 === 1 ? usual.putting * 0.7 : usual.whole;
      const timer = setTimeout(() => process.child.kill('SIGKILL'), within * random.next());
      const { code } = await process.ended;
      clearTimeout(timer);
      if (code === 0) met.whole++;
      if (broken && String(readFileSync(directory.path).subarray(0, 7)) === 'rubbish') {
        expect(code).not.toBe(0);
        met.old++;
        // As it was; the next restore goes through it.
        expect(await restoring(states[now]?.file ?? '').ended).toMatchObject({ code: 0, err: '' });
        forget(directory);
        continue;
      }
      const seen = look(directory.path);
      expect(seen.integrity).toBe('ok');
      expect(states.map(({ dump }) => dump).indexOf(seen.dump)).toBeGreaterThanOrEqual(0);
      if (seen.dump === states[next]?.dump) {
        met.new++;
        now = next;
      } else {
        expect(broken || code === 0).toBe(false);
        met.old++;
      }
      forget(directory);
    }
    // Whatever lies about, a restore goes through, and so does the pass after it.
    expect(await restoring(states[0]?.file ?? '').ended).toMatchObject({ code: 0, err: '' });
    expect(look(directory.path).dump).toBe(states[0]?.dump);
    expect(await directory.pass(company2('blue'))).toMatchObject({ outcome: 'ok' });
    const { changes } = Object(directory.rows('SELECT max(id) AS changes FROM accounts')[0]);
    expect(changes).toBe(USERS);
    console.info(
      `killed: the old directory ${met.old} times, the new one ${met.new} times; ${met.whole} came to their end`,
    );
  },
  60_000 + KILLS * 20_000,
);

const isKept = (name: string) => /\.before-restore-\w+$/.test(name);

/** Waits until the directory before is kept, or the process has ended. */
async function kept(directory: Directory, process: Process): Promise<void> {
  let ended = false;
  void process.ended.then(() => (ended = true));
  while (!ended && !readdirSync(directory.folder).some(isKept)) await systemClock.sleep(1);
}

/** Copies that are kept would fill the disk. */
function forget(directory: Directory): void {
  for (const name of readdirSync(directory.folder))
    if (name.includes('.before-restore-')) rmSync(join(directory.folder, name));
}
