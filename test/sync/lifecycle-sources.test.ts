import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { notePaused } from '../../src/sync/paused.ts';
import { type Renamed, renameSource } from '../../src/sync/rename.ts';
import { edited, Guarded, grouped, ids, people, without } from './guarding.ts';
import { invert, stateOf } from './journal.ts';
import { SOURCE, shown, type Tenant } from './kit.ts';

/** Ten people, the fourth of them disabled; all in `all`, two in `team`, which is in `outer`. */
const company = (): Tenant =>
  edited(grouped(people(1, 10), { all: ids(1, 10), team: ids(1, 2), outer: ['@team', 'u009'] }), ['u004'], {
    active: false,
  });

async function imported(): Promise<Guarded> {
  const directory = new Guarded();
  // Disabled people who never had an account get none.
  await directory.sync(edited(company(), ['u004'], { active: true }));
  await directory.sync(company());
  return directory;
}

/** The file no longer names the source, and somebody removes it. */
async function remove(
  directory: Guarded,
  options: { deletion?: boolean; approve?: string; source?: string } = {},
): Promise<PassResult> {
  const { deletion = false, approve, source = 'corp' } = options;
  directory.sources.delete(source);
  return await directory.run(null, source, {
    source: { ...SOURCE, name: source, onMissing: deletion ? 'delete' : 'deactivate', limits: DEFAULT_LIMITS },
    mode: approve === undefined ? 'hand' : 'approve',
    trigger: 'hand',
    removal: { reason: 'We left them.' },
    ...(approve !== undefined && { approval: { plan: approve, reason: 'Yes.' } }),
  });
}

/** Removes it, and approves that. */
async function removeForGood(directory: Guarded, options: { deletion?: boolean } = {}): Promise<PassResult> {
  const { blocked } = await remove(directory, options);
  return await remove(directory, { ...options, approve: blocked?.id ?? '' });
}

async function rename(
  directory: Guarded,
  from: string,
  to: string,
  inFile: string[] = [to],
  wait = 0,
): Promise<Renamed> {
  const { path, clock } = directory;
  const rest = { actor: 'ada', wait, configSha256: 'none', version: 'test' };
  const renamed = await renameSource(
    { directory: path, from, to, sources: inFile, ...rest },
    clock,
    new AbortController().signal,
  );
  directory.sources.clear();
  for (const name of inFile) directory.sources.add(name);
  return renamed;
}

const states = (directory: Guarded) =>
  Object.fromEntries(
    directory
      .rows<{ name: string; state: string }>('SELECT name, state FROM v1_sources')
      .map(({ name, state }) => [name, state]),
  );
const left = (directory: Guarded) =>
  directory.rows(
    "SELECT source, object, object_id, external_id FROM v1_problems WHERE kind = 'source-left' ORDER BY 1",
  );
const LEFT = { source: 'corp', object: 'source', object_id: null, external_id: null };
const reasons = (directory: Guarded) =>
  Object.fromEntries(
    directory
      .rows<{ reason: string | null; n: number }>(
        'SELECT inactive_reason AS reason, count(*) AS n FROM v1_users GROUP BY 1',
      )
      .map(({ reason, n }) => [reason ?? 'active', n]),
  );

describe('a source that left the configuration', () => {
  test('keeps everything, and is a problem until it is back', async () => {
    using directory = await imported();
    const before = shown(directory);
    directory.sources.delete('corp');
    await directory.sync(people(11, 12), {}, 'staff');
    expect(left(directory)).toEqual([LEFT]);
    const [since] = directory.rows('SELECT since, detail FROM v1_problems');
    expect(since).toMatchInlineSnapshot(`
      {
        "detail": "The configuration no longer names this source; its accounts and groups stay as they are. Put it back, or type "rosterd source remove corp" if it is to go, or "rosterd source rename corp NEW" if it is called NEW now.",
        "since": "2026-01-01T00:00:29.000Z",
      }
    `);
    await directory.sync(people(11, 12), {}, 'staff');
    expect(directory.rows('SELECT since, detail FROM v1_problems')).toEqual([since]);
    expect(shown(directory).members).toEqual(before.members);
    await directory.sync(company());
    expect(left(directory)).toEqual([]);
  });

  test('is told of by a pass that fails, too, and by the pass of another source it is cleared', async () => {
    using directory = await imported();
    directory.sources.delete('corp');
    await directory.pass(people(11, 12), { source: 'staff', answers: { cutAfter: 1, batch: 1 } });
    expect(left(directory)).toEqual([LEFT]);
    directory.sources.add('corp');
    await directory.sync(people(11, 12), {}, 'staff');
    expect(left(directory)).toEqual([]);
  });

  test('is none where it never had anything', async () => {
    using directory = new Guarded();
    await directory.pass(people(1, 2), { answers: { cutAfter: 1, batch: 1 } });
    directory.sources.delete('corp');
    await directory.sync(people(11, 12), {}, 'staff');
    expect(left(directory)).toEqual([]);
  });
});

