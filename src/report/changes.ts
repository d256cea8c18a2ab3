import type { Db } from '../directory/open.ts';
import { LOCAL } from '../model/local.ts';
import { count, printable, quoted } from './text.ts';

/** One line of a plan: what happens to one user, one group, or to the members of one group. */
export interface Entry {
  sign: '+' | '~' | '-';
  object: 'user' | 'group' | 'member';
  name: string;
  detail: string;
  /** How many changes the line stands for. */
  changes: number;
}

interface Row {
  id: number;
  object_id: number;
  object_name: string | null;
  action: string;
  reason: string;
  before: string | null;
  after: string | null;
}

type Values = Record<string, unknown>;

const OBJECTS = `SELECT c.id, c.object_id, c.object_name, c.action, c.reason, c.before, c.after FROM v1_changes c
  WHERE c.run_id = ? AND c.object = ? ORDER BY c.object_id, c.id`;
const MEMBERS = `SELECT c.action, c.source, c.object_id, c.object_name AS grp, coalesce(u.user_name, 'account ' || c.related_id) AS member
  FROM v1_changes c LEFT JOIN v1_users u ON u.id = c.related_id
  WHERE c.run_id = ? AND c.object = 'membership' ORDER BY c.object_name, c.object_id, c.action, member`;

/** What one run changed, as lines like a diff's: users, then groups, then members by group. */
export function* entries(db: Db, runId: number, options: { all: boolean }): Generator<Entry> {
  for (const object of ['user', 'group'] as const) {
    const rows = db.prepare<[number, string], Row>(OBJECTS).iterate(runId, object);
    let same: Row[] = [];
    for (const row of rows) {
      if (same[0] && same[0].object_id !== row.object_id) {
        yield* entry(object, same);
        same = [];
      }
      same.push(row);
    }
    yield* entry(object, same);
  }
  yield* memberEntries(db, runId, options.all);
}

/** The lines for what happens to one user or group. */
function* entry(object: 'user' | 'group', rows: readonly Row[]): Generator<Entry> {
  const [first] = rows;
  if (!first) return;
  let sign: Entry['sign'] = '~';
  const details: string[] = [];
  let name = first.object_name ?? '';
  for (const row of rows) {
    const before = values(row.before);
    const after = values(row.after);
    if (row.action === 'create') {
      sign = '+';
      name = String(after.userName ?? after.name ?? name);
      details.push(...created(after));
    } else if (row.action === 'reactivate' || row.action === 'return') {
      sign = '+';
      details.push('comes back');
    } else if (row.action === 'deactivate' || row.action === 'remove' || row.action === 'delete') {
      sign = '-';
      details.push(`${GOING[row.action]}, ${row.reason}`);
    } else details.push(...differences(before, after));
  }
  if (details.length === 0 && sign === '~') return;
  yield { sign, object, name: printable(name), detail: details.join('; '), changes: rows.length };
}

const GOING = { deactivate: 'deactivated', remove: 'removed', delete: 'deleted' } as const;

/** The few attributes that tell people apart. */
function created(after: Values): string[] {
  const telling = [after.displayName, after.email, after.department, after.description];
  const texts = telling.filter((value): value is string => typeof value === 'string');
  return texts.length === 0 ? [] : [texts.map(printable).join(', ')];
}

function differences(before: Values, after: Values): string[] {
  return Object.keys(after)
    .filter((key) => key !== 'holdsName')
    .map((key) => `${key}: ${shown(before[key])} -> ${shown(after[key])}`);
}

const shown = (value: unknown) => (typeof value === 'string' ? quoted(value) : value == null ? 'none' : String(value));

// Written by sync/plan/table.ts.
const values = (text: string | null): Values => (text === null ? {} : (JSON.parse(text) as Values));

const SIGNS: Readonly<Record<string, Entry['sign']>> = { add: '+', drop: '-', update: '~' };
const NAMES_A_LINE = 5;

function* memberEntries(db: Db, runId: number, all: boolean): Generator<Entry> {
  type Member = { action: string; source: string; object_id: number; grp: string | null; member: string };
  let line:
    | { key: string; sign: Entry['sign']; ways: string; name: string; members: string[]; changes: number }
    | undefined;
  const end = (): Entry[] => {
    if (!line) return [];
    const more = line.changes - line.members.length;
    const names = `${line.members.join(', ')}${more > 0 ? ` and ${count(more, 'more', 'more')}` : ''}`;
    const detail = line.sign === '~' ? `${names} (${line.ways} only)` : names;
    return [{ sign: line.sign, object: 'member', name: line.name, detail, changes: line.changes }];
  };
  for (const row of db.prepare<[number], Member>(MEMBERS).iterate(runId)) {
    const key = `${row.action} ${row.object_id}`;
    if (line?.key !== key) {
      yield* end();
      const ways = row.source === LOCAL ? 'by hand or by rule' : 'direct or nested';
      line = { key, sign: SIGNS[row.action] ?? '~', ways, name: printable(row.grp ?? ''), members: [], changes: 0 };
    }
    line.changes++;
    if (all || line.members.length < NAMES_A_LINE) line.members.push(printable(row.member));
  }
  yield* end();
}
