import { type Clock, systemClock } from '../model/clock.ts';
import type { Outcome } from '../model/words.ts';
import type { Column, Style } from '../report/table.ts';
import { duration, shortTime, thousands } from '../report/text.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { cutSentence, knownSource, readLimit, readWord } from './options.ts';
import { readSpan } from './times.ts';

export interface RunsOptions extends LookOptions {
  source?: string;
  outcome?: string;
  since?: string;
  until?: string;
  limit?: string;
}

/** A row of v1_runs. */
interface Run {
  id: number;
  source: string;
  mode: string;
  trigger: string;
  started_at: string;
  finished_at: string | null;
  outcome: Outcome;
  created: number;
  updated: number;
  deactivated: number;
  reactivated: number;
  deleted: number;
  groups_changed: number;
  members_added: number;
  members_removed: number;
  problems: number;
  message: string | null;
}

const FOUND = `FROM v1_runs WHERE (@source IS NULL OR source = @source) AND (@outcome IS NULL OR outcome = @outcome)
  AND (@since IS NULL OR started_at >= @since) AND (@until IS NULL OR started_at < @until)`;
const ROWS = `SELECT * FROM (SELECT * ${FOUND} ORDER BY id DESC LIMIT @limit) ORDER BY id`;
const TOTAL = `SELECT count(*) ${FOUND}`;

const STYLES: Readonly<Record<Outcome, Style | undefined>> = {
  running: 'cyan',
  ok: 'green',
  unchanged: undefined,
  failed: 'red',
  blocked: 'yellow',
  cancelled: 'yellow',
  interrupted: 'red',
};

const COLUMNS: readonly Column<Run>[] = [
  { title: 'run', text: (run) => run.id, right: true, whole: true },
  { title: 'source', text: (run) => run.source },
  { title: 'mode', text: (run) => run.mode },
  { title: 'trigger', text: (run) => run.trigger },
  { title: 'started (UTC)', text: (run) => shortTime(run.started_at), whole: true },
  { title: 'took', text: took, right: true, whole: true },
  { title: 'outcome', text: (run) => run.outcome, style: (run) => STYLES[run.outcome], whole: true },
  { title: 'changed', text: changed, whole: true },
  { title: 'problems', text: (run) => run.problems || null, right: true, whole: true },
  { title: 'message', text: (run) => run.message },
];

/** Lists runs, the newest last. */
export async function runs(options: RunsOptions, io: Io, clock: Clock = systemClock): Promise<number> {
  const limit = readLimit(options.limit, 100);
  const outcome = readWord('--outcome', options.outcome, STYLES) ?? null;
  const span = readSpan(options, clock.now());
  return look(options, io, (db) => {
    const asked = { source: knownSource(db, options.source) ?? null, outcome, ...span, limit };
    return listing(
      {
        rows: db.prepare<[object], Run>(ROWS).iterate(asked),
        columns: COLUMNS,
        json: (run) => run,
        none: 'No runs.',
        cut: (shown) => cutSentence(limit, shown, () => Number(db.prepare<[object]>(TOTAL).pluck().get(asked))),
      },
      options,
      io,
    );
  });
}

function took({ started_at, finished_at }: Run): string | null {
  return finished_at === null ? null : duration(Date.parse(finished_at) - Date.parse(started_at));
}

/** Accounts that came, changed and went, then groups, then memberships, as `+12 ~3 -1, groups ~2, members +40 -2`. */
function changed(run: Run): string | null {
  const accounts = signs(run.created + run.reactivated, run.updated, run.deactivated + run.deleted);
  const groups = signs(0, run.groups_changed, 0);
  const members = signs(run.members_added, 0, run.members_removed);
  const parts = [accounts, groups && `groups ${groups}`, members && `members ${members}`];
  return parts.filter((part) => part !== '').join(', ');
}

const signs = (more: number, other: number, fewer: number): string =>
  [more && `+${thousands(more)}`, other && `~${thousands(other)}`, fewer && `-${thousands(fewer)}`]
    .filter(Boolean)
    .join(' ');
