import { join } from 'node:path';
import Database from 'better-sqlite3';
import { copyDirectory } from '../../src/directory/open.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import type { PassResult, PassSource } from '../../src/model/pass.ts';
import { type Answers, connectorTo, Directory, type GroupSketch, SOURCE, type Tenant, type UserSketch } from './kit.ts';

export const HOUR = 3_600_000;

/** `u001`, so that the order of ids is that of numbers. */
export const id = (n: number): string => `u${String(n).padStart(3, '0')}`;

export const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => id(from + at));

/** A tenant of people `from` to `to`; what all of them have, or what one of them has by number. */
export function people(from: number, to: number, sketch: UserSketch | ((n: number) => UserSketch) = {}): Tenant {
  const of = (n: number) => (typeof sketch === 'function' ? sketch(n) : sketch);
  return { users: Object.fromEntries(ids(from, to).map((one, at) => [one, of(from + at)])) };
}

/** The tenant with these groups instead: their members by name, the name the id. */
export const grouped = (tenant: Tenant, groups: Record<string, string[] | GroupSketch>): Tenant => ({
  ...tenant,
  groups: Object.fromEntries(
    Object.entries(groups).map(([name, group]) => [name, Array.isArray(group) ? { members: group } : group]),
  ),
});

/** The tenant without these people, in its groups as well. */
export function without(tenant: Tenant, gone: readonly string[]): Tenant {
  const left = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => !gone.includes(key)));
  const groups = Object.entries(tenant.groups ?? {}).map(([key, group]): [string, GroupSketch] => [
    key,
    { ...group, members: group.members?.filter((member) => !gone.includes(member)) ?? null },
  ]);
  return { users: left(tenant.users), groups: Object.fromEntries(groups) };
}

/** The tenant with these people changed. */
export function edited(tenant: Tenant, who: readonly string[], sketch: UserSketch): Tenant {
  const users = Object.fromEntries(who.map((one) => [one, { ...tenant.users[one], ...sketch }]));
  return { ...tenant, users: { ...tenant.users, ...users } };
}

/** A directory whose passes are guarded, and what operators do with it. */
export class Guarded extends Directory {
  limits: Limits;
  settings: Partial<PassSource> = {};
  /** Whom the last pass, or approval, looked up by id. */
  lookedUp: readonly string[] = [];
  #last: PassResult | undefined;

  constructor(limits: Limits = DEFAULT_LIMITS) {
    super();
    this.limits = limits;
  }

  /** A pass; throws what is unforeseen, which no test of a limit is about. */
  async sync(tenant: Tenant, answers: Answers = {}, source = 'corp'): Promise<PassResult> {
    const connector = connectorTo(tenant, answers);
    const result = await this.run(connector, source, { source: this.#source(source) });
    if (result.code === 'unexpected' && answers.cutAfter === undefined) throw new Error(result.message ?? '');
    this.lookedUp = [...connector.lookedUp].sort();
    if (result.blocked) this.#last = result;
    return result;
  }

  /** Approves the plan that a pass was stopped with last, or another one. */
  async approve(tenant: Tenant, answers: Answers = {}, plan = this.plan(), source = 'corp'): Promise<PassResult> {
    const connector = connectorTo(tenant, answers);
    const result = await this.run(connector, source, {
      source: this.#source(source),
      mode: 'approve',
      trigger: 'hand',
      read: 'missing',
      approval: { plan, reason: 'They left.' },
    });
    this.lookedUp = [...connector.lookedUp].sort();
    return result;
  }

  /** The same pass on a private copy: a dry run. */
  async dry(tenant: Tenant, source = 'corp'): Promise<PassResult> {
    const copy = join(this.folder, 'copy.db');
    await copyDirectory(this.path, copy, this.clock.now());
    return await this.run(connectorTo(tenant), source, {
      source: this.#source(source),
      directory: copy,
      commit: false,
    });
  }

  /** Does to the file what only somebody else than a pass does: another release, or a person with a shell. */
  edit(...statements: string[]): void {
    const db = new Database(this.path);
    try {
      for (const sql of statements) db.exec(sql);
    } finally {
      db.close();
    }
  }

  plan(): string {
    if (!this.#last?.blocked) throw new Error('no pass was stopped');
    return this.#last.blocked.id;
  }

  /** Moves the clock on. */
  async later(hours: number): Promise<void> {
    await this.clock.sleep(hours * HOUR);
  }

  /** Ids at the source of those who are active. */
  active(source = 'corp'): string[] {
    const rows = this.rows<{ ext: string }>(
      'SELECT external_id AS ext FROM v1_users WHERE active = 1 AND source = ? ORDER BY 1',
      source,
    );
    return rows.map(({ ext }) => ext);
  }

  count(view: string): number {
    return this.rows<{ n: number }>(`SELECT count(*) AS n FROM ${view}`)[0]?.n ?? 0;
  }

  problems(): string[] {
    return this.rows<{ text: string }>(
      "SELECT kind || ' ' || external_id AS text FROM v1_problems ORDER BY source, 1",
    ).map(({ text }) => text);
  }

  #source(name: string): PassSource {
    return { ...SOURCE, ...this.settings, name, limits: this.limits };
  }
}

/** The keys of the limits that a pass was stopped by, `rename` once for users and once for groups. */
export const stoppedBy = ({ blocked }: PassResult): string[] =>
  (blocked?.limits ?? []).map((text) => /`limits\.(\w+)/.exec(text)?.[1] ?? text);
