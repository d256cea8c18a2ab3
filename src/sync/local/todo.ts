import type { Db } from '../../directory/open.ts';
import { DIRECT, NESTED } from '../../model/words.ts';
import { type Bearers, bearersNow } from './bearers.ts';
import type { LocalRule } from './rules.ts';

const TABLE = `
CREATE TEMP TABLE IF NOT EXISTS local_todo (account INTEGER PRIMARY KEY);
DELETE FROM local_todo;`;
const ADD = 'INSERT OR IGNORE INTO temp.local_todo';
const EVERYBODY = `${ADD} SELECT id FROM accounts WHERE active = 1`;
const PLANNED = `${ADD} SELECT object_id FROM temp.plan WHERE object = 'user'`;
const MOVED = `${ADD} SELECT j.value / 16 FROM temp.plan_members p, json_each(p.list) j WHERE p.change <> 'update'`;
const RENAMED = `${ADD} SELECT m.account_id FROM temp.plan p JOIN memberships m ON m.group_id = p.object_id
  WHERE p.object = 'group' AND p.action = 'rename' AND m.how & ${DIRECT | NESTED}`;
const ANY = 'SELECT EXISTS (SELECT 1 FROM temp.local_todo)';
const GROUPS_CHANGE = "SELECT EXISTS (SELECT 1 FROM temp.plan WHERE object = 'group')";

/** Makes the temporary table `local_todo` empty. */
export function clearTodo(db: Db): void {
  db.exec(TABLE);
}

/** Adds every active account. */
export function addEverybody(db: Db): void {
  db.exec(EVERYBODY);
}

export const anyTodo = (db: Db): boolean => db.prepare(ANY).pluck().get() === 1;

/**
 * Fills `local_todo` with the accounts about whom the rules may say something else once the plan in the temporary tables
 * is applied: those that it changes, those whose groups change as far as a rule reads them, and everybody where a name
 * or id that a rule gives `memberOf` stands for another group than before, or for one at last.
 * @returns whether it is everybody
 */
export function listTouched(db: Db, rules: readonly LocalRule[], planned: Bearers): boolean {
  clearTodo(db);
  db.exec(PLANNED);
  const asked = [...new Set(rules.flatMap(({ rule }) => rule.reads.memberOf))];
  if (asked.length > 0 && db.prepare(GROUPS_CHANGE).pluck().get() === 1) {
    const now = bearersNow(db);
    if (asked.some((name) => now.find(name) !== planned.find(name))) {
      addEverybody(db);
      return true;
    }
  }
  if (rules.some(({ rule }) => rule.reads.groups)) {
    db.exec(MOVED);
    db.exec(RENAMED);
    return false;
  }
  const groups = asked.flatMap((name) => planned.find(name) ?? []);
  db.prepare(`${MOVED} AND p.group_id IN (SELECT value FROM json_each(?))`).run(JSON.stringify(groups));
  return false;
}

/** Adds these accounts. */
export function addPeople(db: Db, accounts: readonly number[]): void {
  db.prepare(`${ADD} SELECT value FROM json_each(?)`).run(JSON.stringify(accounts));
}
