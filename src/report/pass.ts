import { styleText } from 'node:util';
import type { Db } from '../directory/open.ts';
import { LOCAL } from '../model/local.ts';
import type { PassResult } from '../model/pass.ts';
import { blockedReport } from './blocked.ts';
import { type Entry, entries } from './changes.ts';
import { count, duration, printable, thousands } from './text.ts';

/** How a pass is told to people. */
export interface Telling {
  /** Nothing was kept: say what would be done. */
  dry: boolean;
  /** Every line, instead of the first ones. */
  all: boolean;
  colour: boolean;
  /** What to type before a command, `rosterd` unless a configuration file was named. */
  rosterd?: string;
}

/** How many lines of each kind are printed before "and 1,204 more". */
const LINES: Readonly<Record<Entry['object'], number>> = { user: 20, group: 10, member: 15 };
const PROBLEMS = 10;

function* hidden(printed: ReadonlyMap<Entry['object'], number>, telling: Telling): Generator<string> {
  const more = [...printed].filter(([object, lines]) => !telling.all && lines > LINES[object]);
  if (more.length === 0) return;
  const parts = more.map(([object, lines]) => `${thousands(lines - LINES[object])} more ${object} lines`);
  yield `  … and ${parts.join(', ')}; --all shows them`;
}

interface Figures {
  created: number;
  updated: number;
  deactivated: number;
  reactivated: number;
  deleted: number;
  members_added: number;
  members_removed: number;
}

const FIGURES = `SELECT created, updated, deactivated, reactivated, deleted, members_added, members_removed
  FROM v1_runs WHERE id = ?`;
const GROUPS = `SELECT CASE action WHEN 'rename' THEN 'update' ELSE action END AS action, count(DISTINCT object_id) FROM v1_changes
  WHERE run_id = ? AND object = 'group' GROUP BY 1`;
const GROUP_ACTIONS = [
  ['create', 'to create', 'created'],
  ['return', 'to bring back', 'brought back'],
  ['update', 'to update', 'updated'],
  ['remove', 'to remove', 'removed'],
] as const;
const OPEN = `SELECT p.object, p.detail, coalesce(CASE p.object WHEN 'user' THEN u.user_name ELSE g.name END, p.external_id, '') AS name
   FROM v1_problems p LEFT JOIN v1_users u ON p.object = 'user' AND u.id = p.object_id
     LEFT JOIN v1_groups g ON p.object = 'group' AND g.id = p.object_id
   WHERE p.source = ? ORDER BY p.object DESC, p.kind, name`;

/** The report of one pass, line by line: a summary, then what changed like a good diff, then what was left alone. */
export function* passReport(db: Db, result: PassResult, telling: Telling): Generator<string> {
  yield `${paint(telling, 'bold', result.source)}: ${summary(db, result, telling.dry)}`;
  if (result.outcome === 'failed' || result.outcome === 'cancelled') return;
  if (result.message !== null) yield `  ${printable(result.message)}`;
  if (result.blocked)
    yield* blockedReport(result.source, result.blocked, {
      dry: telling.dry,
      offline: result.requests === 0,
      rosterd: telling.rosterd ?? 'rosterd',
    });
  const printed = new Map<Entry['object'], number>();
  for (const entry of entries(db, result.runId, { all: telling.all })) {
    const before = printed.get(entry.object) ?? 0;
    printed.set(entry.object, before + 1);
    if (telling.all || before < LINES[entry.object]) yield line(entry, telling);
  }
  yield* hidden(printed, telling);
  yield* problems(db, result, telling);
}

function summary(db: Db, result: PassResult, dry: boolean): string {
  if (result.outcome === 'failed') return `failed. ${printable(result.message ?? '')}`;
  if (result.outcome === 'cancelled') return `cancelled. ${result.message}`;
  const parts: string[] = [];
  const part = (figure: number, text: string) => {
    if (figure > 0) parts.push(text);
  };
  const f = db.prepare<[number], Figures>(FIGURES).get(result.runId) ?? NOTHING;
  const groups = new Map(db.prepare<[number], [string, number]>(GROUPS).raw().all(result.runId));
  part(f.created, `${count(f.created, 'account')} ${dry ? 'to create' : 'created'}`);
  part(f.reactivated, `${thousands(f.reactivated)} ${dry ? 'to reactivate' : 'reactivated'}`);
  part(f.updated, `${thousands(f.updated)} ${dry ? 'to update' : 'updated'}`);
  part(f.deactivated, `${thousands(f.deactivated)} ${dry ? 'to deactivate' : 'deactivated'}`);
  part(f.deleted, `${thousands(f.deleted)} ${dry ? 'to delete' : 'deleted'}`);
  for (const [action, doing, done] of GROUP_ACTIONS) {
    const figure = groups.get(action) ?? 0;
    part(figure, `${count(figure, 'group')} ${dry ? doing : done}`);
  }
  part(f.members_added, `${count(f.members_added, 'membership')} ${dry ? 'to add' : 'added'}`);
  part(f.members_removed, `${count(f.members_removed, 'membership')} ${dry ? 'to remove' : 'removed'}`);
  if (result.outcome === 'blocked') {
    parts.unshift('BLOCKED');
  }
  const what = parts.length > 0 ? parts.join(', ') : dry ? 'nothing to do' : 'nothing changed';
  const left = result.problems > 0 ? `; ${count(result.problems, 'problem')}` : '';
  return `${what}${left} (${read(result)})`;
}

const NOTHING: Figures = {
  created: 0,
  updated: 0,
  deactivated: 0,
  reactivated: 0,
  deleted: 0,
  members_added: 0,
  members_removed: 0,
};

function read({ source, seen, requests, took }: PassResult): string {
  if (source === LOCAL) return `${count(seen.users, 'account')} looked at, ${duration(took)}`;
  if (requests === 0) return `from the mirror, ${duration(took)}`;
  // An approval lists nothing: it looks up whoever is missing.
  if (seen.users + seen.groups + seen.members === 0) return `${count(requests, 'request')}, ${duration(took)}`;
  const objects = `${count(seen.users, 'user')}, ${count(seen.groups, 'group')}, ${count(seen.members, 'member')}`;
  return `read ${objects} in ${count(requests, 'request')}, ${duration(took)}`;
}

const COLOURS = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

function line(entry: Entry, telling: Telling): string {
  const text = `${entry.sign} ${entry.object.padEnd(6)} ${entry.name}`;
  return `  ${paint(telling, COLOURS[entry.sign], text)}${entry.detail === '' ? '' : `  ${entry.detail}`}`;
}

function* problems(db: Db, result: PassResult, telling: Telling): Generator<string> {
  if (result.problems === 0) return;
  const rows = db.prepare<[string], { object: string; name: string; detail: string }>(OPEN).all(result.source);
  const shown = telling.all ? rows : rows.slice(0, PROBLEMS);
  for (const { object, name, detail } of shown) {
    yield `  ${paint(telling, 'magenta', `! ${object.padEnd(6)} ${printable(name)}`.trimEnd())}  ${printable(detail)}`;
  }
  if (shown.length < rows.length)
    yield `  … and ${count(rows.length - shown.length, 'more problem')}; --all shows them`;
}

function paint(telling: Telling, style: Parameters<typeof styleText>[0], text: string): string {
  return telling.colour ? styleText(style, text, { validateStream: false }) : text;
}
