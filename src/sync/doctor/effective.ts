import type { Db } from '../../directory/open.ts';
import type { OnMissing } from '../change.ts';
import { planMemberships } from '../plan/memberships.ts';
import { planNesting } from '../plan/nesting.ts';
import { loadPeople } from '../plan/people.ts';
import { loadPlaces } from '../plan/places.ts';
import { planTable } from '../plan/table.ts';
import { listTodo } from '../plan/todo.ts';
import { loadGraph } from '../resolve.ts';
import { mirrorCounts } from '../snapshot-figures.ts';
import type { Look } from './doctor.ts';

interface Applied {
  id: number;
  name: string;
  settings: string;
  counts: string;
}

/** A source whose directory should be what its mirror says: what was read last was applied, and nothing waits. */
const SETTLED = `s.mirror_run IS NOT NULL AND s.mirror_run = s.applied_run AND s.applied_key IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM blocked b WHERE b.source_id = s.id)`;
const APPLIED = `SELECT s.id, s.name, s.applied_key AS settings, s.applied_counts AS counts FROM sources s WHERE ${SETTLED} ORDER BY s.id`;
const UNSETTLED = `SELECT s.name FROM sources s WHERE s.mirror_run IS NOT NULL AND NOT (${SETTLED}) ORDER BY s.name`;

const MEMBERS = `SELECT 'group ' || p.group_id || ' ' || coalesce(g.name, '') || ', account ' || (j.value / 16) || ' ' || coalesce(a.user_name, '') || ': ' ||
    CASE p.change WHEN 'add' THEN 'a member at the source, and not here' WHEN 'drop' THEN 'a member here, and not at the source'
      ELSE 'direct at one of both, and nested at the other' END
  FROM temp.plan_members p CROSS JOIN json_each(p.list) j LEFT JOIN groups g ON g.id = p.group_id LEFT JOIN accounts a ON a.id = j.value / 16
  ORDER BY p.seq`;
const NESTING = `SELECT 'group ' || related_id || ' in group ' || object_id || ' ' || coalesce(object_name, '') || ': ' ||
    CASE action WHEN 'add' THEN 'there at the source, and not here' ELSE 'here, and not at the source' END FROM temp.plan ORDER BY seq`;

/** Sources of which a pass that changes nothing yet has to come first. */
function left(db: Db): string | null {
  const names = db.prepare<[], string>(UNSETTLED).pluck().all();
  if (names.length === 0) return null;
  const one = names.length === 1;
  return `${names.map((name) => `\`${name}\``).join(', ')} ${one ? 'was' : 'were'} not compared: what was read last is not applied yet`;
}

const each = (db: Db): Applied[] => db.prepare<[], Applied>(APPLIED).all();
const setting = (settings: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(settings)?.[1];
const depthOf = ({ settings }: Applied) => (setting(settings, 'nestedGroups') === 'direct' ? 'direct' : 'flatten');

/**
 * What passes compute is computed once more from what was read, by the same code: nobody may be in a group, or be missing
 * from one, that the next pass would change of its own accord.
 */
export const effective: readonly Look[] = [
  {
    name: 'memberships',
    holds: 'Effective members are those that the groups of the source, nested ones resolved, give.',
    left,
    *faults(db) {
      for (const source of each(db)) {
        const table = planTable(db);
        listTodo(db, source.id, 'everything');
        // What was applied is written by settingsOf.
        const onMissing = (setting(source.settings, 'onMissing') ?? 'deactivate') as OnMissing;
        const people = loadPeople(db, { id: source.id, onMissing });
        planMemberships(db, table, loadGraph(db, source.id, depthOf(source)), people, loadPlaces(db, source.id));
        yield* db.prepare<[], string>(MEMBERS).pluck().all();
      }
    },
  },
  {
    name: 'nesting',
    holds: 'Groups are in groups as at the source.',
    left,
    *faults(db) {
      for (const source of each(db)) {
        const table = planTable(db);
        planNesting(db, source.id, table, loadGraph(db, source.id, depthOf(source)), loadPlaces(db, source.id));
        yield* db.prepare<[], string>(NESTING).pluck().all();
      }
    },
  },
  {
    name: 'counts',
    holds: 'Users, groups and direct memberships of a source are as many as were counted.',
    left,
    *faults(db) {
      for (const { id, name, counts } of each(db)) {
        const now = JSON.stringify(mirrorCounts(db, id));
        if (now !== counts) yield `source ${name}: ${counts} were counted, and ${now} are there`;
      }
    },
  },
];
