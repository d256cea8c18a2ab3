import type { Db } from '../../directory/open.ts';
import { told } from '../edited.ts';
import { ABSENT } from '../settings.ts';
import type { LocalEdits } from './edits.ts';
import { ruleName } from './rules.ts';

const LEAVING = "SELECT coalesce(sum(n), 0) FROM temp.plan_members WHERE group_id = ? AND change = 'drop' AND counted";
const NAMES = `SELECT a.user_name FROM temp.plan_members p, json_each(p.list) j JOIN accounts a ON a.id = j.value / 16
  WHERE p.group_id = ? AND p.change = 'drop' AND p.counted ORDER BY a.user_name LIMIT 3`;

/** One sentence on each edit: the old and the new text, and whom it takes out. */
export function editSentences(db: Db, { created, kept, left, edited, state }: LocalEdits): string[] {
  return [
    ...created.map(({ name, members }) => `\`${ruleName(name)}\` ${told(ABSENT, members)}.`),
    ...kept.flatMap(({ id, group, before, changes }) => {
      if (changes === null) return [];
      const rule = `\`${ruleName(group.name)}\``;
      if (before.rule === group.members) return [`The name or the description of ${rule} was edited.`];
      return [`${rule} ${told(before.rule ?? ABSENT, group.members)}${leaving(db, id)}.`];
    }),
    ...left.map(({ id, name, rule }) => `\`${ruleName(name)}\` ${told(rule, ABSENT)}${leaving(db, id)}.`),
    ...edited.map(({ name, before, after }) => `\`tables.${name}\` ${told(before ?? ABSENT, after ?? ABSENT)}.`),
    ...(state.stale ? ['A source has another name.'] : []),
  ];
}

function leaving(db: Db, group: number): string {
  const n = Number(db.prepare(LEAVING).pluck().get(group));
  if (n === 0) return '';
  const names = db.prepare<[number], string | null>(NAMES).pluck().all(group);
  const examples = names.map((name) => `\`${name ?? ''}\``).join(', ');
  const more = n > names.length ? ', …' : '';
  return `: it takes out ${n.toLocaleString('en')} ${n === 1 ? 'person' : 'people'} (${examples}${more})`;
}
