import type { Db } from '../directory/open.ts';

/** What is told of a plan that was stopped. */
export interface Cause {
  /** A stable word: `tenant`, `settings`, `vanished`, `emptied`, `other`. */
  word: string;
  text: string;
}

const LEAVING = `SELECT count(DISTINCT object_id) FROM temp.plan WHERE object = 'user' AND action IN ('deactivate', 'delete') AND reason <> 'disabled'`;
const LEAVERS = `(SELECT DISTINCT object_id AS id FROM temp.plan WHERE object = 'user' AND action IN ('deactivate', 'delete') AND reason <> 'disabled')`;

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
  WHERE p.change = 'drop' AND p.counted AND NOT EXISTS (SELECT 1 FROM temp.plan_members q WHERE q.group_id = p.group_id AND q.change = 'add')
  GROUP BY p.group_id HAVING n > 5 AND n = (SELECT count(*) FROM memberships m WHERE m.group_id = p.group_id) ORDER BY n DESC LIMIT 3`;

const STRANGE = `SELECT count(*) AS accounts, coalesce(sum(m.state IN (0, 2)), 0) AS seen FROM identities i
  LEFT JOIN mirror_users m ON m.node = i.node WHERE i.source_id = ?`;

/** Whether none of the source's accounts is in the snapshot, though there are accounts: another tenant's snapshot. */
export function isAnotherTenant(db: Db, sourceId: number): boolean {
  const { accounts, seen } = db.prepare<[number], { accounts: number; seen: number }>(STRANGE).get(sourceId) ?? {
    accounts: 0,
    seen: 0,
  };
  return accounts > 0 && seen === 0;
}

/** What probably lies behind a plan that was stopped, likeliest first; never empty. */
export function causes(db: Db, sourceId: number, settings: { applied: string | null; now: string }): Cause[] {
  const found: Cause[] = [];
  if (isAnotherTenant(db, sourceId)) {
    found.push({
      word: 'tenant',
      text: 'The snapshot holds none of the people that this source brought before: it reads another tenant now. Look at the address and the credentials in the configuration.',
    });
  }
  if (settings.applied !== null && settings.applied !== settings.now) {
    found.push({
      word: 'settings',
      text: `The settings of the source were edited: ${settings.applied} became ${settings.now}. "rosterd plan --offline --all" shows what that does.`,
    });
  }
  const leaving = Number(db.prepare(LEAVING).pluck().get());
  if (leaving > 0) {
    const common = inCommon(db, leaving);
    found.push({
      word: 'vanished',
      text: `${leaving === 1 ? 'One account' : `${leaving} accounts`} would go, as their users are no longer in what the identity provider shows${common === '' ? ', and they have little in common' : `: ${common}`}.`,
    });
  }
  for (const { name, n } of db.prepare<[], { name: string; n: number }>(EMPTIED).all()) {
    found.push({ word: 'emptied', text: `Group \`${name}\` lost all of its ${n} members at once.` });
  }
  if (found.length === 0) found.push({ word: 'other', text: 'Many changes came at once from the identity provider.' });
  return found;
}

/** What most of those who leave have in common, and few others do. */
function inCommon(db: Db, leaving: number): string {
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
      db.prepare(`SELECT count(*) FROM accounts a WHERE a.active = 1 AND ${trait} = ?`).pluck().get(top.value),
    );
    if (top.n >= all * 0.5)
      shared.push(`${top.n} have the ${name} \`${top.value}\`, which ${all} active accounts have in all`);
  }
  return shared.slice(0, 2).join('; ');
}
