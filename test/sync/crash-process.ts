import Database from 'better-sqlite3';
import { Directory, type Tenant } from './kit.ts';

// Runs one pass and kills itself, as a power cut would, before the n-th statement that it gives to SQLite once the pass
// has begun to settle; 0 counts them instead and prints the number: crash-process.ts DIRECTORY TENANT N
const [path = '', tenant = '{}', n = '0'] = process.argv.slice(2);
const fatal = Number(n);
let statements = 0;
let settling = false;

const step = (sql: string) => {
  if (sql.startsWith('BEGIN IMMEDIATE') && !sql.includes('--')) settling = true;
  if (!settling) return;
  statements++;
  if (statements === fatal) process.kill(process.pid, 'SIGKILL');
};

const { exec } = Database.prototype;
Database.prototype.exec = function (this: Database.Database, sql: string) {
  step(sql);
  return exec.call(this, sql);
};
const sample = new Database(':memory:');
const statement = Object.getPrototypeOf(sample.prepare('SELECT 1'));
for (const method of ['run', 'get', 'all'] as const) {
  const original = statement[method];
  statement[method] = function (this: Database.Statement, ...values: unknown[]) {
    step(this.source);
    return original.apply(this, values);
  };
}
sample.close();

const directory = new Directory(path);
// Written by crash.test.ts.
const result = await directory.pass(JSON.parse(tenant) as Tenant);
process.stdout.write(JSON.stringify({ statements, outcome: result.outcome }));
