/** 'rost' in ASCII: SQLite's application_id of a directory, so that no other file is taken for one. */
export const APPLICATION_ID = 0x726f7374;

/** The fold of names that `name_key` columns hold (names.ts); a change of it is a migration. */
export const FOLD_VERSION = 1;

/** Also made anew after a first import, which fills the table faster without it. */
export const MEMBERSHIPS_OF_ACCOUNT = 'CREATE INDEX memberships_of_account ON memberships (account_id, group_id)';

/**
 * The tables. They are private: applications read the views (views.ts). Views run in the reader's SQLite, so nothing
 * here needs more than SQLite 3.26: no STRICT, no `->>`, no functions or collations of our own.
 *
 * Numbers stand for words where a table has a row for each person or membership; the views turn them into words:
 * kind 1 user, 2 group. state 0 present, 1 missing, 2 unknown, 3 absent. how 1 direct, 2 nested, 4 by hand, 8 by rule.
 * why is an index into REASONS. Times are ISO 8601 in UTC.
 */
export const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  tenant TEXT,
  state TEXT NOT NULL DEFAULT 'ok',
  select_key TEXT,
  mirror_run INTEGER,
  applied_run INTEGER,
  applied_key TEXT,
  mirror_counts TEXT,
  applied_counts TEXT,
  cursor TEXT,
  full_at TEXT,
  last_success_at TEXT
);

-- Every id that an identity provider ever showed, ids of members that no listing held included. print is the
-- fingerprint of the record in the mirror, null exactly where the mirror does not hold the object as present.
CREATE TABLE nodes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  ext TEXT NOT NULL,
  print INTEGER,
  UNIQUE (source_id, kind, ext)
);

-- applied is 1 where the object was there when a plan of the source was applied last: what came since is nobody's loss.
CREATE TABLE mirror_users (
  node INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  applied INTEGER NOT NULL DEFAULT 0,
  run INTEGER NOT NULL,
  asked TEXT NOT NULL,
  why TEXT,
  record TEXT NOT NULL
);
CREATE INDEX mirror_users_open ON mirror_users (state) WHERE state IN (1, 2);

-- members and kept are packed 32-bit node numbers, ascending. kept holds members that the last listing left out though
-- nobody confirmed that they are gone. unread says why the members could not be read: they are the last known ones.
CREATE TABLE mirror_groups (
  node INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  applied INTEGER NOT NULL DEFAULT 0,
  run INTEGER NOT NULL,
  asked TEXT NOT NULL,
  why TEXT,
  record TEXT NOT NULL,
  everyone INTEGER NOT NULL DEFAULT 0,
  others INTEGER NOT NULL DEFAULT 0,
  unread TEXT,
  validator TEXT,
  members_print INTEGER,
  members BLOB NOT NULL DEFAULT x'',
  kept BLOB
);

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER,
  primary_node INTEGER,
  name_key TEXT UNIQUE,
  user_name TEXT,
  email TEXT,
  display_name TEXT,
  given_name TEXT,
  family_name TEXT,
  title TEXT,
  department TEXT,
  organization TEXT,
  employee_number TEXT,
  user_type TEXT,
  manager TEXT,
  manager_id INTEGER,
  phone_number TEXT,
  locale TEXT,
  custom TEXT NOT NULL DEFAULT '{}',
  active INTEGER NOT NULL,
  reason TEXT,
  reason_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deactivated_at TEXT,
  deleted_at TEXT
);
CREATE INDEX accounts_with_manager ON accounts (source_id) WHERE manager IS NOT NULL;

CREATE TABLE identities (
  node INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  active INTEGER NOT NULL,
  reason TEXT
);
CREATE INDEX identities_of_account ON identities (account_id);

CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER,
  name_key TEXT UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  rule TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  removed_at TEXT
);

CREATE TABLE group_sources (
  node INTEGER PRIMARY KEY,
  group_id INTEGER NOT NULL,
  is_primary INTEGER NOT NULL
);
CREATE INDEX group_sources_of_group ON group_sources (group_id);

CREATE TABLE memberships (
  group_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  how INTEGER NOT NULL,
  since_run INTEGER NOT NULL,
  why INTEGER NOT NULL,
  PRIMARY KEY (group_id, account_id)
) WITHOUT ROWID;
${MEMBERSHIPS_OF_ACCOUNT};

-- Memberships are journalled as intervals: the open ones above, the closed ones here.
CREATE TABLE past_memberships (
  group_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  how INTEGER NOT NULL,
  from_run INTEGER NOT NULL,
  why_from INTEGER NOT NULL,
  to_run INTEGER NOT NULL,
  why_to INTEGER NOT NULL
);
CREATE INDEX past_memberships_of_pair ON past_memberships (group_id, account_id, to_run);
CREATE INDEX past_memberships_of_account ON past_memberships (account_id);
CREATE INDEX past_memberships_to ON past_memberships (to_run);

CREATE TABLE group_nesting (
  parent_id INTEGER NOT NULL,
  child_id INTEGER NOT NULL,
  PRIMARY KEY (parent_id, child_id)
) WITHOUT ROWID;

CREATE TABLE rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER,
  key TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL
);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER,
  mode TEXT NOT NULL,
  trigger TEXT NOT NULL,
  actor TEXT NOT NULL,
  plan_id TEXT,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  outcome TEXT NOT NULL,
  created INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  deactivated INTEGER NOT NULL DEFAULT 0,
  reactivated INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  groups_changed INTEGER NOT NULL DEFAULT 0,
  members_added INTEGER NOT NULL DEFAULT 0,
  members_removed INTEGER NOT NULL DEFAULT 0,
  problems INTEGER NOT NULL DEFAULT 0,
  config_sha256 TEXT,
  version TEXT NOT NULL,
  message TEXT,
  rules_id INTEGER
);
CREATE INDEX runs_running ON runs (source_id) WHERE outcome = 'running';

CREATE TABLE blocked (
  source_id INTEGER PRIMARY KEY,
  plan_id TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  cause TEXT NOT NULL,
  limit_key TEXT NOT NULL,
  since TEXT NOT NULL
);

-- What a blocked plan takes away: every change that a configured limit counts. kind is the limit's key; one and other
-- are the account or group, and the member; of what is not in the directory yet the node, below zero.
CREATE TABLE blocked_removals (
  source_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  one INTEGER NOT NULL,
  other INTEGER NOT NULL,
  PRIMARY KEY (source_id, kind, one, other)
) WITHOUT ROWID;

CREATE TABLE problems (
  source_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  ref INTEGER NOT NULL,
  detail TEXT NOT NULL,
  since_run INTEGER NOT NULL,
  PRIMARY KEY (source_id, kind, object, ref)
) WITHOUT ROWID;

CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  object TEXT NOT NULL,
  object_id INTEGER NOT NULL,
  object_name TEXT,
  related_id INTEGER,
  action TEXT NOT NULL,
  reason TEXT NOT NULL,
  rule TEXT,
  before TEXT,
  after TEXT
);
CREATE INDEX journal_of_object ON journal (object, object_id, id);
CREATE INDEX journal_of_run ON journal (run_id);
`;
