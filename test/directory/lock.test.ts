import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { Directory, type Tenant } from '../sync/kit.ts';
import { Folder, Process, script, testAsRoot } from './processes.ts';

const small: Tenant = { users: { u1: {}, u2: {} } };
const larger: Tenant = { users: { u1: {}, u2: {}, u3: {} }, groups: { g1: { members: ['u1', 'u3'] } } };

const task = (folder: Folder, source: string, more: object = {}) =>
  script('pass-process.ts', { directory: folder.directory, source, tenants: [small], pause: true, ...more });
const names = (folder: Folder) => readdirSync(folder.path).sort();

describe('the lock of a source', () => {
  test('shuts out a second process, which waits and then names the holder', async () => {
    using folder = new Folder();
    await using holder = new Process(task(folder, 'corp'));
    await holder.line();
    await using second = new Process(task(folder, 'corp', { wait: 50 }));
    const { failure } = await second.json<{ failure: string }>();
    expect(failure.replace(/since \S+Z\./, 'since TIME.')).toBe(
      `Source \`corp\` is busy: a pass (once), process ${holder.child.pid} on ${hostname()}, since TIME. ` +
        'Nothing was done; try again, or wait longer with --wait.',
    );
    expect(await second.ended).toMatchObject({ code: 5 });
    holder.say('on');
    expect(await holder.json<PassResult>()).toMatchObject({ outcome: 'ok', runId: 1 });
  });

  test('lets the second process begin when the first ends', async () => {
    using folder = new Folder();
    await using first = new Process(task(folder, 'corp'));
    await first.line();
    await using second = new Process(task(folder, 'corp', { pause: false, tenants: [larger] }));
    first.say('on');
    expect(await first.json<PassResult>()).toMatchObject({ outcome: 'ok', runId: 1 });
    expect(await second.json<PassResult>()).toMatchObject({ outcome: 'ok', runId: 2 });
  });

  test('does not stop another source', async () => {
    using folder = new Folder();
    await using first = new Process(task(folder, 'corp'));
    await first.line();
    await using other = new Process(
      task(folder, 'branch', { pause: false, wait: 0, tenants: [{ users: { b1: {} } }] }),
    );
    expect(await other.json<PassResult>()).toMatchObject({ outcome: 'ok' });
    first.say('on');
    expect(await first.json<PassResult>()).toMatchObject({ outcome: 'ok' });
  });

  test('is free again when its holder was killed; the run that was cut off is marked, and its leftovers go', async () => {
    using folder = new Folder();
    await using killed = new Process(task(folder, 'corp', { tenants: [larger] }));
    await killed.line();
    // What dead runs of others left: another source, and one whose name begins like this one's.
    for (const name of ['branch.3', 'corp.1.3']) writeFileSync(`${folder.directory}.${name}.stage`, '');
    await killed.kill();
    expect(names(folder)).toContain('directory.db.corp.1.stage');
    await using next = new Process(task(folder, 'corp', { pause: false, wait: 0 }));
    expect(await next.json<PassResult>()).toMatchObject({ outcome: 'ok', runId: 2 });
    await next.ended;
    expect(names(folder)).toEqual([
      'directory.db',
      'directory.db.branch.3.stage',
      'directory.db.corp.1.3.stage',
      'directory.db.corp.lock',
    ]);
    const db = new Database(folder.directory, { readonly: true });
    expect(db.prepare('SELECT id, outcome, message, finished_at IS NULL AS open FROM v1_runs').all()).toEqual([
      { id: 1, outcome: 'interrupted', message: 'The process ended before the run did.', open: 0 },
      { id: 2, outcome: 'ok', message: null, open: 0 },
    ]);
    db.close();
    await using branch = new Process(task(folder, 'branch', { pause: false, tenants: [{ users: { b1: {} } }] }));
    await branch.ended;
    expect(names(folder)).not.toContain('directory.db.branch.3.stage');
  });

  testAsRoot('holds between containers, where every process is number 1', async () => {
    using folder = new Folder();
    const contained = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    await using holder = new Process([...contained, ...task(folder, 'corp')]);
    await holder.line();
    await using second = new Process([...contained, ...task(folder, 'corp', { wait: 0 })]);
    expect(await second.json<{ failure: string }>()).toMatchObject({
      failure: expect.stringContaining(`a pass (once), process 1 on ${hostname()}`),
      code: 'busy',
    });
    await holder.kill();
    await using next = new Process([...contained, ...task(folder, 'corp', { pause: false })]);
    expect(await next.json<PassResult>()).toMatchObject({ outcome: 'ok', runId: 2 });
  });

  test('is for its owner alone: whoever can open the file could keep it', async () => {
    using folder = new Folder();
    const waiting = { clock: systemClock, wait: 0 };
    const lock = await lockSource(folder.directory, 'corp', 'a test', waiting);
    expect(statSync(`${folder.directory}.corp.lock`).mode & 0o777).toBe(0o600);
    await expect(lockSource(folder.directory, 'corp', 'a test', waiting)).rejects.toMatchObject({ code: 'busy' });
    lock.release();
    expect(existsSync(`${folder.directory}.corp.holder`)).toBe(false);
    (await lockSource(folder.directory, 'corp', 'a test', waiting)).release();
  });

  test('is not waited for once the run is cancelled', async () => {
    using folder = new Folder();
    const lock = await lockSource(folder.directory, 'corp', 'a test', { clock: systemClock, wait: 0 });
    const cancelling = new AbortController();
    const waiting = { clock: systemClock, wait: 60_000, signal: cancelling.signal };
    const second = lockSource(folder.directory, 'corp', 'a test', waiting);
    cancelling.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    lock.release();
  });
});

describe('writers of different sources', () => {
  test('take turns', async () => {
    using folder = new Folder();
    const tenants = [larger, small];
    const sources = ['corp', 'branch', 'staff'];
    const users = (source: string) => (tenant: Tenant) => ({
      users: Object.fromEntries(Object.keys(tenant.users).map((id) => [`${source}-${id}`, {}])),
    });
    const running = sources.map(
      (source) => new Process(task(folder, source, { pause: false, rounds: 4, tenants: tenants.map(users(source)) })),
    );
    for (const process of running) {
      const { code, out, err } = await process.ended;
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).not.toContain('failed');
    }
    // Whoever ends last leaves WAL mode for all.
    expect(names(folder)).toEqual([
      'directory.db',
      ...sources.toSorted().map((source) => `directory.db.${source}.lock`),
    ]);
    const db = new Database(folder.directory, { readonly: true });
    expect(db.prepare('SELECT source, outcome, count(*) AS runs FROM v1_runs GROUP BY 1, 2 ORDER BY 1').all()).toEqual(
      sources.toSorted().map((source) => ({ source, outcome: 'ok', runs: 8 })),
    );
    db.close();
  });

  test('give up after the time they were given, and say so', async () => {
    using directory = new Directory();
    await directory.pass(small);
    const db = new Database(directory.path);
    db.pragma('journal_mode = WAL');
    db.exec('BEGIN IMMEDIATE');
    await expect(directory.pass(larger, { request: { wait: 7000 } })).rejects.toMatchObject({
      code: 'busy',
      exit: 5,
      message: `Another rosterd is writing to ${directory.path}; nothing was done.`,
    });
    db.exec('ROLLBACK');
    db.close();
    expect(await directory.pass(larger)).toMatchObject({ outcome: 'ok' });
  });
});
