import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PassRequest } from '../../src/model/pass.ts';
import { contested, tenant } from './arbitrary.ts';
import { invert, type State, stateOf } from './journal.ts';
import { Directory, type RulesSketch, rulesOf, SOURCE, shown, type Tenant } from './kit.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };

/** Rules of many kinds: some look at groups, some give no answer about some people, some about nobody at all. */
const rules: fc.Arbitrary<RulesSketch> = fc.record(
  {
    where: fc.constantFrom(
      'user.department == "x"',
      'user.department != "Ärger"',
      'user.email != null',
      'user.memberOf("g0-name")',
      'user.memberOf("g1")',
      '!user.memberOf("team")',
      'user.memberOf("nowhere") || user.department == "y"',
      '"g2-name" in user.groups',
      'size(user.groups) > 1',
      'int(user.department) > 0',
      'user.attributes["extra"] == "1" || user.department == null',
    ),
    attributes: fc.record(
      {
        userName: fc.constantFrom<string | string[]>(
          'user.userName.upperAscii()',
          'user.email.localPart()',
          ['user.department', 'user.department + string(n)'],
          ['user.email.localPart()', 'user.userName', '"u" + string(n)'],
          'string(int(user.department))',
        ),
        department: fc.constantFrom('user.groups.join(",")', 'null', 'user.memberOf("g2") ? "in" : null'),
        custom: fc.constantFrom('user.groups', 'size(user.groups)', 'user.attributes["extra"]', 'int(user.department)'),
      },
      { requiredKeys: [] },
    ),
    groupsWhere: fc.constantFrom(
      'group.name != "team"',
      'group.name.endsWith("name")',
      'group.description == null',
      'int(group.name.left(1)) > 0',
    ),
    groups: fc.record(
      { name: fc.constantFrom('group.name.left(1)', 'group.description', 'group.name.upperAscii()') },
      { requiredKeys: [] },
    ),
    onConflict: fc.constantFrom('skip', 'unite'),
  },
  { requiredKeys: [] },
);
const sound = rules.map((sketch) => ({ ...sketch, custom: ['custom'] }));

const asked = (sketch: RulesSketch, nestedGroups: 'flatten' | 'direct' = 'flatten'): Partial<PassRequest> => ({
  source: { ...SOURCE, limits: {}, nestedGroups, rules: rulesOf(sketch) },
});
const pass = (directory: Directory, snapshot: Tenant, sketch: RulesSketch) =>
  directory.pass(snapshot, { request: asked(sketch) });

function forget(directory: Directory): void {
  const db = new Database(directory.path);
  db.prepare('UPDATE sources SET applied_key = NULL').run();
  db.close();
}

const views = (directory: Directory) =>
  ['v1_users', 'v1_groups', 'v1_memberships', 'v1_group_nesting', 'v1_problems'].map((view) =>
    directory
      .rows(`SELECT * FROM ${view}`)
      .map(({ created_at, updated_at, since, deactivated_at, ...row }) => row)
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );

describe('for any snapshots and rules', () => {
  test('the plan after apply is empty, even when everything is planned anew', async () => {
    await fc.assert(
      fc.asyncProperty(contested, contested, sound, sound, async (a, b, first, second) => {
        using directory = new Directory();
        await pass(directory, a, first);
        await pass(directory, b, second);
        const before = views(directory);
        expect(await pass(directory, b, second)).toMatchObject({ outcome: 'unchanged' });
        forget(directory);
        expect(await pass(directory, b, second)).toMatchObject({ outcome: 'unchanged' });
        expect(views(directory)).toEqual(before);
      }),
      RUNS,
    );
  });

  test('what is planned from the changes alone is what is planned from everything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(contested, { minLength: 2, maxLength: 4 }), sound, async (snapshots, sketch) => {
        using changes = new Directory();
        using everything = new Directory();
        for (const snapshot of snapshots) {
          await pass(changes, snapshot, sketch);
          await pass(everything, snapshot, sketch);
          forget(everything);
        }
        expect(views(changes)).toEqual(views(everything));
      }),
      RUNS,
    );
  });

  test('an edit offline gives what the next whole pass would', async () => {
    await fc.assert(
      fc.asyncProperty(contested, sound, sound, async (snapshot, first, second) => {
        using offline = new Directory();
        using online = new Directory();
        for (const directory of [offline, online])
          await pass(directory, snapshot, { ...first, where: first.where ?? 'user.attributes["extra"] == null' });
        await offline.run(null, 'corp', asked(second));
        await pass(offline, snapshot, second);
        await pass(online, snapshot, second);
        expect(shown(offline)).toEqual(shown(online));
      }),
      RUNS,
    );
  });

  test('the journal suffices to take every pass back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(contested, sound), { minLength: 1, maxLength: 4 }), async (steps) => {
        using directory = new Directory();
        let before: State = { users: {}, groups: {}, members: {}, nesting: {} };
        for (const [snapshot, sketch] of steps) {
          const { runId } = await pass(directory, snapshot, sketch);
          const after = stateOf(directory);
          expect(plain(invert(after, directory, runId))).toEqual(plain(before));
          before = after;
        }
      }),
      RUNS,
    );
  });

  test('a rule that gives no answer takes nobody away and lets nobody in', async () => {
    await fc.assert(
      fc.asyncProperty(
        tenant,
        fc.constantFrom(
          'user.memberOf("nowhere")',
          'int(user.department + "x") > 0',
          '!user.memberOf("nowhere") && true',
        ),
        async (snapshot, where) => {
          using directory = new Directory();
          await pass(directory, snapshot, {});
          const active = () =>
            directory
              .rows<{ id: string }>('SELECT external_id AS id FROM v1_users WHERE active = 1 ORDER BY 1')
              .map(({ id }) => id);
          const members = () => directory.rows('SELECT * FROM v1_memberships ORDER BY 1, 2');
          const before = { active: active(), members: members() };
          const certain = where.startsWith('int')
            ? new Set(
                Object.entries(snapshot.users).flatMap(([id, { department }]) => (department == null ? [id] : [])),
              )
            : new Set<string>();
          await pass(
            directory,
            { ...snapshot, users: { ...snapshot.users, newcomer: { userName: 'newcomer', department: 'x' } } },
            { where },
          );
          expect(active()).toEqual(before.active.filter((id) => !certain.has(id)));
          if (certain.size === 0) expect(members()).toEqual(before.members);
        },
      ),
      RUNS,
    );
  });
});

/** Without what a group is made of and the custom attributes, which journal.ts does not take back. */
function plain(state: State): State {
  const less = (rows: State['users']) =>
    Object.fromEntries(Object.entries(rows).map(([id, { sources, attributes, ...row }]) => [id, row]));
  return { ...state, users: less(state.users), groups: less(state.groups) };
}