describe('the removal of a source', () => {
  test('is stopped, and changes nothing but what waits', async () => {
    using directory = await imported();
    const before = stateOf(directory);
    const result = await remove(directory);
    expect(result).toMatchObject({
      outcome: 'blocked',
      message: 'We left them.',
      blocked: { removal: true, again: false },
    });
    expect(result.blocked).toMatchObject({
      causes: [
        'Source `corp` is to be removed: its accounts become inactive and keep their ids and their history, its groups go.',
      ],
      removals: [
        { what: 'accounts to deactivate', count: 9 },
        { what: 'groups to remove', count: 3 },
      ],
    });
    expect(stateOf(directory)).toEqual(before);
    expect(states(directory)).toEqual({ corp: 'blocked' });
    expect(left(directory)).toEqual([LEFT]);
    expect((await remove(directory)).blocked).toMatchObject({ id: result.blocked?.id, again: true });
  });

  test('approved, deactivates the accounts, removes the groups, closes the memberships', async () => {
    using directory = await imported();
    const before = stateOf(directory);
    const result = await removeForGood(directory);
    expect(result).toMatchObject({ outcome: 'ok', message: 'Yes.', problems: 0, blocked: null });
    expect(reasons(directory)).toEqual({ 'source-removed': 10 });
    expect([directory.count('v1_groups'), directory.count('memberships'), directory.count('v1_group_nesting')]).toEqual(
      [0, 0, 0],
    );
    expect(directory.rows('SELECT DISTINCT reason FROM v1_changes WHERE run_id = ?', result.runId)).toEqual([
      { reason: 'source-removed' },
    ]);
    expect(
      directory.rows(
        'SELECT mode, deactivated, updated, groups_changed, members_removed FROM v1_runs WHERE id = ?',
        result.runId,
      ),
    ).toEqual([{ mode: 'approve', deactivated: 9, updated: 1, groups_changed: 3, members_removed: 15 }]);
    expect(states(directory)).toEqual({ corp: 'removed' });
    expect(left(directory)).toEqual([]);
    expect(invert(stateOf(directory), directory, result.runId)).toEqual(before);
    expect([directory.count('mirror_users'), directory.count('mirror_groups')]).toEqual([0, 0]);
    expect(await remove(directory)).toMatchObject({ outcome: 'unchanged' });
    await directory.sync(people(11, 12), {}, 'staff');
    expect(left(directory)).toEqual([]);
  });

  test('with its accounts: they are deleted, their names and those of the groups are free', async () => {
    using directory = await imported();
    // One had left before; one group had been removed.
    const { team: _, ...groups } = without(company(), ['u001']).groups ?? {};
    await directory.sync({ ...without(company(), ['u001']), groups });
    const before = stateOf(directory);
    const result = await removeForGood(directory, { deletion: true });
    expect(result).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.count('v1_users')).toBe(0);
    const restored = invert(stateOf(directory), directory, result.runId);
    expect(JSON.stringify(restored.groups)).toBe(JSON.stringify(before.groups));
    expect(restored.members).toEqual(before.members);
    expect(Object.keys(restored.users)).toEqual(Object.keys(before.users));
    expect(await directory.sync(grouped(people(1, 3), { team: [], all: [] }), {}, 'staff')).toMatchObject({
      outcome: 'ok',
      problems: 0,
    });
    expect(directory.rows('SELECT min(id) AS id FROM v1_users')).toEqual([{ id: 11 }]);
  });

  test('spares whoever is held by hand, and the local ones; when the source returns they are held still', async () => {
    using directory = await imported();
    directory.write("UPDATE accounts SET active = 0, reason = 'suspended' WHERE user_name = 'u002'");
    directory.write("UPDATE identities SET active = 0, reason = 'suspended' WHERE account_id = 2");
    directory.write(
      "INSERT INTO accounts (name_key, user_name, active, created_at, updated_at) VALUES ('root', 'root', 1, '', '')",
    );
    await removeForGood(directory);
    expect(reasons(directory)).toEqual({ active: 1, suspended: 1, 'source-removed': 9 });
    await directory.sync(company());
    expect(reasons(directory)).toEqual({ active: 9, suspended: 1, disabled: 1 });
  });

  test('the source that returns has its accounts, groups and ids again, and no others', async () => {
    using directory = await imported();
    const before = shown(directory);
    const accounts = directory.rows('SELECT id, user_name FROM v1_users ORDER BY id');
    await removeForGood(directory);
    await directory.later(1000);
    const back = await directory.sync(company());
    expect(back).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.rows('SELECT reactivated, created FROM v1_runs WHERE id = ?', back.runId)).toEqual([
      { reactivated: 9, created: 0 },
    ]);
    expect(shown(directory)).toEqual(before);
    expect(directory.rows('SELECT id, user_name FROM v1_users ORDER BY id')).toEqual(accounts);
    expect(states(directory)).toEqual({ corp: 'ok' });
    expect((await directory.sync(company())).outcome).toBe('unchanged');
  });

  test('whoever left meanwhile stays removed, however many they are', async () => {
    using directory = await imported();
    await removeForGood(directory);
    await directory.later(1000);
    expect((await directory.sync(without(company(), ids(1, 8)))).outcome).toBe('ok');
    expect(reasons(directory)).toEqual({ active: 2, 'source-removed': 8 });
  });

  test('a plan to deactivate is not one to delete, nor the other way round', async () => {
    using directory = await imported();
    const first = await remove(directory);
    const second = await remove(directory, { deletion: true });
    expect(second.blocked?.id).not.toBe(first.blocked?.id);
    const third = await remove(directory);
    expect(third.blocked?.id).not.toBe(second.blocked?.id);
    expect(await remove(directory, { deletion: true, approve: third.blocked?.id ?? '' })).toMatchObject({
      code: 'approval',
    });
    expect(await remove(directory, { approve: second.blocked?.id ?? '' })).toMatchObject({ code: 'approval' });
    expect(reasons(directory)).toEqual({ active: 9, disabled: 1 });
  });

  test('the source that comes back before the approval takes the plan back', async () => {
    using directory = await imported();
    const { blocked } = await remove(directory);
    expect(await directory.sync(company())).toMatchObject({ outcome: 'unchanged', blocked: null });
    expect(await remove(directory, { approve: blocked?.id ?? '' })).toMatchObject({ code: 'approval' });
  });

  test('what was stopped before the source left does not come into it', async () => {
    using directory = await imported();
    const accident = await directory.sync(without(company(), ids(1, 9)));
    const result = await remove(directory);
    expect(result.blocked?.id).not.toBe(accident.blocked?.id);
    expect(result.blocked?.removals).toMatchObject([{ count: 9 }, { count: 3 }]);
    expect(await remove(directory, { approve: result.blocked?.id ?? '' })).toMatchObject({ outcome: 'ok' });
    expect(reasons(directory)).toEqual({ 'source-removed': 10 });
  });
});

