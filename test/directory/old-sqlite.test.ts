import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Directory, type Tenant } from '../sync/kit.ts';

/** As much of sql.js 1.0.0 as is used here; it carries SQLite 3.28 and brings no types. */
interface OldSqlite {
  Database: new (
    file: Uint8Array,
  ) => { exec(sql: string): { columns: string[]; values: unknown[][] }[]; close(): void };
}
type Start = (options: { wasmBinary: Uint8Array }) => Promise<OldSqlite>;
const { default: start } = (await import('sql.js' as string)) as { default: Start };
const old = await start({ wasmBinary: readFileSync(new URL(import.meta.resolve('sql.js/dist/sql-wasm.wasm'))) });

const first: Tenant = {
  users: {
    u1: { userName: 'ada', displayName: 'Ada Lovelace', department: 'Engineering', manager: 'u3' },
    u2: { userName: 'BOB', email: 'bob@example.com' },
    u3: { userName: 'Straße' },
    u4: { userName: 'dan' },
  },
  groups: {
    g1: { name: 'Company', description: 'all', members: ['@g2', 'u3', 'stranger'] },
    g2: { name: 'Engineering', members: ['u1', 'u2', 'u4'] },
    g3: { name: 'engineering', members: ['u1'] },
  },
};
/** Somebody left, somebody is disabled, a group went, a membership went and another one changed. */
const second: Tenant = {
  users: {
    u1: { userName: 'ada.l', displayName: 'Ada King' },
    u2: { userName: 'BOB', active: false },
    u3: { userName: 'Straße' },
  },
  groups: { g1: { name: 'Company', members: ['u1', 'u3', 'stranger'] }, g2: { name: 'Engineering', members: ['u3'] } },
};

/** Rows of a whole table or view, in an order of their own: an SQLite need not give them in the same one. */
const inOrder = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();

test('SQLite 3.28 reads every view as today’s does', async () => {
  using directory = new Directory();
  for (const tenant of [first, second, first])
    expect(await directory.pass(tenant)).toMatchObject({ message: null, outcome: 'ok' });
  await directory.pass({ users: { b1: {} } }, { source: 'branch' });

  const today = new Database(directory.path, { readonly: true });
  const before = new old.Database(readFileSync(directory.path));
  expect(before.exec('SELECT sqlite_version()')[0]?.values).toEqual([['3.28.0']]);
  expect(before.exec('PRAGMA integrity_check')[0]?.values).toEqual([['ok']]);

  const views = today
    .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v1\\_%' ESCAPE '\\'")
    .pluck()
    .all();
  expect(views.length).toBeGreaterThanOrEqual(11);
  for (const view of views) {
    const statement = today.prepare(`SELECT * FROM ${view}`);
    const rows = statement.raw().all() as unknown[][];
    const [result] = before.exec(`SELECT * FROM ${view}`);
    expect(rows, `${view} has nothing to compare`).not.toEqual([]);
    expect({ view, columns: result?.columns }).toEqual({ view, columns: statement.columns().map(({ name }) => name) });
    expect({ view, rows: inOrder(result?.values ?? []) }).toEqual({ view, rows: inOrder(rows) });
  }
  today.close();
  before.close();
});
