import { fold } from '../directory/names.ts';
import type { Column } from '../report/table.ts';
import { thousands } from '../report/text.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { cutSentence, knownSource, readLimit } from './options.ts';

export interface GroupsOptions extends LookOptions {
  text?: string;
  source?: string;
  limit?: string;
}

/** A row of v1_groups, and how many rows v1_memberships has for it. */
interface Group {
  id: number;
  source: string;
  name: string;
  description: string | null;
  members: number;
}

const FOUND = `FROM v1_groups g WHERE (@source IS NULL OR g.source = @source)
  AND (@text IS NULL OR instr(fold(g.name), @text) OR instr(fold(g.description), @text)
    OR instr(fold(g.external_id), @text))`;
/** Counting members who are not active, who are few, and taking them away spares a look at every member's account;
 * CROSS keeps SQLite from starting at the members. */
const ROWS = `WITH hidden AS MATERIALIZED (SELECT m.group_id, count(*) AS members FROM accounts a
    CROSS JOIN memberships m ON m.account_id = a.id WHERE a.active = 0 GROUP BY m.group_id)
  SELECT g.*, (SELECT count(*) FROM memberships m WHERE m.group_id = g.id)
    - coalesce((SELECT members FROM hidden WHERE group_id = g.id), 0) AS members
  ${FOUND} ORDER BY fold(g.name), g.id LIMIT @limit`;
const TOTAL = `SELECT count(*) ${FOUND}`;

const COLUMNS: readonly Column<Group>[] = [
  { title: 'id', text: (group) => group.id, right: true, whole: true },
  { title: 'name', text: (group) => group.name },
  { title: 'source', text: (group) => group.source },
  { title: 'members', text: (group) => thousands(group.members), right: true, whole: true },
  { title: 'description', text: (group) => group.description },
];

/** Lists groups, in the order of their names, with their active members counted. */
export async function groups(options: GroupsOptions, io: Io): Promise<number> {
  const limit = readLimit(options.limit, 0);
  return look(options, io, (db) => {
    const asked = {
      source: knownSource(db, options.source) ?? null,
      text: options.text === undefined ? null : fold(options.text),
      limit,
    };
    return listing(
      {
        rows: db.prepare<[object], Group>(ROWS).iterate(asked),
        columns: COLUMNS,
        json: (group) => group,
        none: 'No groups.',
        cut: (shown) => cutSentence(limit, shown, () => Number(db.prepare<[object]>(TOTAL).pluck().get(asked))),
      },
      options,
      io,
    );
  });
}
