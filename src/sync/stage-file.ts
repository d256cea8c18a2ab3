import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Kind } from './known.ts';
import { fromBlob, type Packed, toBlob } from './packed.ts';

/** An index into STATES (model/words.ts). */
export type Verdict = 0 | 1 | 2 | 3;

/** A list of members as it is staged: slots by kind, and how many are neither user nor group. */
export interface StagedMembers {
  users: Packed;
  groups: Packed;
  others: number;
  everyone: boolean;
}

// Objects are named by their slots (known.ts).
const TABLES = `
CREATE TABLE users (slot INTEGER PRIMARY KEY, record TEXT);
CREATE TABLE groups (slot INTEGER PRIMARY KEY, record TEXT);
CREATE TABLE members (slot INTEGER PRIMARY KEY, print INTEGER, users BLOB, groups BLOB, others INTEGER, everyone INTEGER);
CREATE TABLE unread (slot INTEGER PRIMARY KEY, why TEXT);
CREATE TABLE verdicts (kind INTEGER, slot INTEGER, state INTEGER, why TEXT, PRIMARY KEY (kind, slot)) WITHOUT ROWID;
`;
const TABLE_OF = { 1: 'users', 2: 'groups' } as const;

/**
 * What a pass fetched that the mirror does not hold already, in a scratch file of its own, so that neither memory nor
 * an open transaction holds it while the network is waited for. It is worth nothing after a crash.
 */
export class StageFile {
  readonly #db: Database.Database;
  readonly #putRecord: Record<Kind, Database.Statement<[number, string]>>;
  readonly #putMembers: Database.Statement<[number, number, Buffer, Buffer, number, number]>;
  readonly #putVerdict: Database.Statement<[Kind, number, number, string | null]>;

  constructor(path: string) {
    // Made first, for its mode: it holds people's data, and nobody else reads it.
    closeSync(openSync(path, 'w', 0o600));
    this.#db = new Database(path);
    // OFF is not to be had (SQLite is on the defensive here), and a journal in a file would be left by a kill.
    this.#db.pragma('journal_mode = MEMORY');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('locking_mode = EXCLUSIVE');
    this.#db.pragma('cache_size = -16384');
    this.#db.exec(TABLES);
    this.#putRecord = {
      1: this.#db.prepare('INSERT OR REPLACE INTO users VALUES (?, ?)'),
      2: this.#db.prepare('INSERT OR REPLACE INTO groups VALUES (?, ?)'),
    };
    this.#putMembers = this.#db.prepare('INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?)');
    this.#putVerdict = this.#db.prepare('INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)');
    this.#db.exec('BEGIN');
  }

  /** Makes it as empty as a new one. */
  clear(): void {
    for (const table of ['users', 'groups', 'members', 'unread', 'verdicts']) this.#db.exec(`DELETE FROM ${table}`);
  }

  putRecord(kind: Kind, slot: number, record: string): void {
    this.#putRecord[kind].run(slot, record);
  }

  dropRecord(kind: Kind, slot: number): void {
    this.#db.prepare(`DELETE FROM ${TABLE_OF[kind]} WHERE slot = ?`).run(slot);
  }

  putMembers(group: number, print: number, { users, groups, others, everyone }: StagedMembers): void {
    this.#putMembers.run(group, print, toBlob(users), toBlob(groups), others, Number(everyone));
  }

  dropMembers(group: number): void {
    this.#db.prepare('DELETE FROM members WHERE slot = ?').run(group);
  }

  putUnread(group: number, why: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO unread VALUES (?, ?)').run(group, why);
  }

  /** @param state what became of an object that the listing did not show: 0 found by id, 1 missing, 2 unknown, 3 absent */
  putVerdict(kind: Kind, slot: number, state: Verdict, why: string | null): void {
    this.#putVerdict.run(kind, slot, state, why);
  }

  records(kind: Kind): IterableIterator<[slot: number, record: string]> {
    return this.#db
      .prepare<[], [number, string]>(`SELECT slot, record FROM ${TABLE_OF[kind]} ORDER BY slot`)
      .raw()
      .iterate();
  }

  *members(): Generator<[slot: number, print: number, members: StagedMembers]> {
    const rows = this.#db
      .prepare<[], [number, number, Buffer, Buffer, number, number]>('SELECT * FROM members ORDER BY slot')
      .raw();
    for (const [slot, print, users, groups, others, everyone] of rows.iterate()) {
      yield [slot, print, { users: fromBlob(users), groups: fromBlob(groups), others, everyone: everyone === 1 }];
    }
  }

  unread(): [slot: number, why: string][] {
    return this.#db.prepare<[], [number, string]>('SELECT slot, why FROM unread').raw().all();
  }

  verdicts(kind: Kind): [slot: number, state: Verdict, why: string | null][] {
    return this.#db
      .prepare<[Kind], [number, Verdict, string | null]>('SELECT slot, state, why FROM verdicts WHERE kind = ?')
      .raw()
      .all(kind);
  }

  close(): void {
    this.#db.close();
  }
}
