import { chmodSync, chownSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { closeDirectory, openDirectory } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { Directory, type Tenant } from '../sync/kit.ts';
import { Folder, NOBODY, Process, script, testAsRoot } from './processes.ts';
import type { Readings } from './read-process.ts';

const COLOURS = ['red', 'blue', 'green'];
/** A tenant in which everything says the same, who is in a group too, so that a reader sees whether states were mixed. */
const dressed = (colour: string): Tenant => ({
  users: Object.fromEntries(Array.from({ length: 42 }, (_, at) => [`${at}`, { department: colour }])),
  groups: Object.fromEntries(
    Array.from({ length: 8 }, (_, at) => [
      `g${at}`,
      { description: colour, members: Array.from({ length: 14 }, (_, i) => `${3 * i + COLOURS.indexOf(colour)}`) },
    ]),
  ),
});
const elsewhere: Tenant = { users: { v1: {}, v2: {} }, groups: { h1: { members: ['v1'] } } };

const pass = (directory: string, source: string, tenants: Tenant[], more: object = {}) =>
  new Process(script('pass-process.ts', { directory, source, tenants, ...more }));
const beside = (folder: Folder) => readdirSync(folder.path).filter((name) => /-(wal|shm|journal)$/.test(name));
/** Which journal mode the file itself says: 1 is a rollback journal, 2 is WAL (sqlite.org/fileformat2.html, 1.3.3). */
const modeIn = (file: string) => [...readFileSync(file).subarray(18, 20)];
/** Gives what is made there to the readers' group, as an operator does: by the folder's set-group-id bit. */
const shareWithReaders = (folder: Folder) => {
  chownSync(folder.path, 0, NOBODY);
  chmodSync(folder.path, 0o2750);
};
const stop = (reader: Process) => {
  reader.say('stop');
  return reader.json<Readings>();
};

describe('the file is in WAL mode while rosterd runs, and not afterwards', () => {
  test('in the middle of a pass, and after it', async () => {
    using folder = new Folder();
    await using running = pass(folder.directory, 'corp', [dressed('red')], { pause: true });
    await running.line();
    expect(beside(folder).sort()).toEqual(['directory.db-shm', 'directory.db-wal']);
    running.say('on');
    expect(await running.json<PassResult>()).toMatchObject({ outcome: 'ok' });
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(beside(folder)).toEqual([]);
    expect(modeIn(folder.directory)).toEqual([1, 1]);
  });

  test('what a killed process left is brought home by the next pass', async () => {
    using folder = new Folder();
    await using running = pass(folder.directory, 'corp', [dressed('red'), dressed('blue')], { pause: true });
    await running.line();
    running.say('on');
    await running.line();
    await running.line();
    await running.kill();
    expect(beside(folder).sort()).toEqual(['directory.db-shm', 'directory.db-wal']);
    await using next = pass(folder.directory, 'corp', [dressed('blue')]);
    expect(await next.json<PassResult>()).toMatchObject({ outcome: 'ok' });
    await next.ended;
    expect(beside(folder)).toEqual([]);
    expect(modeIn(folder.directory)).toEqual([1, 1]);
  });

  test('a connection that is refused leaves nothing behind either', async () => {
    using directory = new Directory();
    const waiting = { clock: systemClock, wait: 0 };
    const first = await openDirectory(directory.path, waiting);
    const second = await openDirectory(directory.path, waiting);
    second.exec('BEGIN IMMEDIATE');
    await expect(directory.pass(dressed('red'))).rejects.toMatchObject({ code: 'busy', exit: 5 });
    second.exec('ROLLBACK');
    closeDirectory(second);
    closeDirectory(first);
    expect(readdirSync(directory.folder).sort()).toEqual(['directory.db', 'directory.db.corp.lock']);
    expect(modeIn(directory.path)).toEqual([1, 1]);
  });
});

describe('a reader without write rights', () => {
  /** Passes of two sources, in two processes, while somebody reads. */
  async function readWhilePassesRun(folder: Folder, reader: (task: object) => Process) {
    await using first = pass(folder.directory, 'corp', [dressed('red')]);
    expect(await first.json<PassResult>()).toMatchObject({ outcome: 'ok' });
    await first.ended;
    await using reading = reader({ directory: folder.directory });
    await reading.line();
    await using one = pass(folder.directory, 'corp', [dressed('blue'), dressed('red')], { rounds: 8 });
    await using other = pass(folder.directory, 'branch', [elsewhere], { rounds: 12 });
    for (const running of [one, other]) expect(await running.ended).toMatchObject({ code: 0 });
    const { states, failures } = await stop(reading);
    expect(failures).toEqual({});
    expect(Object.keys(states).sort()).toEqual(['blue', 'red']);
  }

  testAsRoot('never fails, and sees the old directory or the new one', async () => {
    using folder = new Folder();
    shareWithReaders(folder);
    await readWhilePassesRun(folder, (task) => new Process(script('read-process.ts', task), { uid: NOBODY }));
  });

  testAsRoot('nor over a mount that is read-only', async () => {
    using folder = new Folder();
    const mounted = `mount --bind '${folder.path}' '${folder.path}' && mount -o remount,bind,ro '${folder.path}' && exec "$@"`;
    const readOnly = ['unshare', '--mount', 'sh', '-c', mounted, 'sh'];
    await readWhilePassesRun(folder, (task) => new Process([...readOnly, ...script('read-process.ts', task)]));
  });

  testAsRoot('reads on over a connection that it keeps while passes begin and end', async () => {
    using folder = new Folder();
    shareWithReaders(folder);
    const run = async (colour: string, more: object = {}) => {
      await using running = pass(folder.directory, 'corp', [dressed(colour)], more);
      const result = await running.json<PassResult>();
      await running.ended;
      return result;
    };
    await run('red');
    await using first = pass(folder.directory, 'corp', [dressed('blue')], { pause: true });
    await first.line();
    // Connected while rosterd runs, so that it cannot leave WAL mode when it ends.
    await using keeper = new Process(script('read-process.ts', { directory: folder.directory, keep: true }), {
      uid: NOBODY,
    });
    expect(await keeper.json()).toBe('red');
    first.say('on');
    await first.ended;
    expect(beside(folder).sort()).toEqual(['directory.db-shm', 'directory.db-wal']);
    expect(modeIn(folder.directory)).toEqual([2, 2]);
    const ask = async () => {
      keeper.say('read');
      return await keeper.json<string>();
    };
    expect(await ask()).toBe('blue');
    // Somebody who comes only now, with no rosterd there.
    await using late = new Process(script('read-process.ts', { directory: folder.directory }), { uid: NOBODY });
    await late.line();
    expect(await stop(late)).toEqual({ states: { blue: expect.any(Number) }, failures: {} });

    expect(await run('green')).toMatchObject({ outcome: 'ok' });
    expect(await ask()).toBe('green');
    keeper.say('stop');
    await keeper.ended;
    expect(beside(folder).sort()).toEqual(['directory.db-shm', 'directory.db-wal']);
    expect(await run('green')).toMatchObject({ outcome: 'unchanged' });
    expect(beside(folder)).toEqual([]);
  });

  testAsRoot('reads what a killed process left', async () => {
    using folder = new Folder();
    shareWithReaders(folder);
    await using running = pass(folder.directory, 'corp', [dressed('red'), dressed('blue')], { pause: true });
    await running.line();
    running.say('on');
    await running.line();
    await running.line();
    await running.kill();
    await using reading = new Process(script('read-process.ts', { directory: folder.directory }), { uid: NOBODY });
    await reading.line();
    expect(await stop(reading)).toEqual({ states: { red: expect.any(Number) }, failures: {} });
  });
});
