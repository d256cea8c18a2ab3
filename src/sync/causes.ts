import type { Db } from '../directory/open.ts';
import type { PassSource } from '../model/pass.ts';
import { editedRules, editSentence } from './edited.ts';
import { changedSettings, RELEASE } from './settings.ts';

/** What is told of a plan that was stopped. */
export interface Cause {
  /** A stable word: `renamed`, `tenant`, `release`, `rule`, `settings`, `vanished`, `filtered`, `expired`, `emptied`, `removal`, `deletion`, `other`. */
  word: string;
  text: string;
}

/** Accounts that the plan takes away, by reason; disabled ones apart, which nobody has to explain. */
const LEAVING = `SELECT reason, count(DISTINCT object_id) AS n FROM temp.plan
  WHERE object = 'user' AND action IN ('deactivate', 'delete') AND reason <> 'disabled' GROUP BY reason`;
const LEAVERS = `(SELECT DISTINCT object_id AS id FROM temp.plan WHERE object = 'user' AND action IN ('deactivate', 'delete') AND reason = 'missing')`;

/** What people may have in common: how it is called, and the expression on `accounts a`. */
const TRAITS = [
  ['department', 'a.department'],
  ['organization', 'a.organization'],
  ['title', 'a.title'],
  ['user type', 'a.user_type'],
  ['locale', 'a.locale'],
  ['mail domain', "CASE WHEN instr(a.email, '@') > 0 THEN lower(substr(a.email, instr(a.email, '@') + 1)) END"],
] as const;

const EMPTIED = `SELECT g.name, sum(p.n) AS n FROM temp.plan_members p JOIN groups g ON g.id = p.group_id
  WHERE p.change = 'drop' AND p.counted
    AND NOT EXISTS (SELECT 1 FROM temp.plan r WHERE r.object = 'group' AND r.action = 'remove' AND r.object_id = p.group_id)
    AND NOT EXISTS (SELECT 1 FROM temp.plan_members q WHERE q.group_id = p.group_id AND q.change = 'add')
  GROUP BY p.group_id HAVING n > 5 AND n = (SELECT count(*) FROM memberships m WHERE m.group_id = p.group_id) ORDER BY n DESC LIMIT 3`;

const STRANGE = `SELECT coalesce(sum(i.reason IS NULL OR i.reason NOT IN ('missing', 'filtered', 'suspended')), 0) AS accounts,
  coalesce(sum(m.state IN (0, 2)), 0) AS seen FROM identities i LEFT JOIN mirror_users m ON m.node = i.node WHERE i.source_id = ?`;

/** Whether the snapshot shows none of the source's users, though some of them had accounts when it was applied last. */
export function isAnotherTenant(db: Db, sourceId: number): boolean {
  const { accounts, seen } = db.prepare<[number], { accounts: number; seen: number }>(STRANGE).get(sourceId) ?? {
    accounts: 0,
    seen: 0,
  };
  return accounts > 0 && seen === 0;
}

interface Settings {
  applied: string | null;
  now: string;
  /** The name under which the same people came until now, where the configuration no longer has it. */
  former?: string | undefined;
}

/** What probably lies behind a plan that was stopped, likeliest first; never empty. */
export function causes(db: Db, sourceId: number, settings: Settings): Cause[] {
  const found: Cause[] = [];
  if (settings.former !== undefined) {
    found.push({
      word: 'renamed',
      text: `Source \`${settings.former}\` has another name in the configuration now.`,
    });
  }
  if (isAnotherTenant(db, sourceId)) {
    found.push({
      word: 'tenant',
      text: 'None of the people whom this source brought before is there any more: it probably reads another tenant now. Look at the address and the credentials in the configuration.',
    });
  }
  found.push(...edits(db, settings));
  for (const { reason, n } of db.prepare<[], { reason: string; n: number }>(LEAVING).all()) {
    if (reason === 'missing') found.push({ word: 'vanished', text: vanished(db, sourceId, n) });
    else if (reason === 'filtered')
      found.push({ word: 'filtered', text: `A filter leaves out ${people(n)} who had an account.` });
    else if (reason !== 'rule-edited')
      found.push({
        word: 'expired',
        text: `\`deleteAfter\` is over for ${people(n)} who left: ${n === 1 ? 'that account' : 'these accounts'} would be deleted for good.`,
      });
  }
  for (const { name, n } of db.prepare<[], { name: string; n: number }>(EMPTIED).all()) {
    found.push({
      word: 'emptied',
      text: `Group \`${name}\` lost all of its ${n.toLocaleString('en')} members at once.`,
    });
  }
  if (found.length === 0)
    found.push({
      word: 'other',
      text: 'Many changes at once, all of them at the identity provider. Ask there what was done since the last pass.',
    });
  return found;
}

