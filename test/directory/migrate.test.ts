import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, STEPS, type Step } from '../../src/directory/migrate.ts';
import { Directory, type Tenant } from '../sync/kit.ts';
import { Process, script } from './processes.ts';

const tenant: Tenant = { users: { u1: { displayName: 'Ada' }, u2: {} }, groups: { g1: { members: ['u1'] } } };
const NOW = Date.UTC(2027, 0, 2, 3, 4, 5, 678);
const COPY = `directory.db.before-v${STEPS.length + 1}-20270102T030405Z`;
const nicknames: Step = (db) => {
  db.exec("ALTER TABLE accounts ADD COLUMN nickname TEXT; UPDATE accounts SET nickname = 'x'");
};

/** A directory of today, as rosterd leaves it. */
async function filled(): Promise<Directory> {
  const directory = new Directory();
  await directory.pass(tenant);
  return directory;
}
const beside = ({ folder }: Directory) => readdirSync(folder).filter((name) => name !== 'directory.db.corp.lock');
/** Every row of every table. */
function dump(file: string): unknown {
  const db = new Database(file, { readonly: true });
  try {
    const tables = db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck();
    return tables.all().map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]);
  } finally {
    db.close();
  }
}
function open(directory: Directory, act: (db: Database.Database) => void): void {
  const db = new Database(directory.path, { timeout: 0 });
  try {
    act(db);
  } finally {
    db.close();
  }
}

test('an older directory is migrated, after a copy of it was made that opens and holds what it held', async () => {
  using directory = await filled();
  const before = dump(directory.path);
  open(directory, (db) => migrate(db, NOW, { steps: [...STEPS, nicknames] }));
  expect(beside(directory)).toEqual(['directory.db', COPY]);
  expect(statSync(join(directory.folder, COPY)).mode & 0o777).toBe(0o640);
  expect(dump(join(directory.folder, COPY))).toEqual(before);
  expect(directory.rows('SELECT user_name, nickname FROM accounts')).toEqual([
    { user_name: 'u1', nickname: 'x' },
    { user_name: 'u2', nickname: 'x' },
  ]);
  expect(directory.rows('SELECT schema_version FROM v1_directory')).toEqual([{ schema_version: STEPS.length + 1 }]);
  // The copy is a directory itself: put in its place, it can be worked with.
  const copy = new Database(join(directory.folder, COPY));
  expect(() => migrate(copy, NOW)).not.toThrow();
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  copy.close();
});

test('a directory of today is left alone, and a new one needs no copy', async () => {
  using directory = await filled();
  const before = readFileSync(directory.path);
  open(directory, (db) => migrate(db, NOW));
  expect(readFileSync(directory.path).equals(before)).toBe(true);
  expect(beside(directory)).toEqual(['directory.db']);
});

test('a step that fails leaves the file as it was, and no copy', async () => {
  using directory = await filled();
  const before = readFileSync(directory.path);
  const failing: Step = (db) => db.exec('CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)');
  open(directory, (db) => {
    expect(() => migrate(db, NOW, { steps: [...STEPS, nicknames, failing] })).toThrow(
      `The tables of ${directory.path} could not be brought to version ${STEPS.length + 2}: no such table: nowhere. ` +
        'The directory was left as it was; start the rosterd that made it again, and report this.',
    );
  });
  expect(readFileSync(directory.path).equals(before)).toBe(true);
  expect(beside(directory)).toEqual(['directory.db']);
  // The next try can do it.
  open(directory, (db) => migrate(db, NOW, { steps: [...STEPS, nicknames] }));
  expect(beside(directory)).toEqual(['directory.db', COPY]);
});

test('while another process writes, it waits with nothing done', async () => {
  using directory = await filled();
  open(directory, (writer) => {
    writer.exec('BEGIN IMMEDIATE');
    open(directory, (db) => {
      for (let tries = 0; tries < 3; tries++)
        expect(() => migrate(db, NOW, { steps: [...STEPS, nicknames] })).toThrow('database is locked');
    });
    writer.exec('ROLLBACK');
  });
  expect(beside(directory)).toEqual(['directory.db']);
});

test('two processes at once: one does it, the other finds it done', async () => {
  using directory = await filled();
  const task = { directory: directory.path, now: NOW };
  const writer = new Database(directory.path);
  writer.pragma('journal_mode = WAL');
  writer.exec('BEGIN IMMEDIATE');
  await using one = new Process(script('migrate-process.ts', task));
  await using other = new Process(script('migrate-process.ts', task));
  await Promise.all([one.line(), other.line()]);
  writer.exec('ROLLBACK');
  writer.close();
  for (const process of [one, other]) {
    expect(await process.json()).toBe(STEPS.length + 1);
    expect(await process.ended).toMatchObject({ code: 0, err: '' });
  }
  expect(beside(directory)).toEqual(['directory.db', COPY]);
  // The step would have failed a second time.
  expect(directory.rows('SELECT count(*) AS stamps FROM stamps')).toEqual([{ stamps: 0 }]);
});

test('another process migrates between the look and the turn to write: nothing is done twice', async () => {
  using directory = await filled();
  const steps = [...STEPS, nicknames];
  open(directory, (db) => {
    // The time is read in between: whoever reads it lets the other process go first.
    const now = {
      valueOf: () => {
        open(directory, (other) => migrate(other, NOW, { steps }));
        return NOW;
      },
    };
    // A number, as far as the arithmetic of JavaScript is concerned.
    migrate(db, now as unknown as number, { steps });
  });
  expect(beside(directory)).toEqual(['directory.db', COPY]);
});
