import type { Db } from '../directory/open.ts';
import { ABSENT, changedSettings } from './settings.ts';

/** A rule that is another one than was applied last. */
export interface Edited {
  rule: string;
  before: string;
  after: string;
}

/** The rules that changed since the settings were applied; a changed table counts for every rule. */
export function editedRules(applied: string | null, now: string): Edited[] {
  return changedSettings(applied, now)
    .filter(({ name }) => /^(users|groups|tables)\./.test(name))
    .map(({ name, before, after }) => ({ rule: name, before, after }));
}

const LEAVING = `UPDATE temp.plan SET reason = 'rule-edited', rule = coalesce(rule, @rule)
  WHERE object = @object AND reason = 'filtered' AND action IN ('deactivate', 'delete', 'remove')`;
const CHANGING = `UPDATE temp.plan SET reason = 'rule-edited', rule = @rule
  WHERE object = @object AND reason = 'source' AND action IN ('update', 'rename') AND json_type(after, @path) IS NOT NULL`;

/**
 * Marks what the plan does because rules were edited: their reason is `rule-edited`. What the provider changed in the
 * same field since the last pass is marked too; the two cannot be told apart.
 */
export function markEdited(db: Db, edited: readonly Edited[]): void {
  for (const { rule } of edited) {
    const [objects, part, attribute] = rule.split('.');
    const object = objects === 'groups' ? 'group' : 'user';
    if (objects === 'tables' || part === 'where') db.prepare(LEAVING).run({ object, rule });
    if (part !== 'attributes' || attribute === undefined) continue;
    const name = attribute.replace(/\[\d+\]$/, '');
    for (const path of [`$."${name}"`, `$.attributes."${name}"`])
      db.prepare(CHANGING).run({ object, rule: `${objects}.attributes.${name}`, path });
  }
}

const DROPPED = `SELECT object, count(DISTINCT object_id) AS n FROM temp.plan
  WHERE rule = ? AND reason = 'rule-edited' AND action IN ('deactivate', 'delete', 'remove') GROUP BY object ORDER BY object DESC`;
const NAMES = `SELECT DISTINCT coalesce(p.object_name, a.user_name, g.name) AS name FROM temp.plan p
  LEFT JOIN accounts a ON p.object = 'user' AND a.id = p.object_id LEFT JOIN groups g ON p.object = 'group' AND g.id = p.object_id
  WHERE p.rule = ? AND p.reason = 'rule-edited' AND p.action IN ('deactivate', 'delete', 'remove') AND p.object = ?
  ORDER BY name LIMIT 3`;

/** One sentence on an edited rule: its old and new text, and whom it drops. */
export function editSentence(db: Db, { rule, before, after }: Edited): string {
  const edit = `\`${rule}\` ${told(before, after)}`;
  const dropped = db.prepare<[string], { object: 'user' | 'group'; n: number }>(DROPPED).all(rule);
  const names = db.prepare<[string, string], string>(NAMES).pluck();
  const who = dropped.map(({ object, n }) => {
    const examples = names.all(rule, object).map((name) => `\`${name}\``);
    const more = n > examples.length ? ', …' : '';
    return `${n.toLocaleString('en')} ${object === 'user' ? (n === 1 ? 'person' : 'people') : n === 1 ? 'group' : 'groups'} (${examples.join(', ')}${more})`;
  });
  return who.length === 0 ? `${edit}.` : `${edit}: it leaves out ${who.join(' and ')}.`;
}

/** What an edit made of a text; ABSENT stands for none. */
export function told(before: string, after: string): string {
  if (before === ABSENT) return `is new, \`${shortened(after)}\``;
  const was = `was \`${shortened(before)}\``;
  return after === ABSENT ? `${was} and was taken out` : `${was} and is \`${shortened(after)}\` now`;
}

const LONGEST = 200;
const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
