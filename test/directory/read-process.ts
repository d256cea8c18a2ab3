// A process that reads a directory as an application does, until a line on standard input tells it to stop.
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

export interface ReadTask {
  directory: string;
  /** Reads over one connection, once for each line, instead of over a new one each time. */
  keep?: boolean;
}

export interface Readings {
  /** How often each state was seen. */
  states: Record<string, number>;
  failures: Record<string, number>;
}

const task = JSON.parse(process.argv[2] ?? '{}') as ReadTask;
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const open = () => new Database(task.directory, { readonly: true, timeout: 30_000 });

/** Everything that belongs together, in one transaction; several pieces where the transaction is torn. */
function state(db: Database.Database): string {
  const all = (sql: string) => db.prepare<[], string>(sql).pluck().all();
  return db.transaction(() => {
    const pieces = new Set([
      ...all("SELECT DISTINCT coalesce(department, '') FROM v1_users WHERE source = 'corp' AND active"),
      ...all("SELECT description FROM v1_groups WHERE source = 'corp'"),
      ...all(`SELECT DISTINCT CASE u.external_id % 3 WHEN 0 THEN 'red' WHEN 1 THEN 'blue' ELSE 'green' END
        FROM v1_memberships m JOIN v1_users u ON u.id = m.user_id JOIN v1_groups g ON g.id = m.group_id
        WHERE g.source = 'corp'`),
    ]);
    return [...pieces].sort().join(' and ');
  })();
}

if (task.keep) {
  const db = open();
  print(state(db));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') break;
    print(state(db));
  }
  db.close();
  process.stdin.destroy();
} else {
  const readings: Readings = { states: {}, failures: {} };
  let stopping = false;
  let reads = 0;
  process.stdin.once('data', () => {
    stopping = true;
  });
  // Two hundred at least, however early it is told to stop.
  while (!stopping || reads < 200) {
    let db: Database.Database | undefined;
    try {
      const read = () => {
        db?.close();
        db = open();
        return state(db);
      };
      let now: string;
      try {
        now = read();
      } catch (error) {
        // As docs/directory.md tells applications: once more. A second time is a failure.
        if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_READONLY_RECOVERY') throw error;
        now = read();
      }
      readings.states[now] = (readings.states[now] ?? 0) + 1;
    } catch (error) {
      const what = error instanceof Database.SqliteError ? error.code : String(error);
      readings.failures[what] = (readings.failures[what] ?? 0) + 1;
    } finally {
      db?.close();
    }
    if (++reads === 1) print('reading');
    await new Promise((resolve) => setImmediate(resolve));
  }
  print(readings);
  process.stdin.destroy();
}
