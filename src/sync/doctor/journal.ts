import { ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import { STANDARD_ATTRIBUTES } from '../../model/user.ts';
import type { Look } from './doctor.ts';

type Values = Record<string, unknown>;

interface Change {
  object: 'user' | 'group';
  id: number;
  run: number;
  action: string;
  before: string | null;
  after: string | null;
}

const CHANGES = `SELECT object, object_id AS id, run_id AS run, action, before, after FROM journal
  WHERE object IN ('group', 'user') ORDER BY object, object_id, id`;
const USER = `SELECT a.active, a.reason AS inactiveReason, a.name_key IS NOT NULL AS holdsName, a.deleted_at AS deleted, ${ATTRIBUTE_LIST}
  FROM accounts a WHERE a.id = ?`;
const GROUP =
  'SELECT name, description, removed_at IS NOT NULL AS removed, name_key IS NOT NULL AS holdsName FROM groups WHERE id = ?';
const UNTOLD = `SELECT 'account ' || id || ' ' || coalesce(user_name, '') FROM accounts a
    WHERE NOT EXISTS (SELECT 1 FROM journal WHERE object = 'user' AND object_id = a.id AND action = 'create')
  UNION ALL SELECT 'group ' || id || ' ' || name FROM groups g
    WHERE NOT EXISTS (SELECT 1 FROM journal WHERE object = 'group' AND object_id = g.id AND action = 'create')`;
const NESTING = `WITH told AS (SELECT object_id AS parent_id, related_id AS child_id, sum(CASE action WHEN 'add' THEN 1 ELSE -1 END) AS n
    FROM journal WHERE object = 'nesting' GROUP BY 1, 2)
  SELECT 'group ' || parent_id || ' holds group ' || child_id || ': ' || CASE WHEN n IN (0, 1) THEN 'what it is now' ELSE 'a change' END
  FROM (SELECT parent_id, child_id, n FROM told
    WHERE n <> EXISTS (SELECT 1 FROM group_nesting g WHERE g.parent_id = told.parent_id AND g.child_id = told.child_id)
    UNION ALL SELECT parent_id, child_id, 0 FROM group_nesting g WHERE NOT EXISTS
      (SELECT 1 FROM told WHERE told.parent_id = g.parent_id AND told.child_id = g.child_id))`;

/** What is told of an object at its creation, where the journal leaves it out. */
const BORN: Readonly<Record<Change['object'], Values>> = {
  user: {
    ...Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, null])),
    ...{ managerId: null, active: 1, inactiveReason: null, holdsName: 1 },
  },
  group: { description: null, removed: 0, holdsName: 1 },
};

/**
 * That the journal inverts: the changes of each object, from its creation on, follow from one another (what one says was
 * before is what the one before it left), and the last one leaves what is there. Then taking runs back, one after the
 * other, gives every directory that there ever was. Memberships need no such look: their journal is their history.
 */
export const journal: Look = {
  name: 'journal',
  holds:
    'From the journal alone every change can be taken back: each follows from the one before, the last gives what is there.',
  *faults(db) {
    const stored = { user: db.prepare<[number], Values>(USER), group: db.prepare<[number], Values>(GROUP) };
    let at: Story | null = null;
    for (const change of db.prepare<[], Change>(CHANGES).iterate()) {
      if (at && (at.object !== change.object || at.id !== change.id)) {
        yield* ending(at, stored[at.object].get(at.id));
        at = null;
      }
      at ??= { object: change.object, id: change.id, values: null, faults: [] };
      follow(at, change);
    }
    if (at) yield* ending(at, stored[at.object].get(at.id));
    for (const sql of [UNTOLD, NESTING]) yield* untold(db, sql);
  },
};

/** One object, as its changes tell it so far; null before its creation and after its deletion. */
interface Story {
  object: Change['object'];
  id: number;
  values: Values | null;
  faults: string[];
}

function follow(story: Story, { run, action, before, after }: Change): void {
  const { object } = story;
  const was = story.values;
  if ((action === 'create') !== (was === null)) {
    story.faults.push(`run ${run} has ${action === 'create' ? 'a second creation' : `${action} of what was not made`}`);
    if (was === null) story.values = { ...BORN[object] };
  }
  if (was !== null && action !== 'create') {
    for (const [name, value] of told(before)) {
      if (name === 'attributes') {
        for (const [own, old] of Object.entries(custom(value)))
          if (differs(old, custom(was.attributes)[own] ?? null))
            story.faults.push(`run ${run} says that ${own} was another`);
      } else if (name in BORN[object] || name === 'name') {
        if (differs(value, was[name])) story.faults.push(`run ${run} says that ${name} was another`);
      }
    }
  }
  if (action === 'delete') story.values = null;
  else story.values = patched(object, action === 'create' ? null : story.values, after);
}

function patched(object: Change['object'], was: Values | null, after: string | null): Values {
  const now: Values = { ...(was ?? BORN[object]) };
  const changes = told(after);
  // Whoever gets another name holds it.
  if (changes.some(([name]) => name === 'userName' || name === 'name')) now.holdsName = 1;
  for (const [name, value] of changes) {
    now[name] = name === 'attributes' ? { ...custom(now.attributes), ...custom(value) } : value;
  }
  return now;
}

/** What differs between what the changes tell and what is there. */
function* ending({ object, id, values, faults }: Story, stored: Values | undefined): Generator<string> {
  const what = `${object === 'user' ? 'account' : 'group'} ${id} ${stored?.userName ?? stored?.name ?? ''}`.trim();
  for (const fault of faults) yield `${what}: ${fault}`;
  const gone = stored === undefined || (object === 'user' && stored.deleted !== null);
  if (values === null || gone) {
    if ((values === null) !== gone) yield `${what}: ${gone ? 'it is not there' : 'it was deleted, and is there'}`;
    return;
  }
  for (const name of [...Object.keys(BORN[object]), ...(object === 'group' ? ['name'] : [])]) {
    if (differs(values[name], stored[name])) yield `${what}: ${name} is another than the last change left`;
  }
  if (object === 'user' && differs(set(custom(values.attributes)), set(JSON.parse(String(stored.custom)))))
    yield `${what}: the custom attributes are others than the last change left`;
}

function* untold(db: Db, sql: string): Generator<string> {
  for (const line of db.prepare<[], string>(sql).pluck().iterate()) yield `${line}: the journal does not tell it`;
}

/** Written by the stages of passes and by edits by hand: an object of plain values. */
const told = (json: string | null): [string, unknown][] =>
  json === null ? [] : Object.entries(JSON.parse(json) as Values).map(([name, value]) => [name, number(value)]);
const number = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value);
const custom = (value: unknown): Values => (typeof value === 'object' && value !== null ? { ...value } : {});
const set = (values: Values): [string, unknown][] =>
  Object.entries(values)
    .filter(([, value]) => value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
const differs = (a: unknown, b: unknown): boolean => a !== b && JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