describe('a source under a new name', () => {
  test('is stopped at its first pass, and told what to type; renamed, it goes on with its accounts', async () => {
    using directory = await imported();
    const before = directory.rows('SELECT id, user_name, active FROM v1_users ORDER BY id');
    directory.sources.delete('corp');
    const first = await directory.sync(company(), {}, 'acme');
    expect(first).toMatchObject({ outcome: 'blocked', problems: expect.any(Number) as number });
    expect(first.blocked?.limits).toEqual([
      '10 of its 10 users have accounts already, those of source `corp`, which the configuration no longer names: they would all be made a second time. If it is the same source under a new name, type "rosterd source rename corp acme"; if not, "rosterd source remove corp".',
    ]);
    expect(first.blocked?.causes).toEqual(['Source `corp` has another name in the configuration now.']);
    expect((await directory.sync(company(), {}, 'acme')).blocked).toMatchObject({ id: first.blocked?.id, again: true });
    expect(await rename(directory, 'corp', 'acme')).toMatchObject({ dropped: true });
    expect(await directory.sync(company(), {}, 'acme')).toMatchObject({
      outcome: 'unchanged',
      problems: 0,
      blocked: null,
    });
    expect(directory.rows('SELECT id, user_name, active FROM v1_users ORDER BY id')).toEqual(before);
    expect(directory.rows('SELECT DISTINCT source FROM v1_users')).toEqual([{ source: 'acme' }]);
    expect(states(directory)).toEqual({ acme: 'ok' });
    expect(left(directory)).toEqual([]);
    expect(directory.rows('SELECT count(*) AS n FROM nodes WHERE source_id <> 1')).toEqual([{ n: 0 }]);
    expect(
      directory.rows('SELECT source, mode, trigger, actor, outcome, message FROM v1_runs ORDER BY id LIMIT 3 OFFSET 2'),
    ).toMatchInlineSnapshot(`
      [
        {
          "actor": "test",
          "message": null,
          "mode": "full",
          "outcome": "blocked",
          "source": "acme",
          "trigger": "once",
        },
        {
          "actor": "test",
          "message": null,
          "mode": "full",
          "outcome": "blocked",
          "source": "acme",
          "trigger": "once",
        },
        {
          "actor": "ada",
          "message": "Source \`corp\` is called \`acme\` from now on.",
          "mode": "hand",
          "outcome": "ok",
          "source": "acme",
          "trigger": "hand",
        },
      ]
    `);
  });

  test('may be renamed before the edit of the file', async () => {
    using directory = await imported();
    expect(await rename(directory, 'corp', 'acme', ['corp'])).toMatchObject({ dropped: false });
    // Until the file is edited, the old name would be a new source.
    const early = await directory.sync(company(), {}, 'corp');
    expect(early.blocked?.limits[0]).toContain('"rosterd source rename acme corp"');
    directory.sources.delete('corp');
    expect(await directory.sync(company(), {}, 'acme')).toMatchObject({ outcome: 'unchanged', problems: 0 });
  });

  test('is another source where somebody says so', async () => {
    using directory = await imported();
    directory.sources.delete('corp');
    await directory.sync(company(), {}, 'acme');
    expect((await directory.approve(company(), {}, undefined, 'acme')).outcome).toBe('unchanged');
    // All of them wait for their names, which the accounts of corp hold.
    expect(directory.rows("SELECT 1 FROM v1_problems WHERE kind = 'user-name-conflict'")).toHaveLength(9);
    await removeForGood(directory, { deletion: true });
    expect(await directory.sync(company(), {}, 'acme')).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(directory.active('acme')).toHaveLength(9);
  });

  test('two sources of one tenant, both named by the file, are no renaming', async () => {
    using directory = await imported();
    expect((await directory.sync(company(), {}, 'acme')).blocked).toBeNull();
  });

  test('a dry run is stopped in the same way', async () => {
    using directory = await imported();
    directory.sources.delete('corp');
    expect((await directory.dry(company(), 'acme')).blocked?.limits[0]).toContain('rename corp acme');
  });

  const refusals: [string, string, string, string][] = [
    ['no such source', 'crop', 'acme', 'The directory has no source `crop`.'],
    ['the new name has accounts', 'corp', 'staff', 'Source `staff` has accounts or groups of its own'],
    ['there is nothing to rename', 'empty', 'acme', 'Source `empty` has neither accounts nor groups yet'],
  ];
  test.each(refusals)('refuses: %s', async (_, from, to, sentence) => {
    using directory = await imported();
    await directory.sync(people(11, 12), {}, 'staff');
    await directory.pass({ users: {} }, { source: 'empty' });
    const before = directory.rows('SELECT * FROM sources');
    await expect(rename(directory, from, to)).rejects.toThrow(sentence);
    expect(directory.rows('SELECT * FROM sources')).toEqual(before);
  });

  test.each(['corp', 'acme'])('waits for whoever holds %s', async (held) => {
    using directory = await imported();
    const lock = await lockSource(directory.path, held, 'a pass', { clock: directory.clock, wait: 0 });
    await expect(rename(directory, 'corp', 'acme')).rejects.toMatchObject({ code: 'busy', exit: 5 });
    lock.release();
    await rename(directory, 'corp', 'acme');
  });

  test('a change of case alone is a renaming too', async () => {
    using directory = await imported();
    await rename(directory, 'corp', 'Corp');
    expect(await directory.sync(company(), {}, 'Corp')).toMatchObject({ outcome: 'unchanged', problems: 0 });
  });
});