const REMOVALS = { deactivate: 'removal', delete: 'deletion' } as const;

/** Whether a cause says that the source itself is to be removed. */
export const isRemoval = (word: string): boolean => word === REMOVALS.deactivate || word === REMOVALS.delete;

/** What was asked for when a plan with such a cause was stopped. */
export const deletes = (word: string): boolean => word === REMOVALS.delete;

/** Why nothing is wanted of a source any more. */
export function removalCause({ name, onMissing }: Pick<PassSource, 'name' | 'onMissing'>): Cause {
  const deletion = onMissing === 'delete';
  const accounts = deletion ? 'are deleted for good' : 'become inactive and keep their ids and their history';
  return {
    word: deletion ? REMOVALS.delete : REMOVALS.deactivate,
    text: `Source \`${name}\` is to be removed: its accounts ${accounts}, its groups go.`,
  };
}

function edits(db: Db, { applied, now }: { applied: string | null; now: string }): Cause[] {
  const changed = changedSettings(applied, now);
  const rules = editedRules(applied, now);
  const others = changed.filter(({ name }) => name !== RELEASE && !rules.some(({ rule }) => rule === name));
  const found: Cause[] = rules.map((edit) => ({ word: 'rule', text: editSentence(db, edit) }));
  if (changed.some(({ name }) => name === RELEASE)) {
    found.push({
      word: 'release',
      text: 'rosterd was upgraded, and this release makes something else of the same answers; its CHANGELOG says what. The identity provider need not have changed at all.',
    });
  }
  if (others.length > 0) {
    const what = others.map(({ name, before, after }) => `\`${name}\` was \`${before}\` and is \`${after}\` now`);
    found.push({ word: 'settings', text: `The configuration was edited: ${what.join('; ')}.` });
  }
  return found;
}

const people = (n: number): string => (n === 1 ? 'one person' : `${n.toLocaleString('en')} people`);

function vanished(db: Db, sourceId: number, n: number): string {
  const active = Number(db.prepare(ACTIVE).pluck().get(sourceId));
  const listed = `${people(n)} ${n === 1 ? 'is' : 'are'} no longer in what the identity provider lists`;
  const sentence = `${listed[0]?.toUpperCase()}${listed.slice(1)}`;
  if (n >= active) return `${sentence}: everybody of this source.`;
  if (n < MANY) return `${sentence}.`;
  const common = inCommon(db, sourceId, n, active);
  return `${sentence}. ${common === '' ? 'They have little in common' : common}.`;
}

/** Fewer than these have too much in common by chance. */
const MANY = 5;
const ACTIVE = 'SELECT count(*) FROM accounts WHERE source_id = ? AND active = 1';

/** What most of those who leave have in common, half as many again as among everybody. */
function inCommon(db: Db, sourceId: number, leaving: number, active: number): string {
  const shared: string[] = [];
  for (const [name, trait] of TRAITS) {
    const top = db
      .prepare<
        [],
        { value: string; n: number }
      >(`SELECT ${trait} AS value, count(*) AS n FROM ${LEAVERS} l JOIN accounts a ON a.id = l.id
      WHERE ${trait} IS NOT NULL GROUP BY 1 ORDER BY n DESC LIMIT 1`)
      .get();
    if (!top || top.n < leaving * 0.6) continue;
    const all = Number(
      db
        .prepare(`SELECT count(*) FROM accounts a WHERE a.active = 1 AND a.source_id = ? AND ${trait} = ?`)
        .pluck()
        .get(sourceId, top.value),
    );
    if (top.n / leaving < (1.5 * all) / active) continue;
    shared.push(
      `${top.n.toLocaleString('en')} of them have the ${name} \`${top.value}\`, which ${all.toLocaleString('en')} active accounts have in all`,
    );
  }
  return shared.slice(0, 2).join('; ');
}
