import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { change } from '../change.ts';
import { nameFault } from '../shape.ts';
import type { Holders } from './holders.ts';
import type { People } from './people.ts';
import { nextId, type PlanTable } from './table.ts';
import { newcomerRows, wantedOf } from './user-rows.ts';

/** Plans accounts for the users in `todo` who have none, and gives them their ids, in the order of the users' ids. */
export function planNewcomers(db: Db, plan: PlanTable, people: People, holders: Holders): void {
  let id = nextId(db, 'accounts');
  for (const row of newcomerRows(db)) {
    const wanted = wantedOf(row, plan);
    if (wanted.is !== 'in') continue;
    const [creation] = change(null, wanted, 'deactivate');
    if (!creation) continue;
    const name = wanted.attributes.userName;
    const fault = nameFault(name);
    if (fault !== null || name === null) {
      plan.problem(
        'user-name-invalid',
        'user',
        row.node,
        `No account was made: the user name at the source cannot be used: ${fault}. Change it at the identity provider.`,
      );
      continue;
    }
    const key = fold(name);
    if (holders.of(key) !== undefined) {
      plan.problem(
        'user-name-conflict',
        'user',
        row.node,
        `No account was made: the user name \`${name}\` is ${holders.describe(key)}. Rename one of the two at the identity provider.`,
      );
      continue;
    }
    holders.move(null, key, id);
    plan.add({ ...creation, object: 'user', id, name, related: null, node: row.node, key });
    people.joins(row.node, id);
    if (wanted.attributes.manager !== null) people.managers.set(id, wanted.attributes.manager);
    id++;
  }
}