describe('a source that is paused', () => {
  const pause = (directory: Guarded, name = 'corp', path = directory.path) =>
    notePaused(path, { name, type: 'memory' }, [...directory.sources, name], { clock: directory.clock, wait: 0 });

  test('says so, and nothing else of it changes', async () => {
    using directory = await imported();
    const accident = await directory.sync(without(company(), ids(1, 9)));
    const tables = ['runs', 'accounts', 'problems', 'blocked', 'mirror_users', 'journal'];
    const dump = () => tables.map((table) => directory.rows(`SELECT * FROM ${table}`));
    const before = dump();
    const [source] = directory.rows('SELECT last_success_at, blocked_plan FROM v1_sources');
    await pause(directory);
    await pause(directory);
    expect(states(directory)).toEqual({ corp: 'paused' });
    expect(dump()).toEqual(before);
    expect(directory.rows('SELECT last_success_at, blocked_plan FROM v1_sources')).toEqual([source]);
    expect((await directory.sync(without(company(), ids(1, 9)))).blocked?.id).toBe(accident.blocked?.id);
    expect(states(directory)).toEqual({ corp: 'blocked' });
  });

  test('is noted before its first pass, but makes no directory', async () => {
    using directory = new Guarded();
    await pause(directory);
    expect(() => directory.rows('SELECT 1')).toThrow();
    await directory.sync(people(1, 2), {}, 'staff');
    await pause(directory, 'later', join(directory.folder, 'directory.db'));
    expect(states(directory)).toEqual({ staff: 'ok', later: 'paused' });
  });

  test('another one that left is told of all the same', async () => {
    using directory = await imported();
    await directory.sync(people(11, 12), {}, 'staff');
    directory.sources.delete('corp');
    await pause(directory, 'staff');
    expect(left(directory)).toEqual([LEFT]);
  });
});
