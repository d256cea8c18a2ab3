import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { backUpTo } from '../../src/directory/backup.ts';
import { backupName, newestBackup, pruneBackups } from '../../src/directory/backup-names.ts';
import { backUpInThread } from '../../src/directory/backup-thread.ts';
import { openDirectory } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { Directory, type Tenant } from '../sync/kit.ts';
import { bytesOf, overwritePage } from './damage.ts';
import { Folder, Process, script } from './processes.ts';

const NOW = Date.UTC(2026, 10, 24, 18, 6, 30, 125);
const people = (n: number, department: string): Tenant => ({
  users: Object.fromEntries(Array.from({ length: n }, (_, at) => [`u${at}`, { department }])),
  groups: { g1: { members: Array.from({ length: n }, (_, at) => `u${at}`) } },
});
const failure = (act: Promise<unknown>) =>
  act.then(
    () => 'no failure',
    (error) => ({ exit: error.exit, message: error.message }),
  );

test('a backup is one whole file of mode 0640, and says what it holds', async () => {
  using directory = new Directory();
  await directory.pass(people(3, 'Sales'));
  const file = join(directory.folder, 'copy.db');
  const made = await backUpTo(directory.path, file, NOW);
  expect(made).toMatchObject({ file, accounts: 3, groups: 1, memberships: 3, runs: 1, lastRun: { id: 1 } });
  expect(made.bytes).toBe(statSync(file).size);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('640');
  // Not WAL: the file alone is the backup.
  expect([...bytesOf(file).subarray(18, 20)]).toEqual([1, 1]);
  expect(readdirSync(directory.folder).sort()).toEqual(['copy.db', 'directory.db', 'directory.db.corp.lock']);
  using copy = new Directory(file);
  expect(copy.rows('SELECT * FROM v1_users')).toEqual(directory.rows('SELECT * FROM v1_users'));
  expect(copy.rows("SELECT value FROM meta WHERE key = 'backed_up_at'")).toEqual([
    { value: '2026-11-24T18:06:30.125Z' },
  ]);
});

test('while passes run, every backup is the directory before a pass or after it', async () => {
  using folder = new Folder();
  const tenants = [people(800, 'Sales'), people(800, 'Marketing')];
  await using running = new Process(
    script('pass-process.ts', { directory: folder.directory, source: 'corp', tenants, rounds: 8 }),
  );
  expect(await running.json<PassResult>()).toMatchObject({ outcome: 'ok' });
  const seen = new Set<string>();
  let ended = false;
  void running.ended.then(() => (ended = true));
  for (let n = 0; !ended; n++) {
    const file = join(folder.path, `copy-${n}.db`);
    const made = await backUpTo(folder.directory, file, NOW);
    const db = new Database(file, { readonly: true });
    const departments = db.prepare<[], string>('SELECT DISTINCT department FROM v1_users').pluck().all();
    const members = db.prepare('SELECT count(*) FROM v1_memberships').pluck().get();
    db.close();
    expect({ departments: departments.length, members, accounts: made.accounts }).toEqual({
      ...{ departments: 1, members: 800, accounts: 800 },
    });
    seen.add(departments[0] ?? '');
  }
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(seen.size).toBeGreaterThan(0);
  expect(readdirSync(folder.path).filter((name) => name.includes('partial'))).toEqual([]);
});

test('a directory that somebody has open is backed up with what lies in -wal', async () => {
  using directory = new Directory();
  await directory.pass(people(2, 'Sales'));
  const db = await openDirectory(directory.path, { clock: systemClock, wait: 0 });
  db.exec("UPDATE accounts SET title = 'in the WAL'");
  const file = join(directory.folder, 'copy.db');
  await backUpTo(directory.path, file, NOW);
  db.close();
  using copy = new Directory(file);
  expect(copy.rows('SELECT DISTINCT title FROM v1_users')).toEqual([{ title: 'in the WAL' }]);
});

