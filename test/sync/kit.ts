import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { Connector, Finding } from '../../connectors/connector.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { Member, SourceGroup } from '../../src/model/group.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { PassRequest, PassResult } from '../../src/model/pass.ts';
import { NO_RULES, type SourceRules } from '../../src/model/rules.ts';
import type { Item, Want } from '../../src/model/snapshot.ts';
import type { Extra, SourceUser, StandardAttribute } from '../../src/model/user.ts';
import { runPass } from '../../src/sync/pass.ts';
import { NO_ATTRIBUTES } from '../../src/sync/record.ts';
import type { Progress } from '../../src/sync/stage.ts';

/** What a tenant holds, told shortly. */
export interface Tenant {
  users: Record<string, UserSketch>;
  groups?: Record<string, GroupSketch>;
}
export type UserSketch = Partial<Record<StandardAttribute, string | null>> & {
  active?: boolean | null;
  extra?: Record<string, Extra>;
};
export interface GroupSketch {
  name?: string;
  description?: string | null;
  /** Ids of users; `@id` is a group, `#id` a thing that is neither, `*` everyone. Null: may not be read. */
  members?: string[] | null;
}

/** How a tenant answers when it does not simply tell the truth. */
export interface Answers {
  /** Ids that a look-up by id does not answer about. */
  unknown?: Set<string>;
  /** Ids that the listing leaves out, though a look-up by id finds them. */
  hidden?: Set<string>;
  /** Groups whose members the listing leaves out, though a look-up by id shows them. */
  emptied?: Set<string>;
  findings?: Finding[];
  /** Throws after that many items. */
  cutAfter?: number;
  batch?: number;
  /** Puts the items in another order. */
  shuffle?: (items: Item[]) => Item[];
}

/** @param want the attributes that were asked for; left out: all of them */
export function user(id: string, sketch: UserSketch, want?: readonly string[]): SourceUser {
  const { active = true, extra = {}, ...attributes } = sketch;
  const asked = Object.entries(extra).filter(([name]) => want?.includes(name) ?? true);
  return {
    id,
    active,
    attributes: { ...NO_ATTRIBUTES, userName: id, ...attributes },
    extra: Object.fromEntries(asked),
  };
}

export function group(id: string, sketch: GroupSketch): SourceGroup {
  return { id, name: sketch.name ?? id, description: sketch.description ?? null, type: null, email: null, extra: {} };
}

const member = (text: string): Member => {
  if (text === '*') return { kind: 'everyone' };
  if (text.startsWith('@')) return { kind: 'group', id: text.slice(1) };
  return text.startsWith('#') ? { kind: 'other', id: text.slice(1) } : { kind: 'user', id: text };
};

/** A connector to a tenant that lies in memory. */
export function connectorTo(tenant: Tenant, answers: Answers = {}): Connector & { lookedUp: string[] } {
  const lookedUp: string[] = [];
  const users = Object.entries(tenant.users);
  const groups = Object.entries(tenant.groups ?? {});
  const shown = (id: string) => !answers.hidden?.has(id);
  const list = (want: Want): Item[] => [
    ...users.filter(([id]) => shown(id)).map(([id, sketch]): Item => ({ user: user(id, sketch, want.users) })),
    ...groups
      .filter(([id]) => shown(id))
      .flatMap(([id, sketch]): Item[] => [
        { group: group(id, sketch) },
        sketch.members === null
          ? { unread: id, why: 'HTTP 403' }
          : { membersOf: id, list: answers.emptied?.has(id) ? [] : (sketch.members ?? []).map(member), last: true },
      ]),
  ];
  async function* walk(want: Want) {
    const items = answers.shuffle ? answers.shuffle(list(want)) : list(want);
    const size = answers.batch ?? 100;
    for (let at = 0; at < items.length; at += size) {
      if (answers.cutAfter !== undefined && at >= answers.cutAfter) throw new Error('the connection was cut');
      yield items.slice(at, at + size);
    }
  }
  async function* find<T>(ids: readonly string[], record: (id: string) => T | undefined) {
    for (const id of ids) {
      lookedUp.push(id);
      const found = record(id);
      if (answers.unknown?.has(id)) yield { id, is: 'unknown' as const, why: 'HTTP 503' };
      else if (found === undefined) yield { id, is: 'absent' as const };
      else yield { id, is: 'present' as const, record: found };
    }
  }
  return {
    tenant: 'memory',
    lookedUp,
    check: async () => answers.findings ?? [],
    snapshot: (want) => ({
      absence: 'vanished',
      items: walk(want),
      end: () => ({
        counts: { users: { listed: users.length, expected: null }, groups: { listed: groups.length, expected: null } },
      }),
    }),
    readUsers: (ids, want) =>
      find(ids, (id) => (tenant.users[id] ? user(id, tenant.users[id], want.users) : undefined)),
    readGroups: (ids) => find(ids, (id) => (tenant.groups?.[id] ? group(id, tenant.groups[id]) : undefined)),
    readMembers: (ids) => find(ids, (id) => tenant.groups?.[id]?.members?.map(member)),
    requests: () => 0,
    close: async () => {},
  };
}

