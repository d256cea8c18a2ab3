import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';

/** A user or group that somebody asks about: in the mirror, in the directory, or in both. */
export interface Subject {
  object: 'user' | 'group';
  /** The source's id and name; null for what is made by hand. */
  sourceId: number | null;
  source: string;
  type: string;
  /** Its node and id at the source; null for what is made by hand. */
  node: number | null;
  ext: string | null;
  /** The account or group of the directory; null where there is none. */
  id: number | null;
  name: string | null;
}

const COLUMNS = (object: string, id: string, name: string) =>
  `SELECT '${object}' AS object, s.id AS sourceId, coalesce(s.name, 'local') AS source, coalesce(s.type, 'local') AS type,
    n.id AS node, n.ext, ${id} AS id, ${name} AS name`;
const ACCOUNTS = `${COLUMNS('user', 'a.id', 'a.user_name')} FROM accounts a LEFT JOIN sources s ON s.id = a.source_id
  LEFT JOIN nodes n ON n.id = a.primary_node WHERE a.deleted_at IS NULL`;
const GROUPS = `${COLUMNS('group', 'g.id', 'g.name')} FROM groups g LEFT JOIN sources s ON s.id = g.source_id
  LEFT JOIN group_sources o ON o.group_id = g.id AND o.is_primary LEFT JOIN nodes n ON n.id = o.node WHERE true`;
const MIRROR_USERS = `${COLUMNS('user', '(SELECT i.account_id FROM identities i WHERE i.node = n.id)', "json_extract(m.record, '$.attributes.userName')")}
  FROM mirror_users m JOIN nodes n ON n.id = m.node JOIN sources s ON s.id = n.source_id WHERE true`;
const MIRROR_GROUPS = `${COLUMNS('group', '(SELECT o.group_id FROM group_sources o WHERE o.node = n.id)', "json_extract(m.record, '$.name')")}
  FROM mirror_groups m JOIN nodes n ON n.id = m.node JOIN sources s ON s.id = n.source_id WHERE true`;
const NODES = (kind: number) =>
  `(SELECT n.id FROM sources s CROSS JOIN nodes n ON n.source_id = s.id AND n.kind = ${kind} AND n.ext = @text)`;

/** The quick ways first: ids and names of the directory, then ids at the sources; then what only a walk finds. */
const WAYS: Readonly<Record<Subject['object'], readonly (readonly string[])[]>> = {
  user: [
    [`${ACCOUNTS} AND (a.id = @id OR a.name_key = @key)`, `${MIRROR_USERS} AND m.node IN ${NODES(1)}`],
    [
      `${ACCOUNTS} AND lower(a.email) = @lower`,
      `${MIRROR_USERS} AND (lower(json_extract(m.record, '$.attributes.userName')) = @lower OR lower(json_extract(m.record, '$.attributes.email')) = @lower)`,
    ],
  ],
  group: [
    [`${GROUPS} AND (g.id = @id OR g.name_key = @key)`, `${MIRROR_GROUPS} AND m.node IN ${NODES(2)}`],
    [`${MIRROR_GROUPS} AND lower(json_extract(m.record, '$.name')) = @lower`],
  ],
};

/**
 * Everything that a text may mean: an id of the directory (`id:4` is nothing else), a user or group name, an id at a
 * source, a mail address; users who have no account included. Nothing is guessed: the caller tells several apart.
 */
export function subjects(db: Db, text: string, objects: readonly Subject['object'][]): Subject[] {
  const [, only] = /^id:(\d{1,15})$/.exec(text) ?? [];
  const id = only ?? (/^\d{1,15}$/.test(text) ? text : null);
  const asked = {
    id: id === null ? null : Number(id),
    key: only ? null : fold(text),
    text: only ? null : text,
    lower: only ? null : text.toLowerCase(),
  };
  for (const way of [0, 1]) {
    const found = new Map<string, Subject>();
    for (const object of objects) {
      for (const sql of WAYS[object][way] ?? []) {
        for (const subject of db.prepare<[object], Subject>(sql).all(asked)) {
          found.set(`${object} ${subject.node ?? `id ${subject.id}`}`, subject);
        }
      }
    }
    if (found.size > 0) return [...found.values()];
  }
  return [];
}