describe('refused, and nothing is left', () => {
  const refusals: [string, (directory: Directory) => string, string][] = [
    ['a file that is there', (d) => join(d.folder, 'there.db'), 'there.db is there already'],
    ['the directory itself', (d) => d.path, 'is the directory itself'],
    ['the directory by another name', (d) => join(d.folder, 'link.db'), 'is the directory itself'],
    ['what SQLite keeps beside it', (d) => `${d.path}-wal`, 'is the directory itself, or what SQLite'],
    ['what rosterd keeps beside it', (d) => `${d.path}.corp.lock`, 'is the directory itself, or what SQLite'],
    ['a folder that is not there', (d) => join(d.folder, 'none', 'copy.db'), 'There is no folder'],
  ];
  test.each(refusals)('%s', async (_, target, sentence) => {
    using directory = new Directory();
    await directory.pass(people(2, 'Sales'));
    writeFileSync(join(directory.folder, 'there.db'), 'mine');
    symlinkSync(directory.path, join(directory.folder, 'link.db'));
    const before = readdirSync(directory.folder).sort();
    expect(await failure(backUpTo(directory.path, target(directory), NOW))).toEqual({
      exit: 2,
      message: expect.stringContaining(sentence),
    });
    expect(readdirSync(directory.folder).sort()).toEqual(before);
    expect(String(bytesOf(join(directory.folder, 'there.db')))).toBe('mine');
  });

  test('no directory yet', async () => {
    using directory = new Directory();
    const file = join(directory.folder, 'copy.db');
    expect(await failure(backUpTo(directory.path, file, NOW))).toMatchObject({ exit: 2 });
    expect(readdirSync(directory.folder)).toEqual([]);
  });

  test.each(['accounts', 'memberships', 'journal_of_object', 'mirror_users', null])(
    'a directory with a page overwritten: %s',
    async (table) => {
      using directory = new Directory();
      await directory.pass(people(400, 'Sales'));
      overwritePage(directory.path, table);
      const file = join(directory.folder, 'copy.db');
      expect(await failure(backUpTo(directory.path, file, NOW))).toMatchObject({
        exit: table === null ? 2 : 1,
        message: expect.stringMatching(table === null ? /is not an SQLite file/ : /is damaged/),
      });
      expect(readdirSync(directory.folder).filter((name) => name.startsWith('copy'))).toEqual([]);
    },
  );
});

describe('backups on schedule', () => {
  test('are made in a thread of their own, and fail with the same sentences', async () => {
    using directory = new Directory();
    await directory.pass(people(3, 'Sales'));
    const file = join(directory.folder, backupName(NOW));
    expect(await backUpInThread(directory.path, file, NOW)).toMatchObject({ file, accounts: 3 });
    expect(await failure(backUpInThread(directory.path, file, NOW))).toEqual({
      ...{ exit: 2, message: expect.stringContaining('is there already') },
    });
  });

  /** A folder with these files, each a day younger than the one before. */
  function folderOf(...names: string[]): Folder {
    const folder = new Folder();
    for (const [at, name] of names.entries()) {
      writeFileSync(join(folder.path, name), '');
      utimesSync(join(folder.path, name), 1_700_000_000 + at * 86_400, 1_700_000_000 + at * 86_400);
    }
    return folder;
  }

  test('the oldest go, and nothing else', () => {
    const mine = ['directory.db', 'directory-20261124T180630Z.db.bak', 'xdirectory-20261101T000000Z.db', 'notes.txt'];
    const made = [1, 2, 3, 4, 5].map((day) => backupName(Date.UTC(2026, 10, day)));
    using folder = folderOf(...mine, ...made);
    const newest = join(folder.path, 'directory-20261105T000000Z.db');
    mkdirSync(join(folder.path, 'directory-20200101T000000Z.db'));
    expect(newestBackup(folder.path, NOW)).toBe(Date.UTC(2026, 10, 5));
    expect(newestBackup(join(folder.path, 'none'), NOW)).toBe(null);
    expect(pruneBackups(newest, 3)).toEqual(
      ['directory-20261101T000000Z.db', 'directory-20261102T000000Z.db'].map((name) => join(folder.path, name)),
    );
    expect(pruneBackups(newest, 0)).toHaveLength(2);
    expect(existsSync(newest)).toBe(true);
    expect(readdirSync(folder.path)).toHaveLength(mine.length + 2);
  });

  test('the one just made stays, whatever the clock said when the others were made', () => {
    const [future, before, made] = [Date.UTC(2036, 0, 1), NOW - 86_400_000, NOW].map(backupName) as [
      string,
      string,
      string,
    ];
    using folder = folderOf(future, before, made);
    const file = join(folder.path, made);
    expect(pruneBackups(file, 2)).toEqual([join(folder.path, future)]);
    // The file's own time may be as wrong as its name.
    writeFileSync(join(folder.path, future), '');
    utimesSync(join(folder.path, future), 2_100_000_000, 2_100_000_000);
    expect(pruneBackups(file, 1)).toEqual([join(folder.path, before), join(folder.path, future)]);
    expect(readdirSync(folder.path)).toEqual([made]);
  });

  test('a backup of the future is not the newest', () => {
    using folder = folderOf(backupName(Date.UTC(2036, 0, 1)), backupName(NOW));
    expect(newestBackup(folder.path, NOW + 1000)).toBe(Math.floor(NOW / 1000) * 1000);
  });

  test('their names sort by time', () => {
    expect(backupName(NOW)).toBe('directory-20261124T180630Z.db');
  });
});
