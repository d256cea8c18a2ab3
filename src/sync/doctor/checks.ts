import { BY_HAND, BY_RULE, DIRECT, NESTED } from '../../model/words.ts';
import type { Look } from './doctor.ts';

/** A look that is one query: a line for each fault. `fold` is the function of directory/names.ts. */
const query = (name: string, holds: string, sql: string): Look => ({
  name,
  holds,
  faults: (db) => db.prepare<[], string>(sql).pluck().iterate(),
});

const GROUP_GONE = (group: string) =>
  `CASE WHEN ${group}.id IS NULL THEN 'there is no such group' WHEN ${group}.removed_at IS NOT NULL THEN 'the group was removed'`;

const MEMBERSHIP_ENDS = `SELECT 'group ' || m.group_id || ', account ' || m.account_id || ': ' || ${GROUP_GONE('g')}
    WHEN a.id IS NULL THEN 'there is no such account' ELSE 'the account was deleted' END
  FROM memberships m LEFT JOIN groups g ON g.id = m.group_id LEFT JOIN accounts a ON a.id = m.account_id
  WHERE g.id IS NULL OR g.removed_at IS NOT NULL OR a.id IS NULL OR a.deleted_at IS NOT NULL`;

const NESTING_ENDS = `SELECT 'group ' || n.parent_id || ' in group ' || n.child_id || ': one of them is not there'
  FROM group_nesting n LEFT JOIN groups p ON p.id = n.parent_id LEFT JOIN groups c ON c.id = n.child_id
  WHERE p.id IS NULL OR p.removed_at IS NOT NULL OR c.id IS NULL OR c.removed_at IS NOT NULL`;

const HOW = DIRECT | NESTED | BY_HAND | BY_RULE;
const SOURCED = DIRECT | NESTED;
const MEMBERSHIP_KINDS = `SELECT 'group ' || m.group_id || ', account ' || m.account_id || ': ' ||
    CASE WHEN m.how NOT BETWEEN 1 AND ${HOW} THEN 'it is of no kind' WHEN g.source_id IS NULL THEN 'a source made it, in a local group'
      WHEN NOT m.how & ${SOURCED} THEN 'no source made it, in the group of a source' ELSE 'the account is of another source' END
  FROM memberships m JOIN groups g ON g.id = m.group_id JOIN accounts a ON a.id = m.account_id
  WHERE m.how NOT BETWEEN 1 AND ${HOW} OR (m.how & ${SOURCED} <> 0) <> (g.source_id IS NOT NULL)
    OR (g.source_id IS NOT NULL AND g.source_id IS NOT a.source_id
      AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.account_id = a.id AND i.source_id = g.source_id))`;

const HISTORY_ENDS = `SELECT 'group ' || p.group_id || ', account ' || p.account_id || ', runs ' || p.from_run || ' to ' || p.to_run ||
    ': the group, the account or a run is not there'
  FROM past_memberships p WHERE NOT EXISTS (SELECT 1 FROM groups WHERE id = p.group_id) OR NOT EXISTS (SELECT 1 FROM accounts WHERE id = p.account_id)
    OR NOT EXISTS (SELECT 1 FROM runs WHERE id = p.from_run) OR NOT EXISTS (SELECT 1 FROM runs WHERE id = p.to_run)
  UNION ALL SELECT 'group ' || m.group_id || ', account ' || m.account_id || ': run ' || m.since_run || ' is not there'
  FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = m.since_run)`;

/** Open intervals are the memberships themselves: what can be wrong is that a closed one reaches into another. */
const HISTORY = `SELECT 'group ' || group_id || ', account ' || account_id || ': one from run ' || from_run || ' to ' || to_run ||
    CASE WHEN before > from_run THEN ' begins before the one before it ends' WHEN from_run >= to_run THEN ' ends before it begins'
      ELSE ' ends after the open one begins' END
  FROM (SELECT p.group_id, p.account_id, p.from_run, p.to_run, m.since_run,
      lag(p.to_run) OVER (PARTITION BY p.group_id, p.account_id ORDER BY p.to_run) AS before
    FROM past_memberships p LEFT JOIN memberships m ON m.group_id = p.group_id AND m.account_id = p.account_id)
  WHERE before > from_run OR from_run >= to_run OR to_run > since_run`;

const USER_NAMES = `SELECT 'account ' || id || ' ' || coalesce(user_name, '') || ': ' ||
    CASE WHEN deleted_at IS NOT NULL THEN 'it is deleted, and holds its name' WHEN name_key IS NULL THEN 'it is active, and holds no name'
      ELSE 'its name is kept as ' || name_key END
  FROM accounts WHERE (deleted_at IS NOT NULL AND name_key IS NOT NULL) OR (active = 1 AND name_key IS NULL)
    OR name_key <> fold(user_name) OR (name_key IS NOT NULL AND user_name IS NULL)`;

