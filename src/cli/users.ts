import { fold } from '../directory/names.ts';
import type { Column } from '../report/table.ts';
import { findGroup } from './find.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { cutSentence, knownSource, readLimit, usage } from './options.ts';
import { stateColumn } from './state.ts';

export interface UsersOptions extends LookOptions {
  text?: string;
  source?: string;
  active?: boolean;
  inactive?: boolean;
  group?: string;
  limit?: string;
}

/** A row of v1_users. */
interface User {
  id: number;
  source: string;
  user_name: string;
  email: string | null;
  display_name: string | null;
  active: number;
  inactive_reason: string | null;
  attributes: string;
}

const FOUND = `FROM v1_users u WHERE (@source IS NULL OR u.source = @source) AND (@active IS NULL OR u.active = @active)
  AND (@group IS NULL OR u.id IN (SELECT user_id FROM v1_memberships WHERE group_id = @group))
  AND (@text IS NULL OR instr(u.user_key, @text) OR instr(fold(u.email), @text) OR instr(fold(u.display_name), @text)
    OR instr(fold(u.external_id), @text))`;
const ROWS = `SELECT u.* ${FOUND} ORDER BY u.user_key LIMIT @limit`;
const TOTAL = `SELECT count(*) ${FOUND}`;

const COLUMNS: readonly Column<User>[] = [
  { title: 'id', text: (user) => user.id, right: true, whole: true },
  { title: 'user name', text: (user) => user.user_name },
  { title: 'name', text: (user) => user.display_name },
  { title: 'email', text: (user) => user.email },
  { title: 'source', text: (user) => user.source },
  stateColumn,
];

/** Lists accounts, in the order of their names. */
export async function users(options: UsersOptions, io: Io): Promise<number> {
  if (options.active && options.inactive) throw usage('--active and --inactive exclude each other: leave out one.');
  if (options.inactive && options.group !== undefined) {
    throw usage('--group shows active members only; "rosterd members GROUP --all" shows the others as well.');
  }
  const limit = readLimit(options.limit, 0);
  return look(options, io, (db) => {
    const asked = {
      source: knownSource(db, options.source) ?? null,
      active: options.active ? 1 : options.inactive ? 0 : null,
      group: options.group === undefined ? null : findGroup(db, options.group).id,
      text: options.text === undefined ? null : fold(options.text),
      limit,
    };
    return listing(
      {
        rows: db.prepare<[object], User>(ROWS).iterate(asked),
        columns: COLUMNS,
        json: (user) => ({ ...user, attributes: JSON.parse(user.attributes) }),
        none: 'No users.',
        cut: (shown) => cutSentence(limit, shown, () => Number(db.prepare<[object]>(TOTAL).pluck().get(asked))),
      },
      options,
      io,
    );
  });
}
