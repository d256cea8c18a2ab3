import { REASONS } from '../model/words.ts';

const reason = (column: string) =>
  `CASE ${column} ${REASONS.map((word, index) => `WHEN ${index} THEN '${word}'`).join(' ')} END`;

/** The first that holds of `source`, `hand`, `rule`, of bits as `memberships.how` has them. */
export const origin = (column: string) =>
  `CASE WHEN ${column} & 3 THEN 'source' WHEN ${column} & 4 THEN 'hand' ELSE 'rule' END`;

const how = (column: string) => `'{"direct":' || (${column} & 1) || ',"origin":"' || ${origin(column)} || '"}'`;

/**
 * What applications read; the contract of docs/directory.md. Columns and values may be added at the end, never changed
 * or taken away. Nothing here needs more than SQLite 3.26, nor its JSON functions.
 *
 * In v1_changes an interval of membership that begins where another of the same pair ends is one `update`, not an
 * `add` and a `drop`.
 */
export const VIEWS = `
CREATE VIEW v1_directory AS
  SELECT (SELECT value FROM meta WHERE key = 'id') AS id,
         (SELECT value FROM meta WHERE key = 'schema_version') AS schema_version,
         (SELECT value FROM meta WHERE key = 'created_at') AS created_at;

CREATE VIEW v1_sources AS
  SELECT s.name, s.type, s.tenant, s.state, s.last_success_at, b.plan_id AS blocked_plan
  FROM sources s LEFT JOIN blocked b ON b.source_id = s.id;

CREATE VIEW v1_users AS
  SELECT a.id, coalesce(s.name, 'local') AS source, n.ext AS external_id, a.user_name, a.name_key AS user_key, a.email,
         a.display_name, a.given_name, a.family_name, a.title, a.department, a.organization, a.employee_number,
         a.user_type, a.manager_id, a.phone_number, a.locale, a.active, a.reason AS inactive_reason,
         a.custom AS attributes, a.created_at, a.updated_at, a.deactivated_at
  FROM accounts a LEFT JOIN sources s ON s.id = a.source_id LEFT JOIN nodes n ON n.id = a.primary_node
  WHERE a.deleted_at IS NULL;

CREATE VIEW v1_identities AS
  SELECT i.account_id AS user_id, s.name AS source, n.ext AS external_id, i.active, i.node = a.primary_node AS is_primary
  FROM identities i JOIN accounts a ON a.id = i.account_id JOIN nodes n ON n.id = i.node
       JOIN sources s ON s.id = i.source_id
  WHERE a.deleted_at IS NULL;

CREATE VIEW v1_groups AS
  SELECT g.id, coalesce(s.name, 'local') AS source, n.ext AS external_id, g.name, g.description, g.created_at, g.updated_at
  FROM groups g LEFT JOIN sources s ON s.id = g.source_id
       LEFT JOIN group_sources o ON o.group_id = g.id AND o.is_primary LEFT JOIN nodes n ON n.id = o.node
  WHERE g.removed_at IS NULL;

CREATE VIEW v1_memberships AS
  SELECT m.group_id, m.account_id AS user_id, m.how & 1 AS direct, ${origin('m.how')} AS origin
  FROM memberships m JOIN accounts a ON a.id = m.account_id
  WHERE a.active = 1;

CREATE VIEW v1_group_nesting AS SELECT parent_id, child_id FROM group_nesting;

CREATE VIEW v1_membership_history AS
  SELECT m.group_id, m.account_id AS user_id, m.since_run AS from_run, r.finished_at AS from_at, NULL AS to_run, NULL AS to_at
  FROM memberships m JOIN runs r ON r.id = m.since_run
  UNION ALL
  SELECT p.group_id, p.account_id, p.from_run, f.finished_at, p.to_run, t.finished_at
  FROM past_memberships p JOIN runs f ON f.id = p.from_run JOIN runs t ON t.id = p.to_run;

CREATE VIEW v1_changes AS
  SELECT id, run_id, at, source, object, object_id, object_name, related_id, action, reason, rule, before, after
  FROM journal
  UNION ALL
  SELECT NULL, m.since_run, r.finished_at, coalesce(s.name, 'local'), 'membership', m.group_id, g.name, m.account_id,
         CASE WHEN p.how IS NULL THEN 'add' ELSE 'update' END, ${reason('m.why')}, NULL,
         CASE WHEN p.how IS NOT NULL THEN ${how('p.how')} END, ${how('m.how')}
  FROM memberships m JOIN runs r ON r.id = m.since_run JOIN groups g ON g.id = m.group_id
       LEFT JOIN sources s ON s.id = g.source_id
       LEFT JOIN past_memberships p ON p.group_id = m.group_id AND p.account_id = m.account_id AND p.to_run = m.since_run
  UNION ALL
  SELECT NULL, m.from_run, r.finished_at, coalesce(s.name, 'local'), 'membership', m.group_id, g.name, m.account_id,
         CASE WHEN p.how IS NULL THEN 'add' ELSE 'update' END, ${reason('m.why_from')}, NULL,
         CASE WHEN p.how IS NOT NULL THEN ${how('p.how')} END, ${how('m.how')}
  FROM past_memberships m JOIN runs r ON r.id = m.from_run JOIN groups g ON g.id = m.group_id
       LEFT JOIN sources s ON s.id = g.source_id
       LEFT JOIN past_memberships p ON p.group_id = m.group_id AND p.account_id = m.account_id AND p.to_run = m.from_run
  UNION ALL
  SELECT NULL, m.to_run, r.finished_at, coalesce(s.name, 'local'), 'membership', m.group_id, g.name, m.account_id,
         'drop', ${reason('m.why_to')}, NULL, ${how('m.how')}, NULL
  FROM past_memberships m JOIN runs r ON r.id = m.to_run JOIN groups g ON g.id = m.group_id
       LEFT JOIN sources s ON s.id = g.source_id
  WHERE NOT EXISTS (SELECT 1 FROM memberships o WHERE o.group_id = m.group_id AND o.account_id = m.account_id
                    AND o.since_run = m.to_run)
    AND NOT EXISTS (SELECT 1 FROM past_memberships o WHERE o.group_id = m.group_id AND o.account_id = m.account_id
                    AND o.from_run = m.to_run);

CREATE VIEW v1_runs AS
  SELECT r.id, coalesce(s.name, 'local') AS source, r.mode, r.trigger, r.actor, r.plan_id, r.started_at, r.finished_at,
         r.outcome, r.created, r.updated, r.deactivated, r.reactivated, r.deleted, r.groups_changed, r.members_added,
         r.members_removed, r.problems, r.config_sha256, r.version, r.message
  FROM runs r LEFT JOIN sources s ON s.id = r.source_id;

CREATE VIEW v1_problems AS
  SELECT coalesce(s.name, 'local') AS source, p.kind, p.object,
         CASE p.object WHEN 'user' THEN i.account_id WHEN 'group' THEN o.group_id END AS object_id,
         n.ext AS external_id, p.detail, r.started_at AS since
  FROM problems p LEFT JOIN sources s ON s.id = p.source_id LEFT JOIN runs r ON r.id = p.since_run
       LEFT JOIN nodes n ON n.id = p.ref AND p.object IN ('user', 'group')
       LEFT JOIN identities i ON i.node = p.ref AND p.object = 'user'
       LEFT JOIN group_sources o ON o.node = p.ref AND p.object = 'group';
`;
