import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Directory, type Tenant } from '../sync/kit.ts';
import { Folder, isRoot, NOBODY, Process, script, testAsRoot } from './processes.ts';

// What a sync, a plan and a look-up say about a directory that they cannot use. FILE is the directory's path, FOLDER its
// folder, USER the number of the user that runs them.
const golden = new Map(
  readFileSync(new URL('refused.golden.txt', import.meta.url), 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((part) => part.split(/\n(.*)/s))
    .map(([name = '', said = '']) => [name, said.trimEnd()]),
);

const tenant: Tenant = { users: { u1: {}, u2: {} }, groups: { g1: { members: ['u1'] } } };
/** Needs some hundred kilobytes more. */
const larger: Tenant = {
  users: Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`x${at}`, { displayName: 'y'.repeat(200) }])),
};
/** Who rosterd is here: root may write everywhere, so that somebody else has to run it. */
const runner = isRoot ? { uid: NOBODY } : {};
const own = (file: string) => {
  if (isRoot) chownSync(file, NOBODY, NOBODY);
};

const made = new Directory();
beforeAll(async () => {
  await made.pass(tenant);
});
afterAll(() => made[Symbol.dispose]());

/** A folder of the runner's with a directory in it. */
function prepared(): Folder {
  const folder = new Folder();
  copyFileSync(made.path, folder.directory);
  chmodSync(folder.directory, 0o640);
  own(folder.path);
  own(folder.directory);
  return folder;
}

async function said(folder: Folder, task: { tenant?: Tenant; prefix?: string[] } = {}): Promise<string> {
  const command = script('open-process.ts', { directory: folder.directory, tenant: task.tenant ?? tenant });
  await using running = new Process([...(task.prefix ?? []), ...command], runner);
  const { out, err } = await running.ended;
  return `${out}${err}`
    .trimEnd()
    .replaceAll(folder.directory, 'FILE')
    .replaceAll(folder.path, 'FOLDER')
    .replaceAll(`(${runner.uid ?? process.getuid?.()})`, '(USER)')
    .replaceAll(`user ${runner.uid ?? process.getuid?.()},`, 'user USER,');
}

/** Every file of the folder, with what is in it. */
const contents = (folder: Folder) =>
  readdirSync(folder.path)
    .sort()
    .map((name) => {
      const file = join(folder.path, name);
      const stat = statSync(file);
      const bytes = stat.isFile() && stat.mode & 0o444 ? readFileSync(file).toString('base64') : '';
      return { name, mode: stat.mode, mtime: stat.mtimeMs, bytes };
    });
