import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Kind } from './known.ts';

/** An index into STATES (model/words.ts). */
export type Verdict = 0 | 1 | 2 | 3;

/** A list of members as it is staged: the ids by kind, and how many are neither user nor group. */
export interface StagedMembers {
  users: string[];
  groups: string[];
  others: number;
  everyone: boolean;
}

const TABLES = `
CREATE TABLE records (kind INTEGER, ext TEXT, print INTEGER, record TEXT, PRIMARY KEY (kind, ext)) WITHOUT ROWID;
CREATE TABLE members (ext TEXT PRIMARY KEY, print INTEGER, list TEXT) WITHOUT ROWID;
CREATE TABLE unread (ext TEXT PRIMARY KEY, why TEXT) WITHOUT ROWID;
CREATE TABLE verdicts (kind INTEGER, ext TEXT, state INTEGER, why TEXT, PRIMARY KEY (kind, ext)) WITHOUT ROWID;
`;

/**
 * What a pass fetched that the mirror does not hold already, in a scratch file of its own, so that neither memory nor
 * an open transaction holds it while the network is waited for. It is worth nothing after a crash.
 */
export class StageFile {
  readonly #db: Database.Database;
  readonly #putRecord: Database.Statement<[Kind, string, number, string]>;
  readonly #putMembers: Database.Statement<[string, number, string]>;
  readonly #putUnread: Database.Statement<[string, string]>;
  readonly #putVerdict: Database.Statement<[Kind, string, number, string | null]>;

  constructor(path: string) {
    // Made first, for its mode: it holds people's data, and nobody else reads it.
    closeSync(openSync(path, 'w', 0o600));
    this.#db = new Database(path);
    // OFF is not to be had (SQLite is on the defensive here), and a journal in a file would be left by a kill.
    this.#db.pragma('journal_mode = MEMORY');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('locking_mode = EXCLUSIVE');
    this.#db.pragma('cache_size = -32768');
    this.#db.exec(TABLES);
    this.#putRecord = this.#db.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)');
    this.#putMembers = this.#db.prepare('INSERT OR REPLACE INTO members VALUES (?, ?, ?)');
    this.#putUnread = this.#db.prepare('INSERT OR REPLACE INTO unread VALUES (?, ?)');
    this.#putVerdict = this.#db.prepare('INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)');
    this.#db.exec('BEGIN');
  }

  putRecord(kind: Kind, ext: string, print: number, record: string): void {
    this.#putRecord.run(kind, ext, print, record);
  }

  dropRecord(kind: Kind, ext: string): void {
    this.#db.prepare('DELETE FROM records WHERE kind = ? AND ext = ?').run(kind, ext);
  }

  putMembers(group: string, print: number, members: StagedMembers): void {
    this.#putMembers.run(group, print, JSON.stringify(members));
  }

  dropMembers(group: string): void {
    this.#db.prepare('DELETE FROM members WHERE ext = ?').run(group);
  }

  putUnread(group: string, why: string): void {
    this.#putUnread.run(group, why);
  }

  /** @param state what became of an object that the listing did not show: 0 found by id, 1 missing, 2 unknown, 3 absent */
  putVerdict(kind: Kind, ext: string, state: Verdict, why: string | null): void {
    this.#putVerdict.run(kind, ext, state, why);
  }

  /** In the order of ids, as bytes. */
  records(kind: Kind): IterableIterator<[ext: string, print: number, record: string]> {
    return this.#db
      .prepare<[Kind], [string, number, string]>('SELECT ext, print, record FROM records WHERE kind = ? ORDER BY ext')
      .raw()
      .iterate(kind);
  }

  *members(): Generator<[ext: string, print: number, members: StagedMembers]> {
    const rows = this.#db
      .prepare<[], [string, number, string]>('SELECT ext, print, list FROM members ORDER BY ext')
      .raw();
    for (const [ext, print, list] of rows.iterate()) {
      // Written by putMembers.
      yield [ext, print, JSON.parse(list) as StagedMembers];
    }
  }

  unread(): [ext: string, why: string][] {
    return this.#db.prepare<[], [string, string]>('SELECT ext, why FROM unread').raw().all();
  }

  verdicts(kind: Kind): [ext: string, state: Verdict, why: string | null][] {
    return this.#db
      .prepare<[Kind], [string, Verdict, string | null]>('SELECT ext, state, why FROM verdicts WHERE kind = ?')
      .raw()
      .all(kind);
  }

  close(): void {
    this.#db.close();
  }
}
