import type { Action } from '../model/words.ts';
import type { Style } from '../report/table.ts';
import { printable, quoted } from '../report/text.ts';

/** A row of v1_changes, and the name of what it relates to. */
export interface Change {
  id: number | null;
  run_id: number;
  at: string;
  source: string;
  object: string;
  object_id: number;
  object_name: string | null;
  related_id: number | null;
  action: Action;
  reason: string;
  rule: string | null;
  before: string | null;
  after: string | null;
  related_name: string | null;
}

/** How an action is written: its sign, and a word where the sign does not say it all. */
export const ACTIONS: Readonly<Record<Action, readonly [sign: '+' | '~' | '-', word: string]>> = {
  create: ['+', ''],
  update: ['~', ''],
  rename: ['~', ''],
  deactivate: ['-', 'deactivated'],
  reactivate: ['+', 'reactivated'],
  suspend: ['-', 'suspended'],
  unsuspend: ['+', 'unsuspended'],
  delete: ['-', 'deleted'],
  remove: ['-', 'removed'],
  return: ['+', 'returned'],
  add: ['+', ''],
  drop: ['-', ''],
};

const STYLES: Readonly<Record<'+' | '~' | '-', Style>> = { '+': 'green', '~': 'yellow', '-': 'red' };

/** The colour of a change. */
export const styleOf = ({ action }: Change): Style | undefined => STYLES[signOf(action)[0]];

/** What was changed, as `+ user ada`, `~ user bob department: "Sales" -> "Marketing"`, `- member Platform carol`. */
export function sentence(change: Change): string {
  const [sign, word] = signOf(change.action);
  const names = [nameOf(change.object_name, change.object_id)];
  if (change.related_id !== null) names.push(nameOf(change.related_name, change.related_id));
  const object = OBJECTS[change.object] ?? printable(change.object);
  const [was, is] = [valuesOf(change.before), valuesOf(change.after)];
  const values = sign !== '~' ? '' : change.object === 'membership' ? kinds(was, is) : differences(was, is);
  return [sign, object, ...names, word && `(${word})`, values].filter((part) => part !== '').join(' ');
}

// A later rosterd may have written an action that this one does not know.
const signOf = (action: Action) => ACTIONS[action] ?? (['~', printable(action)] as const);

const OBJECTS: Readonly<Record<string, string>> = { membership: 'member', nesting: 'subgroup' };

/** A name as one word: in quotes where it would not be one. */
function nameOf(name: string | null, id: number): string {
  if (name === null) return `id:${id}`;
  return /^[^\s"]+$/.test(name) ? printable(name) : quoted(name);
}

/** A membership that stays, and is another kind of one. */
const kinds = (was: Values, is: Values): string => `${kindOf(was)} -> ${kindOf(is)}`;
const kindOf = ({ direct, origin }: Values): string =>
  origin === 'source' ? (direct ? 'direct' : 'nested') : `by ${printable(String(origin))}`;

function differences(was: Values, is: Values): string {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]))
    .map((key) => inWords(key, is) ?? `${printable(key)}: ${shownValue(was[key])} -> ${shownValue(is[key])}`)
    .join(', ');
}

/** What applies to a name that its bearer lets go of, or has back. */
function inWords(key: string, is: Values): string | null {
  if (key !== 'holdsName') return null;
  return is.holdsName === true ? 'holds its name again' : 'let go of its name';
}

type Values = Readonly<Record<string, unknown>>;

// The journal holds JSON objects or nothing.
const valuesOf = (json: string | null) => (json === null ? {} : JSON.parse(json)) as Values;

const shownValue = (value: unknown): string =>
  typeof value === 'string' ? quoted(value) : printable(JSON.stringify(value ?? null));
