import { fold } from '../directory/names.ts';
import type { Db } from '../directory/open.ts';
import { Failure } from '../model/failure.ts';
import { near } from '../model/near.ts';
import { count, printable, shortTime, thousands } from '../report/text.ts';

/** A user or group that somebody named on the command line. */
export interface Found {
  id: number;
  name: string | null;
  source: string;
  /** When it was deleted or removed, ISO 8601 in UTC; null while it is there. */
  gone: string | null;
}

/** What is looked for, and how to speak of it. */
interface Kind {
  one: string;
  /** What names one. */
  called: string;
  /** The command that looks for part of a name. */
  parts: string;
  /** What became of one that is no longer there. */
  gone: string;
  /** What tells more of it, before and after its id. */
  before: readonly [string, string];
  /** Finds by `@id`, `@key` (the folded name) or `@text` (an external id). */
  exact: string;
  /** Finds by `@text` what `exact` did not: slower, and tried after it. */
  other: string;
  /** Names that may be near to `@text`: of about its length, and of very many those that begin like it. */
  names: string;
}

const USERS = `SELECT a.id, a.user_name AS name, coalesce(s.name, 'local') AS source, a.deleted_at AS gone
  FROM accounts a LEFT JOIN sources s ON s.id = a.source_id`;
const GROUPS = `SELECT g.id, g.name, coalesce(s.name, 'local') AS source, g.removed_at AS gone
  FROM groups g LEFT JOIN sources s ON s.id = g.source_id`;
/** Nodes of that external id in any source; the index of nodes begins with the source. */
const nodes = (kind: number) =>
  `SELECT n.id FROM sources s CROSS JOIN nodes n ON n.source_id = s.id AND n.kind = ${kind} AND n.ext = @text`;
const nearly = (name: string) => `length(${name}) BETWEEN length(@text) * 3 / 4 - 1 AND length(@text) * 4 / 3 + 1
  ORDER BY substr(name_key, 1, length(@text) / 2) = substr(@text, 1, length(@text) / 2) DESC LIMIT 5000`;

const USER: Kind = {
  one: 'user',
  called: 'user name, id, external id or mail address',
  parts: 'rosterd users',
  gone: 'deleted',
  before: ['"rosterd members --at TIME --user id:', '" tells where they belonged before'],
  exact: `${USERS} WHERE a.id = @id OR a.name_key = @key
    OR a.id IN (SELECT account_id FROM identities WHERE node IN (${nodes(1)})) ORDER BY a.id`,
  other: `${USERS} WHERE lower(a.email) = lower(@text) OR a.name_key IS NULL AND (a.user_name = @text
    OR a.deleted_at IS NULL AND lower(a.user_name) = lower(@text)) ORDER BY a.id`,
  names: `SELECT user_name FROM accounts WHERE deleted_at IS NULL AND ${nearly('user_name')}`,
};

const GROUP: Kind = {
  one: 'group',
  called: 'name, id or external id',
  parts: 'rosterd groups',
  gone: 'removed',
  before: ['"rosterd members --at TIME id:', '" tells who was in it before'],
  exact: `${GROUPS} WHERE g.id = @id OR g.name_key = @key
    OR g.id IN (SELECT group_id FROM group_sources WHERE node IN (${nodes(2)})) ORDER BY g.id`,
  other: `${GROUPS} WHERE g.removed_at IS NOT NULL AND g.name = @text ORDER BY g.id`,
  names: `SELECT name FROM groups WHERE removed_at IS NULL AND ${nearly('name')}`,
};

/**
 * The account that `text` means: its user name, folded, its id, an external id, else a mail address; `id:4` is an id and
 * nothing else. With `gone`, deleted accounts count too. Throws a Failure, exit status 2, where none or several fit.
 */
export const findUser = (db: Db, text: string, gone = false): Found => find(db, USER, text, gone);

/** The group that `text` means: its name, folded, its id or an external id; otherwise as findUser. */
export const findGroup = (db: Db, text: string, gone = false): Found => find(db, GROUP, text, gone);

function find(db: Db, kind: Kind, text: string, gone: boolean): Found {
  const [, only] = /^id:(\d{1,15})$/.exec(text) ?? [];
  const id = only ?? (/^\d{1,15}$/.test(text) ? text : null);
  const asked = { id: id === null ? null : Number(id), key: only ? null : fold(text), text: only ? null : text };
  let found = db.prepare<[object], Found>(kind.exact).all(asked);
  const fitting = () => found.filter((one) => gone || one.gone === null);
  if (fitting().length === 0 && !only) found = [...found, ...db.prepare<[object], Found>(kind.other).all(asked)];
  const [first, ...more] = fitting();
  if (first !== undefined && more.length === 0) return first;
  if (first !== undefined) throw new Failure('ambiguous', several(kind, text, [first, ...more]), { exit: 2 });
  throw new Failure('not-found', found[0] ? left(kind, found[0]) : none(db, kind, text), { exit: 2 });
}

const SHOWN = 5;

function several(kind: Kind, text: string, found: readonly Found[]): string {
  const those = found.slice(0, SHOWN).map((one) => {
    const gone = one.gone === null ? '' : `, ${kind.gone} ${shortTime(one.gone)} UTC`;
    return `id:${one.id} ${ticked(one.name ?? '')} (${printable(one.source)}${gone})`;
  });
  const rest = found.length > SHOWN ? ` and ${thousands(found.length - SHOWN)} more` : '';
  return `${ticked(text)} fits ${count(found.length, kind.one)}: ${those.join(', ')}${rest}. Give one of these ids.`;
}

function left(kind: Kind, { id, name, gone }: Found): string {
  const [before, after] = kind.before;
  return `The ${kind.one} ${ticked(name ?? '')} was ${kind.gone} on ${shortTime(gone)} UTC; ${before}${id}${after}.`;
}

function none(db: Db, kind: Kind, text: string): string {
  const names = db
    .prepare<[object], string>(kind.names)
    .pluck()
    .iterate({ text: fold(text) });
  const meant = near(text, names);
  const hint = meant === undefined ? `"${kind.parts} TEXT" looks for part of a name` : `did you mean ${ticked(meant)}?`;
  return `There is no ${kind.one} ${ticked(text)} (${kind.called}); ${hint}${meant === undefined ? '.' : ''}`;
}

const ticked = (text: string): string => `\`${printable(text)}\``;
