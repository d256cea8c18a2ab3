import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { nameFault } from '../shape.ts';
import { wellFormedText } from '../well-formed.ts';
import { refusal } from './edit.ts';

interface Holder {
  id: number;
  source: string;
  active: number;
}

const ACCOUNT = `SELECT a.id, coalesce(s.name, 'local') AS source, a.active FROM accounts a LEFT JOIN sources s ON s.id = a.source_id
  WHERE a.name_key = ?`;
const GROUP = `SELECT g.id, coalesce(s.name, 'local') AS source, g.removed_at IS NULL AS active
  FROM groups g LEFT JOIN sources s ON s.id = g.source_id WHERE g.name_key = ?`;

/** A user name that can be used and that nobody but account `own` holds. Throws a Failure, exit status 2. */
export function freeUserName(db: Db, text: string, own?: number): string {
  const name = usable(text, 'user name');
  const holder = db.prepare<[string], Holder>(ACCOUNT).get(fold(name));
  if (!holder || holder.id === own) return name;
  const { id, source, active } = holder;
  const remedy = active
    ? ''
    : `, which is not active; "rosterd user release-name id:${id}" makes it let go of the name`;
  throw refusal(`The user name is held by account ${id} of source \`${source}\`${remedy}. Nothing was changed.`);
}

/** The same for a group. */
export function freeGroupName(db: Db, text: string, own?: number): string {
  const name = usable(text, 'group name');
  const holder = db.prepare<[string], Holder>(GROUP).get(fold(name));
  if (!holder || holder.id === own) return name;
  const { id, source, active } = holder;
  const removed = active ? '' : ', which was removed and keeps its name for when it comes back';
  throw refusal(`The name is held by group ${id} of source \`${source}\`${removed}. Nothing was changed.`);
}

function usable(text: string, what: string): string {
  const name = wellFormedText(text);
  const fault = nameFault(name);
  if (fault !== null) throw refusal(`That ${what} cannot be used: ${fault}. Nothing was changed.`);
  return name;
}