/** A clock that moves on by a second at each look, and never waits. */
export function testClock(start = Date.UTC(2026, 0, 1)): Clock & { now(): number } {
  let now = start;
  return {
    now: () => (now += 1000),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

/** What the configuration says of a source where it says nothing. Tests that are not about limits have none. */
export const SOURCE: PassRequest['source'] = {
  name: 'corp',
  type: 'memory',
  nestedGroups: 'flatten',
  onMissing: 'deactivate',
  confirmMissing: true,
  deleteAfter: null,
  limits: DEFAULT_LIMITS,
};

/** Rules of a source, told shortly. */
export interface RulesSketch {
  where?: string;
  attributes?: Record<string, string | readonly string[]>;
  groupsWhere?: string;
  groups?: { name?: string; description?: string };
  onConflict?: 'skip' | 'unite';
  custom?: string[];
  tables?: SourceRules['tables'];
}

export function rulesOf(sketch: RulesSketch): SourceRules {
  const { where = null, attributes = {}, groupsWhere = null, groups = {}, onConflict = 'skip' } = sketch;
  const lists = Object.entries(attributes).map(([name, rule]) => [name, typeof rule === 'string' ? [rule] : rule]);
  return {
    ...NO_RULES,
    users: { where, attributes: Object.fromEntries(lists) },
    groups: { where: groupsWhere, attributes: groups, onConflict },
    customAttributes: sketch.custom ?? [],
    tables: sketch.tables ?? {},
  };
}

/** A folder for one test's directory, and passes into it. */
export class Directory implements Disposable {
  readonly folder: string;
  readonly path: string;
  readonly clock = testClock();
  /** The sources that the configuration names: all that had a pass, unless a test takes one out. */
  readonly sources = new Set<string>();
  /** What the last pass had read, as people are told. */
  read: Progress = { users: 0, groups: 0, members: 0 };
  readonly #seen = ({ users, groups, members }: Progress) => {
    this.read = { users, groups, members };
  };

  /** @param path an existing directory; a new one in a folder of its own where none is given */
  constructor(path?: string) {
    this.folder = path === undefined ? mkdtempSync(join(tmpdir(), 'rosterd-test-')) : dirname(path);
    this.path = path ?? join(this.folder, 'directory.db');
  }

  async pass(
    tenant: Tenant,
    options: { source?: string; answers?: Answers; request?: Partial<PassRequest> } = {},
  ): Promise<PassResult> {
    const connector = connectorTo(tenant, options.answers);
    return await this.run(connector, options.source ?? 'corp', options.request);
  }

  async run(connector: Connector | null, source = 'corp', request: Partial<PassRequest> = {}): Promise<PassResult> {
    if (!request.removal) this.sources.add(source);
    return await runPass(
      {
        directory: this.path,
        source: { ...SOURCE, name: source, limits: {} },
        sources: [...this.sources],
        mode: 'full',
        trigger: 'once',
        actor: 'test',
        read: connector ? 'full' : 'none',
        commit: true,
        wait: 0,
        configSha256: 'none',
        version: 'test',
        ...request,
      },
      { connector, clock: this.clock, signal: new AbortController().signal, progress: this.#seen, began: () => {} },
    );
  }

  /** Rows of a query, as a reader of the file sees them. */
  rows<T = Record<string, unknown>>(sql: string, ...values: unknown[]): T[] {
    const db = new Database(this.path, { readonly: true });
    try {
      // The caller knows what it selects.
      return db.prepare(sql).all(...values) as T[];
    } finally {
      db.close();
    }
  }

  /** Changes the file behind rosterd's back. */
  write(sql: string): void {
    const db = new Database(this.path);
    try {
      db.exec(sql);
    } finally {
      db.close();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the directory shows, ids and times aside: active accounts, groups, memberships and nesting, by name. */
export function shown(directory: Directory) {
  const manager = '(SELECT m.user_name FROM v1_users m WHERE m.id = u.manager_id AND m.active = 1)';
  return {
    users:
      directory.rows(`SELECT source, external_id, user_name, user_key, email, display_name, given_name, family_name, title,
      department, organization, employee_number, user_type, ${manager} AS manager, phone_number, locale FROM v1_users u
      WHERE active = 1 ORDER BY source, external_id`),
    groups: directory.rows('SELECT source, external_id, name, description FROM v1_groups ORDER BY source, external_id'),
    members: directory.rows(`SELECT g.external_id AS grp, u.external_id AS usr, m.direct, m.origin FROM v1_memberships m
      JOIN v1_groups g ON g.id = m.group_id JOIN v1_users u ON u.id = m.user_id ORDER BY 1, 2`),
    nesting: directory.rows(`SELECT p.external_id AS parent, c.external_id AS child FROM v1_group_nesting n
      JOIN v1_groups p ON p.id = n.parent_id JOIN v1_groups c ON c.id = n.child_id ORDER BY 1, 2`),
  };
}
