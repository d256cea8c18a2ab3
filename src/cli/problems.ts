import type { Db } from '../directory/open.ts';
import type { Column } from '../report/table.ts';
import { printable, shortTime } from '../report/text.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { cutSentence, knownSource, readLimit } from './options.ts';

export interface ProblemsOptions extends LookOptions {
  source?: string;
  limit?: string;
}

/** A row of v1_problems, and the name of what it is about where the directory has that. */
interface Problem {
  source: string;
  kind: string;
  object: string;
  object_id: number | null;
  external_id: string | null;
  detail: string;
  since: string | null;
  object_name: string | null;
}

const FOUND = 'FROM v1_problems p WHERE @source IS NULL OR p.source = @source';
const ROWS = `SELECT p.*, CASE p.object WHEN 'user' THEN (SELECT user_name FROM accounts WHERE id = p.object_id)
    WHEN 'group' THEN (SELECT name FROM groups WHERE id = p.object_id) END AS object_name
  ${FOUND} ORDER BY p.since, p.source, p.kind, p.object, p.external_id LIMIT @limit`;
const TOTAL = `SELECT count(*) ${FOUND}`;

const STOPPED = `SELECT name, blocked_plan AS plan FROM v1_sources
  WHERE blocked_plan IS NOT NULL AND (@source IS NULL OR name = @source) ORDER BY name`;

const COLUMNS: readonly Column<Problem>[] = [
  { title: 'kind', text: (problem) => problem.kind, style: () => 'yellow', whole: true },
  { title: 'object', text: (problem) => objectOf(problem) },
  { title: 'source', text: (problem) => problem.source },
  { title: 'since (UTC)', text: (problem) => shortTime(problem.since), whole: true },
  { title: 'detail', text: (problem) => problem.detail },
];

/** Lists what the last passes left alone, the newest last. */
export async function problems(options: ProblemsOptions, io: Io): Promise<number> {
  const limit = readLimit(options.limit, 0);
  return look(options, io, (db) => {
    const asked = { source: knownSource(db, options.source) ?? null, limit };
    const waiting = stopped(db, asked.source);
    return listing(
      {
        rows: db.prepare<[object], Problem>(ROWS).iterate(asked),
        columns: COLUMNS,
        json: (problem) => problem,
        none: waiting === null ? 'No problems.' : 'No problems beside this:',
        note: () => waiting,
        cut: (shown) => cutSentence(limit, shown, () => Number(db.prepare<[object]>(TOTAL).pluck().get(asked))),
      },
      options,
      io,
    );
  });
}

/** A plan that waits holds up a whole source, and is no row of v1_problems. */
function stopped(db: Db, source: string | null): string | null {
  const waiting = db.prepare<[object], { name: string; plan: string }>(STOPPED).all({ source });
  const lines = waiting.map(
    ({ name, plan }) =>
      `${printable(name)}: plan ${plan} is stopped by a limit and waits for a decision; "rosterd plan --offline --source ${printable(name)}" shows it.`,
  );
  return lines.length > 0 ? lines.join('\n') : null;
}

const objectOf = ({ object, object_name, external_id }: Problem): string =>
  [object, object_name ?? external_id]
    .filter((part) => part !== null)
    .map(printable)
    .join(' ');