const GROUP_NAMES = `SELECT 'group ' || id || ' ' || name || ': ' || CASE WHEN name_key IS NULL THEN 'it is there, and holds no name'
      ELSE 'its name is kept as ' || name_key END
  FROM groups WHERE (removed_at IS NULL AND name_key IS NULL) OR name_key <> fold(name)
  UNION ALL SELECT 'groups ' || min(id) || ' and ' || max(id) || ': both are ' || min(name)
  FROM groups WHERE removed_at IS NULL GROUP BY fold(name) HAVING count(*) > 1`;

const ACCOUNT_STATES = `SELECT 'account ' || id || ' ' || coalesce(user_name, '') || ': ' ||
    CASE WHEN deleted_at IS NOT NULL THEN 'it is deleted, and active' WHEN active THEN 'it is active, with the reason ' || reason
      ELSE 'it is not active, without a reason' END
  FROM accounts WHERE active NOT IN (0, 1) OR (active = 1 AND (reason IS NOT NULL OR deleted_at IS NOT NULL))
    OR (active = 0 AND reason IS NULL AND deleted_at IS NULL)`;

const IDENTITIES = `SELECT 'account ' || a.id || ' ' || coalesce(a.user_name, '') || ': it has no identity that is its primary one'
  FROM accounts a LEFT JOIN identities i ON i.node = a.primary_node AND i.account_id = a.id AND i.source_id = a.source_id
  WHERE a.source_id IS NOT NULL AND a.deleted_at IS NULL AND i.node IS NULL
  UNION ALL SELECT 'identity ' || coalesce(n.ext, i.node) || ': ' || CASE WHEN n.id IS NULL THEN 'its id at the source is not there'
      WHEN n.source_id <> i.source_id THEN 'its id is of another source' ELSE 'account ' || i.account_id || ' is not there' END
  FROM identities i LEFT JOIN nodes n ON n.id = i.node LEFT JOIN accounts a ON a.id = i.account_id AND a.deleted_at IS NULL
  WHERE n.id IS NULL OR n.source_id <> i.source_id OR a.id IS NULL`;

const GROUP_SOURCES = `SELECT 'group ' || g.id || ' ' || g.name || ': it has ' || count(o.node) || ' groups at its source, ' ||
    coalesce(sum(o.is_primary), 0) || ' of them the first'
  FROM groups g LEFT JOIN group_sources o ON o.group_id = g.id WHERE g.source_id IS NOT NULL AND g.removed_at IS NULL
  GROUP BY g.id HAVING coalesce(sum(o.is_primary), 0) <> 1`;

const TABLES = ['sources', 'nodes', 'accounts', 'groups', 'rules', 'runs', 'journal'];
const IDS = TABLES.map(
  (table) => `SELECT '${table}: ' || max(id) || ' was given, and the last is said to be ' ||
    coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = '${table}'), 'none') FROM ${table}
  HAVING max(id) > coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = '${table}'), 0)`,
).join(' UNION ALL ');

const MIRROR = ['user', 'group']
  .map(
    (
      kind,
    ) => `SELECT '${kind} ' || coalesce(n.ext, m.node) || ': ' || CASE WHEN n.id IS NULL THEN 'its id is not there' ELSE
      'it has a fingerprint, and is not present' END
  FROM mirror_${kind}s m LEFT JOIN nodes n ON n.id = m.node WHERE n.id IS NULL OR (n.print IS NOT NULL AND m.state <> 0)`,
  )
  .join(' UNION ALL ');

const RUNS = `SELECT 'change ' || j.id || ': run ' || j.run_id || ' is not there' FROM journal j
  WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = j.run_id)`;

export const CHECKS: readonly Look[] = [
  query('membership-ends', 'Every membership has a group and an account that are there.', MEMBERSHIP_ENDS),
  query('membership-kinds', 'A membership is of one kind, and of the source of its group.', MEMBERSHIP_KINDS),
  query('nesting-ends', 'Groups in groups are there, both of them.', NESTING_ENDS),
  query('history-ends', 'Every membership, past ones too, has its runs, its group and its account.', HISTORY_ENDS),
  query('history', 'Past memberships end where the next one of the same pair begins, or before.', HISTORY),
  query('user-names', 'Names are held as they fold, by whoever is active, and by nobody who was deleted.', USER_NAMES),
  query('group-names', 'Names of groups that are there are held as they fold, each by one.', GROUP_NAMES),
  query('account-states', 'Whoever is not active has a reason, and whoever is has none.', ACCOUNT_STATES),
  query(
    'identities',
    'Every account of a source has one primary identity, and every identity its account.',
    IDENTITIES,
  ),
  query('group-sources', 'Every group of a source has one first group there.', GROUP_SOURCES),
  query('mirror', 'What was read of a source has its id, and a fingerprint only while it is there.', MIRROR),
  query('runs', 'Every change in the journal has its run.', RUNS),
  query('ids', 'No id is beyond the last one that was given.', IDS),
];