/** Nothing is lost: the directory is whole, holds what it held, and anybody can read it. */
function expectUnharmed(folder: Folder): void {
  const db = new Database(folder.directory, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  expect(db.prepare('SELECT user_name FROM v1_users').pluck().all()).toEqual(['u1', 'u2']);
  db.close();
}

const edit = (path: string, act: (db: Database.Database) => void) => {
  const db = new Database(path);
  act(db);
  db.close();
};
/** Leaves the file in WAL mode with its files beside it, as a kill does. */
function leaveInWal(folder: Folder, act: (db: Database.Database) => void): void {
  const db = new Database(folder.directory);
  db.pragma('journal_mode = WAL');
  act(db);
  const reader = new Database(folder.directory, { readonly: true });
  reader.pragma('user_version');
  db.close();
  reader.close();
  own(`${folder.directory}-wal`);
  own(`${folder.directory}-shm`);
}
const damage = (folder: Folder, from: number, to?: number) => {
  const bytes = readFileSync(folder.directory);
  writeFileSync(folder.directory, bytes.fill(0x55, from, to));
};

describe('left exactly as it is', () => {
  const cases: [string, (folder: Folder) => void][] = [
    ['made by a newer rosterd', ({ directory }) => edit(directory, (db) => db.pragma('user_version = 99'))],
    ['made by a newer rosterd that was killed', (folder) => leaveInWal(folder, (db) => db.pragma('user_version = 99'))],
    [
      'a file of another program',
      ({ directory }) => {
        rmSync(directory);
        edit(directory, (db) => db.exec('CREATE TABLE things (a)'));
        own(directory);
      },
    ],
    ['a file that is no SQLite', ({ directory }) => writeFileSync(directory, 'name,mail\nada,ada@example.com\n')],
    ['a file that was cut off', ({ directory }) => truncateSync(directory, 8192)],
    ['a file with a damaged first page', (folder) => damage(folder, 100, 4096)],
    [
      'a folder',
      ({ directory }) => {
        rmSync(directory);
        mkdirSync(directory);
      },
    ],
    ['in a folder that may not be written', ({ path }) => chmodSync(path, 0o555)],
    ['a file that may not be written', ({ directory }) => chmodSync(directory, 0o440)],
    ['a file that may not be read', ({ directory }) => chmodSync(directory, 0)],
  ];
  test.each(cases)('%s', async (name, arrange) => {
    using folder = prepared();
    arrange(folder);
    const before = contents(folder);
    expect(await said(folder)).toBe(golden.get(name));
    // -shm is memory that everybody shares who looks at a file in WAL mode, not data.
    const kept = (all: typeof before) => all.filter((file) => !file.name.endsWith('-shm'));
    expect(kept(contents(folder))).toEqual(kept(before));
    chmodSync(folder.path, 0o755);
  });

  test('below a path that goes through a file', async () => {
    using folder = new Folder();
    rmdirSync(folder.path);
    writeFileSync(folder.path, '');
    expect(await said(folder)).toBe(golden.get('below a path that goes through a file'));
  });

  test('in a folder that may not be entered', async () => {
    using folder = prepared();
    chmodSync(folder.path, 0);
    expect(await said(folder)).toBe(golden.get('in a folder that may not be entered'));
    chmodSync(folder.path, 0o755);
  });

  testAsRoot('beside a -shm of somebody else', async () => {
    using folder = prepared();
    writeFileSync(`${folder.directory}-shm`, '');
    chmodSync(`${folder.directory}-shm`, 0o640);
    const before = contents(folder);
    expect(await said(folder)).toBe(golden.get('beside a -shm of somebody else'));
    expect(contents(folder)).toEqual(before);
  });

  testAsRoot('beside a lock of somebody else', async () => {
    using folder = prepared();
    writeFileSync(`${folder.directory}.corp.lock`, '');
    expect(await said(folder)).toBe(golden.get('beside a lock of somebody else'));
    expectUnharmed(folder);
  });
});

test('an empty file is a directory to be made', async () => {
  using folder = prepared();
  writeFileSync(folder.directory, '');
  expect(await said(folder)).toBe('sync: ok\nplan: ok\nlook: 2 users');
  expect(statSync(folder.directory).mode & 0o777).toBe(0o640);
});

describe('a disk that takes no more', () => {
  /** On a disk of its own that has so many kilobytes left. */
  async function onFullDisk(kilobytes: number, act: (folder: Folder, disk: { empty(): void }) => Promise<void>) {
    using folder = new Folder();
    const size = statSync(made.path).size;
    const options = `size=${size + 1024 * 1024},mode=755,uid=${NOBODY},gid=${NOBODY}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder.path]);
    try {
      const filling = join(folder.path, 'filling');
      copyFileSync(made.path, folder.directory);
      own(folder.directory);
      writeFileSync(filling, Buffer.alloc((1024 - kilobytes) * 1024));
      await act(folder, { empty: () => rmSync(filling) });
    } finally {
      execFileSync('umount', [folder.path]);
    }
  }

  // With no room at all, with some for what lies beside the directory, and with some for a part of what is new.
  for (const kilobytes of [0, 32, 60, 160]) {
    testAsRoot(`full, but for ${kilobytes} KiB`, async () => {
      await onFullDisk(kilobytes, async (folder, disk) => {
        // Whether the run could begin is not the point.
        const sentences = (await said(folder, { tenant: larger })).replace(
          /^sync: (failed\.|exit 1, directory:)/,
          'sync:',
        );
        expect(sentences).toBe(golden.get(`full, but for ${kilobytes} KiB`));
        expectUnharmed(folder);
        expect(readdirSync(folder.path).filter((name) => /stage|-wal|-shm|holder/.test(name))).toEqual([]);
        disk.empty();
        expect(await said(folder, { tenant: larger })).toMatch(/^sync: ok\n/);
      });
    });
  }

  testAsRoot('full once everything is written, and before it is brought home', async () => {
    let met = false;
    // How much it takes depends on the tables.
    for (const kilobytes of [520, 450, 590, 380, 660]) {
      await onFullDisk(kilobytes, async (folder, disk) => {
        const sentences = await said(folder, { tenant: larger });
        met = sentences.includes('is safe in');
        if (!met) return;
        expect(sentences).toBe(golden.get('full once everything is written, and before it is brought home'));
        disk.empty();
        expect(await said(folder, { tenant: larger })).toMatch(/^sync: unchanged\n/);
        expect(readdirSync(folder.path).filter((name) => /-wal|-shm/.test(name))).toEqual([]);
      });
      if (met) break;
    }
    expect(met).toBe(true);
  });

  test('a file that may not grow', async () => {
    using folder = prepared();
    const limited = ['sh', '-c', 'trap "" XFSZ; ulimit -f 400; exec "$@"', 'sh'];
    expect(await said(folder, { tenant: larger, prefix: limited })).toBe(golden.get('a file that may not grow'));
    expectUnharmed(folder);
  });
});
