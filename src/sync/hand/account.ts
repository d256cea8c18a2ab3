import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import { Failure } from '../../model/failure.ts';
import { refusal } from './edit.ts';

/** An account as somebody named it: found before the edit began. */
export interface Person {
  id: number;
  /** The name of its source, or `local`. */
  source: string;
}

/** An account that is not deleted. */
export type HandAccount = AccountRow & {
  id: number;
  /** Null where it was made by hand. */
  sourceId: number | null;
  source: string;
  /** Whether it holds its user name, so that nobody else can have it. */
  holdsName: number;
  /** The user behind it, and that user's id at the source; null where it was made by hand. */
  node: number | null;
  ext: string | null;
};

const ACCOUNT = `SELECT a.id, a.source_id AS sourceId, coalesce(s.name, 'local') AS source, a.name_key IS NOT NULL AS holdsName,
    a.primary_node AS node, n.ext, a.active, a.reason, ${ATTRIBUTE_LIST}
  FROM accounts a LEFT JOIN sources s ON s.id = a.source_id LEFT JOIN nodes n ON n.id = a.primary_node
  WHERE a.id = ? AND a.deleted_at IS NULL`;

/** The sources whose locks an edit of an account of that source needs. */
export const locksOf = ({ source }: Pick<Person, 'source'>): string[] => (source === 'local' ? [] : [source]);

/** Throws a Failure: `busy`, exit status 5, where the account went or moved between its being named and its turn. */
export function readAccount(db: Db, person: Person): HandAccount {
  const row = db.prepare<[number], HandAccount>(ACCOUNT).get(person.id);
  if (row && row.source === person.source) return row;
  throw new Failure('busy', `Account ${person.id} changed meanwhile; nothing was done. Look at it and try again.`, {
    exit: 5,
  });
}

/** The same of an account that was made by hand; refuses one that a source keeps, and says `instead` what to do. */
export function readLocal(db: Db, person: Person, instead: string): HandAccount {
  const account = readAccount(db, person);
  if (account.sourceId === null) return account;
  throw refusal(
    `Account ${account.id} comes from source \`${account.source}\`, which would undo that; nothing was changed. ${instead}`,
  );
}
