import type { Statement } from 'better-sqlite3';
import type { Db } from '../directory/open.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Column } from '../report/table.ts';
import { shortTime } from '../report/text.ts';
import { ACTIONS, type Change, sentence, styleOf } from './change-text.ts';
import { findGroup, findUser } from './find.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { knownSource, readLimit, readWhole, readWord, usage } from './options.ts';
import { readSpan } from './times.ts';

export interface ChangesOptions extends LookOptions {
  user?: string;
  group?: string;
  run?: string;
  since?: string;
  until?: string;
  action?: string;
  source?: string;
  limit?: string;
}

/** Each asks v1_changes for what an index of the tables behind it answers. */
const VIEW = {
  all: 'SELECT * FROM v1_changes',
  user: `SELECT * FROM v1_changes WHERE object = 'user' AND object_id = @user
    UNION ALL SELECT * FROM v1_changes WHERE object = 'membership' AND related_id = @user`,
  group: `SELECT * FROM v1_changes WHERE object = 'group' AND object_id = @group
    UNION ALL SELECT * FROM v1_changes WHERE object = 'membership' AND object_id = @group
    UNION ALL SELECT * FROM v1_changes WHERE object = 'nesting' AND (object_id = @group OR related_id = @group)`,
  pair: "SELECT * FROM v1_changes WHERE object = 'membership' AND object_id = @group AND related_id = @user",
};

/** Of one run, memberships last: they have no id. */
const ORDER = 'run_id, id IS NULL, id, object_id, related_id, action';
const DESCENDING = ORDER.split(', ').map((term) => `${term} DESC`).join(', '); // biome-ignore format: one line
const rows = (view: string, newest: boolean) => `SELECT c.*, CASE c.object
    WHEN 'membership' THEN (SELECT user_name FROM accounts WHERE id = c.related_id)
    WHEN 'nesting' THEN (SELECT name FROM groups WHERE id = c.related_id) END AS related_name
  FROM (SELECT * FROM (${view}) WHERE run_id BETWEEN @first AND @last
      AND (@source IS NULL OR source = @source) AND (@action IS NULL OR action = @action)
      AND (@since IS NULL OR at >= @since) AND (@until IS NULL OR at < @until)
    ${newest ? `ORDER BY ${DESCENDING} LIMIT @limit` : ''}) c
  ORDER BY ${ORDER}`;

const COLUMNS: readonly Column<Change>[] = [
  { title: 'run', text: (change) => change.run_id, right: true, whole: true },
  { title: 'at (UTC)', text: (change) => shortTime(change.at), whole: true },
  { title: 'source', text: (change) => change.source },
  { title: 'reason', text: ({ reason, rule }) => (rule === null ? reason : `${reason} (${rule})`) },
  { title: 'change', text: sentence, style: styleOf },
];

/** Lists what was changed, when and why, the newest last. */
export async function changes(options: ChangesOptions, io: Io, clock: Clock = systemClock): Promise<number> {
  const limit = readLimit(options.limit, 100);
  const action = readWord('--action', options.action, ACTIONS) ?? null;
  const span = readSpan(options, clock.now());
  const run = readWhole('--run', options.run);
  return look(options, io, (db) => {
    const user = options.user === undefined ? undefined : findUser(db, options.user, true).id;
    const group = options.group === undefined ? undefined : findGroup(db, options.group, true).id;
    const view = group === undefined ? (user === undefined ? 'all' : 'user') : user === undefined ? 'group' : 'pair';
    const runs = run === undefined ? runsIn(db, span) : oneRun(db, run);
    const asked = { user, group, source: knownSource(db, options.source) ?? null, action, ...span, ...runs, limit };
    const found = db.prepare<[object], Change>(rows(VIEW[view], limit >= 0));
    const newest = limit < 0 ? null : newestOf(db, found, asked, view === 'all' && run === undefined);
    return listing(
      {
        rows: newest === null ? found.iterate(asked) : newest.slice(-limit),
        columns: COLUMNS,
        json: parsed,
        none: 'No changes.',
        // How many there are would take as long as showing them.
        cut: () => (newest && newest.length > limit ? '… and earlier ones; --limit 0 shows all' : null),
      },
      options,
      io,
    );
  });
}

interface Runs {
  first: number;
  last: number;
}

function oneRun(db: Db, run: number): Runs {
  const last = db.prepare<[], number>('SELECT max(id) FROM runs').pluck().get() ?? 0;
  if (db.prepare('SELECT 1 FROM runs WHERE id = ?').get(run)) return { first: run, last: run };
  throw usage(`--run: there is no run ${run}; the last one is ${last}.`);
}

/** The runs that may have made changes in that time: a change is as old as the end of its run. */
const RUNS = `SELECT coalesce(min(id) FILTER (WHERE @since IS NULL OR finished_at IS NULL OR finished_at >= @since), 1)
    AS first, coalesce(max(id) FILTER (WHERE @until IS NULL OR started_at < @until), 0) AS last FROM runs`;
const runsIn = (db: Db, span: object): Runs => db.prepare<[object], Runs>(RUNS).get(span) ?? { first: 1, last: 0 };

/** At least so many changes each run made. */
const MADE = `SELECT id, created + updated + deactivated + reactivated + deleted + groups_changed + members_added
    + members_removed AS made FROM runs WHERE id BETWEEN @first AND @last ORDER BY id DESC`;

/**
 * The newest changes, one more than the limit where there are more. All of them in the order of time would be millions
 * to sort, so the newest runs are looked at first, and ten times as much whenever that was too little.
 */
function newestOf(
  db: Db,
  found: Statement<[object], Change>,
  asked: Runs & { limit: number },
  stepwise: boolean,
): Change[] {
  const starts: number[] = [];
  let wanted = asked.limit + 1;
  let made = 0;
  if (stepwise) {
    for (const run of db.prepare<[object], { id: number; made: number }>(MADE).iterate(asked)) {
      if ((made += run.made) < wanted) continue;
      starts.push(run.id);
      wanted *= 10;
    }
  }
  starts.push(asked.first);
  let newest: Change[] = [];
  for (const first of starts) {
    newest = found.all({ ...asked, first, limit: asked.limit + 1 });
    if (newest.length > asked.limit) break;
  }
  return newest;
}

const parsed = (change: Change): object => ({
  ...change,
  before: change.before === null ? null : JSON.parse(change.before),
  after: change.after === null ? null : JSON.parse(change.after),
});
