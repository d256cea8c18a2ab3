import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { change, type Wanted } from '../change.ts';
import { nameFault } from '../shape.ts';
import type { Shaper } from '../shaper.ts';
import type { Holders } from './holders.ts';
import { nameRemedy } from './name-remedy.ts';
import type { People } from './people.ts';
import { remedyOf } from './remedy.ts';
import { nextId, type PlanTable } from './table.ts';
import { newcomerRows, wantedOf } from './user-rows.ts';

/** Plans accounts for the users in `todo` who have none, and gives them their ids, in the order of the users' ids. */
export function planNewcomers(db: Db, plan: PlanTable, people: People, holders: Holders, shaper: Shaper): void {
  let id = nextId(db, 'accounts');
  for (const row of newcomerRows(db)) {
    const wanted = wantedOf(row, plan, shaper);
    // Whoever a rule cannot tell about gets no account; what stands in the way was raised.
    if (wanted.is !== 'in' || wanted.failed.length > 0) continue;
    const [creation] = change(null, wanted, 'deactivate');
    if (!creation) continue;
    const name = freeName(wanted, holders);
    const first = wanted.attributes.userName ?? null;
    if (name === null) {
      const fault = nameFault(first);
      if (fault !== null) {
        plan.problem(
          'user-name-invalid',
          'user',
          row.node,
          `No account was made: the user name that it should have cannot be used: ${fault}. ${remedyOf(shaper)}`,
        );
      } else {
        plan.problem(
          'user-name-conflict',
          'user',
          row.node,
          `No account was made: the user name \`${first}\` is ${holders.describe(fold(first ?? ''))}. ${nameRemedy(db, holders, fold(first ?? ''), row.ext)}`,
        );
      }
      continue;
    }
    const key = fold(name);
    holders.move(null, key, id);
    const after = { ...creation.after, userName: name };
    plan.add({ ...creation, after, object: 'user', id, name, related: null, node: row.node, key });
    people.joins(row.node, id);
    const { manager } = wanted.attributes;
    if (manager != null) people.managers.set(id, manager);
    id++;
  }
}

/** The first name to try that can be used and that nobody holds; null where there is none. */
function freeName({ attributes, others }: Extract<Wanted, { is: 'in' }>, holders: Holders): string | null {
  const free = (name: string | null | undefined) =>
    name != null && nameFault(name) === null && holders.of(fold(name)) === undefined;
  if (free(attributes.userName)) return attributes.userName ?? null;
  for (const name of others?.values(holders.reached) ?? []) if (free(name)) return name;
  return null;
}
