import { type AccountRow, ATTRIBUTE_LIST } from '../../directory/accounts.ts';
import type { Db } from '../../directory/open.ts';
import { type Extra, STANDARD_ATTRIBUTES, type StandardAttribute } from '../../model/user.ts';
import type { Values } from '../change.ts';
import { NO_ATTRIBUTES } from '../record.ts';

/** An account as the plan makes it. */
export interface LocalPerson {
  id: number;
  /** What its problems hang on: its user at the source, or the account itself, below zero. */
  ref: number;
  active: boolean;
  attributes: Record<StandardAttribute, string | null>;
  custom: Readonly<Record<string, Extra>>;
  source: { name: string; type: string };
}

type Row = AccountRow & { id: number; node: number | null; source: string | null; type: string | null };

interface PlannedStep {
  id: number;
  action: string;
  after: string | null;
  node: number | null;
}

export const PAGE = 1000;
const TODO = `SELECT account FROM temp.local_todo WHERE account > ? ORDER BY account LIMIT ${PAGE}`;
const ACCOUNTS = `SELECT a.id, a.primary_node AS node, s.name AS source, s.type, a.active, a.reason, ${ATTRIBUTE_LIST}
  FROM json_each(?) j CROSS JOIN accounts a ON a.id = j.value LEFT JOIN sources s ON s.id = a.source_id WHERE a.deleted_at IS NULL`;
const INDEX = 'CREATE INDEX IF NOT EXISTS temp.plan_of_object ON plan (object, object_id)';
const NO_INDEX = 'DROP INDEX IF EXISTS temp.plan_of_object';
const STEPS = `SELECT object_id AS id, action, after, node FROM temp.plan
  WHERE object = 'user' AND object_id BETWEEN ? AND ? ORDER BY object_id, seq`;

const LOCAL = { name: 'local', type: 'local' };

/**
 * The accounts in the temporary table `local_todo` as the plan in `temp.plan` makes them, page by page in the order of
 * their ids. Whoever the plan deletes is not among them.
 * @param planned the source whose accounts the plan creates
 */
export function* peoplePlanned(db: Db, planned: { name: string; type: string }): Generator<LocalPerson[]> {
  const todo = db.prepare<[number], number>(TODO).pluck();
  db.exec(INDEX);
  try {
    for (let last = 0; ; ) {
      const ids = todo.all(last);
      const end = ids.at(-1);
      if (end === undefined) return;
      yield page(db, ids, planned);
      last = end;
    }
  } finally {
    db.exec(NO_INDEX);
  }
}

function page(db: Db, ids: readonly number[], planned: { name: string; type: string }): LocalPerson[] {
  const people = new Map<number, LocalPerson>();
  for (const row of db.prepare<[string], Row>(ACCOUNTS).all(JSON.stringify(ids))) people.set(row.id, personOf(row));
  const wanted = new Set(ids);
  const steps = db.prepare<[number, number], PlannedStep>(STEPS).all(ids[0] ?? 0, ids.at(-1) ?? 0);
  for (const { id, action, after, node } of steps) {
    if (!wanted.has(id)) continue;
    if (action === 'delete') people.delete(id);
    else {
      if (action === 'create') people.set(id, newcomer(id, node, planned));
      const person = people.get(id);
      // Written by plan/table.ts.
      if (person && after !== null) follow(person, JSON.parse(after) as Values);
    }
  }
  return [...people.values()].sort((a, b) => a.id - b.id);
}

function personOf(row: Row): LocalPerson {
  const attributes = { ...NO_ATTRIBUTES } as LocalPerson['attributes'];
  for (const name of STANDARD_ATTRIBUTES) attributes[name] = row[name];
  const { id, node, source, type } = row;
  return {
    ...{ id, ref: node ?? -id, active: row.active === 1, attributes },
    // Written by write-objects.ts.
    custom: JSON.parse(row.custom) as LocalPerson['custom'],
    source: source === null ? LOCAL : { name: source, type: type ?? '' },
  };
}

const newcomer = (id: number, node: number | null, source: LocalPerson['source']): LocalPerson => ({
  ...{ id, ref: node ?? -id, active: false, attributes: { ...NO_ATTRIBUTES }, custom: {}, source },
});

/** Brings a person to what one step of the plan says. */
function follow(person: LocalPerson, after: Values): void {
  for (const name of STANDARD_ATTRIBUTES) {
    const value = after[name];
    // Standard attributes are texts.
    if (value !== undefined) person.attributes[name] = value as string | null;
  }
  if (after.attributes !== undefined) {
    const merged = { ...person.custom, ...(after.attributes as LocalPerson['custom']) };
    person.custom = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  }
  if (after.active !== undefined) person.active = after.active === true;
}
