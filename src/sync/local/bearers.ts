import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';

/** The synced groups that the directory shows, at one moment. */
export interface Bearers {
  /** The group that has that id, else the one that bears that name, upper and lower case alike. */
  find(nameOrId: string): number | undefined;
  nameOf(group: number): string | undefined;
  names(): string[];
}

interface Row {
  id: number;
  name: string;
  shown: number;
}

const GROUPS = 'SELECT id, name, removed_at IS NULL AS shown FROM groups WHERE source_id IS NOT NULL';
const PLANNED = `SELECT object_id AS id, action, json_extract(after, '$.name') AS name FROM temp.plan WHERE object = 'group' ORDER BY seq`;

/** The groups as they are. */
export function bearersNow(db: Db): Bearers {
  return bearersOf(db.prepare<[], Row>(GROUPS).all());
}

/** The groups as the plan in `temp.plan` makes them. */
export function bearersPlanned(db: Db): Bearers {
  const rows = new Map(
    db
      .prepare<[], Row>(GROUPS)
      .all()
      .map((row) => [row.id, row]),
  );
  const steps = db.prepare<[], { id: number; action: string; name: string | null }>(PLANNED).all();
  for (const { id, action, name } of steps) {
    const row = rows.get(id) ?? { id, name: '', shown: 1 };
    if (name !== null) row.name = name;
    if (action === 'remove') row.shown = 0;
    else if (action === 'return') row.shown = 1;
    rows.set(id, row);
  }
  return bearersOf([...rows.values()]);
}

function bearersOf(rows: readonly Row[]): Bearers {
  const names = new Map(rows.filter(({ shown }) => shown === 1).map(({ id, name }) => [id, name]));
  let byName: Map<string, number> | undefined;
  return {
    find: (nameOrId) => {
      const id = /^[1-9]\d{0,14}$/.test(nameOrId) ? Number(nameOrId) : undefined;
      if (id !== undefined && names.has(id)) return id;
      byName ??= new Map([...names].map(([group, name]) => [fold(name), group]));
      return byName.get(fold(nameOrId));
    },
    nameOf: (group) => names.get(group),
    names: () => [...names.values()],
  };
}
