import type { Extra as Value } from '../model/user.ts';
import type { Change, Explanation } from '../sync/explain/explained.ts';
import { count, NO_PEOPLE, printable, quoted, shortTime, thousands } from './text.ts';

/** Columns of the directory that say nothing beside the rest, or are told elsewhere. */
const TOLD = new Set(['id', 'source', 'external_id', 'user_key', 'active', 'inactive_reason']);
/** How many groups are told unless all are asked for. */
const GROUPS = 20;

/** Everything that is known of one user or group, for people; `all` leaves nothing out. */
export function* explanationReport(one: Explanation, all: boolean): Generator<string> {
  const { directory, mirror, groups, rules, blocked, problems, changes } = one;
  yield `${headline(one)}`;
  yield `  ${printable(one.verdict)}`;
  if (blocked && blocked.would.length > 0) {
    yield `  Plan ${blocked.plan} waits for an approval and would ${blocked.would.join(' and ')}: "rosterd plan --offline" shows it.`;
  } else if (blocked) {
    yield `  Plan ${blocked.plan} of this source waits for an approval; nothing but what the identity provider disables is applied until then.`;
  }
  for (const problem of problems) yield `  ! ${printable(problem)}`;
  if (mirror) {
    const read = mirror.readAt === null ? 'never listed as a whole' : `read ${shortTime(mirror.readAt)} UTC`;
    yield* section(`At the identity provider (${read}, changed ${shortTime(mirror.changedAt) || 'never'})`, [
      ...(mirror.active === undefined ? [] : [['active', activeWord(mirror.active)] as const]),
      ...Object.entries(mirror.attributes).map(([name, value]) => [name, shown(value)] as const),
      ...(mirror.otherMembers ? [['other members', `${thousands(mirror.otherMembers)} ${NO_PEOPLE}`] as const] : []),
    ]);
  }
  if (groups.length > 0) {
    yield one.object === 'user'
      ? '  Groups at the identity provider, nested ones included'
      : '  Groups that contain it';
    for (const { name, path } of all ? groups : groups.slice(0, GROUPS)) {
      const way = path.length > 1 ? `  through ${path.slice(0, -1).map(printable).join(' > ')}` : '';
      yield `    ${printable(name)}${way}`;
    }
    if (!all && groups.length > GROUPS) yield `    … and ${groups.length - GROUPS} more; --all shows them`;
  }
  yield* section(
    'Rules',
    rules.map(({ rule, expression, value, failure }) => [
      rule,
      `${failure === null ? shown(value) : `no answer: ${printable(failure)}`}    ${oneLine(expression)}`,
    ]),
  );
  if (directory) {
    const set = Object.entries(directory).filter(([name, value]) => !TOLD.has(name) && value !== null);
    yield* section('In the directory', [
      ...set.flatMap(([name, value]) => rowsOf(name, value)),
      ...(one.members === undefined ? [] : [['members', String(one.members)] as const]),
    ]);
  }
  if (changes.length > 0) {
    yield '  Last changes';
    for (const change of changes) yield `    ${changeLine(change)}`;
  }
}

function headline({ object, source, externalId, directory, mirror }: Explanation): string {
  const name =
    directory?.user_name ?? directory?.name ?? mirror?.attributes.userName ?? mirror?.attributes.name ?? externalId;
  const state = directory === null ? `no ${object === 'user' ? 'account' : 'group'}` : stateOf(object, directory);
  const id = externalId === null ? '' : `, ${printable(externalId)} there`;
  return `${object} ${printable(String(name ?? ''))}: ${state}; source ${printable(source)}${id}`;
}

function stateOf(object: string, { id, active, inactive_reason }: Readonly<Record<string, unknown>>): string {
  if (object === 'group') return `group ${id}`;
  return `account ${id}, ${active === 1 ? 'active' : `inactive (${String(inactive_reason)})`}`;
}

function* section(title: string, rows: readonly (readonly [string, string])[]): Generator<string> {
  if (rows.length === 0) return;
  yield `  ${title}`;
  const width = Math.min(32, Math.max(...rows.map(([name]) => name.length)));
  for (const [name, text] of rows) yield `    ${printable(name).padEnd(width)}  ${text}`;
}

function rowsOf(name: string, value: unknown): (readonly [string, string])[] {
  if (name === 'attributes' && typeof value === 'object' && value !== null) {
    // Custom attributes, written from values of rules.
    return Object.entries(value).map(([custom, one]) => [custom, shown(one as Value)] as const);
  }
  return [[name, name.endsWith('_at') ? `${shortTime(String(value))} UTC` : shown(value as Value)]];
}

const activeWord = (active: boolean | null) => (active === null ? 'not said' : active ? 'yes' : 'no');
const oneLine = (text: string) => printable(text.trim().replaceAll(/\s*\n\s*/g, ' '));

function shown(value: Value): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return quoted(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  return Array.isArray(value) ? printable(JSON.stringify(value)) : String(value);
}

function changeLine({ run, at, action, reason, rule, actor, message, before, after }: Change): string {
  const why = `${reason}${rule === null ? '' : `, ${rule}`}`;
  const fields = Object.keys({ ...(before as object | null), ...(after as object | null) });
  const what = action === 'update' || action === 'rename' ? ` ${fields.join(', ')}` : '';
  const who = message === null ? '' : `, by ${printable(actor)}: ${printable(message)}`;
  return `run ${run}  ${shortTime(at)} UTC  ${action}${printable(what)} (${why})${who}`;
}

/** Where a text may mean several, each on a line. */
export const candidateLine = (
  object: string,
  id: number | null,
  ext: string | null,
  name: string | null,
  source: string,
) =>
  `  ${object} ${printable(name ?? '')} (source ${printable(source)}${ext === null ? '' : `, ${printable(ext)}`}${id === null ? `, no ${object === 'user' ? 'account' : 'group'}` : `, id:${id}`})`;

/** `3 users and groups`. */
export const candidates = (figure: number): string => count(figure, 'user or group', 'users and groups');
