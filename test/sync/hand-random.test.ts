import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/model/failure.ts';
import { addGroup, deleteGroup, renameGroup } from '../../src/sync/hand/groups.ts';
import { addUser, deactivateUser, deleteUser, updateUser } from '../../src/sync/hand/local-user.ts';
import { addMembers, removeMembers } from '../../src/sync/hand/members.ts';
import { releaseName } from '../../src/sync/hand/release-name.ts';
import { relink } from '../../src/sync/hand/relink.ts';
import { suspendUser, unsuspendUser } from '../../src/sync/hand/suspend.ts';
import { compileRules } from '../../src/sync/rules.ts';
import { contested } from './arbitrary.ts';
import { by, turn } from './hand-kit.ts';
import { invert, type State, stateOf } from './journal.ts';
import { Directory, type Tenant } from './kit.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };

type Step = { pass: Tenant } | { edit: (typeof EDITS)[number]; which: number; other: number; word: string };

const EDITS = [
  ...(['add', 'update', 'rename', 'deactivate', 'activate', 'delete', 'suspend', 'suspend', 'unsuspend'] as const),
  ...(['relink', 'release', 'group', 'regroup', 'ungroup', 'join', 'join', 'leave'] as const),
];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ pass: contested }) },
  {
    weight: 4,
    arbitrary: fc.record({
      edit: fc.constantFrom(...EDITS),
      which: fc.nat(20),
      other: fc.nat(20),
      word: fc.constantFrom('ada', 'Bob', 'carol', 'team', 'root', 'x'),
    }),
  },
);

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** @returns the run, or null where the edit was refused or changed nothing */
async function edit(directory: Directory, { edit, which, other, word }: Exclude<Step, { pass: Tenant }>) {
  const who = pick(
    directory.rows<{ id: number; source: string }>('SELECT id, source FROM v1_users ORDER BY id'),
    which,
  );
  const group = pick(directory.rows<{ id: number }>('SELECT id FROM v1_groups ORDER BY id'), other)?.id ?? 0;
  const ext =
    pick(directory.rows<{ ext: string }>('SELECT ext FROM nodes WHERE kind = 1 ORDER BY id'), other)?.ext ?? 'u0';
  const [hand, now] = [by(directory), turn(directory)];
  const rules = { name: 'corp', type: 'memory', rules: await compileRules({}) };
  if (!who && !['add', 'group', 'regroup', 'ungroup'].includes(edit)) return null;
  const person = who ?? { id: 0, source: 'local' };
  const run = {
    add: () => addUser(hand, word, { title: word }, now),
    update: () => updateUser(hand, person, { email: word, manager: person.id }, false, now),
    rename: () => updateUser(hand, person, { userName: word }, false, now),
    activate: () => updateUser(hand, person, {}, true, now),
    deactivate: () => deactivateUser(hand, person, now),
    delete: () => deleteUser(hand, person, now),
    suspend: () => suspendUser(hand, person, now),
    unsuspend: () => unsuspendUser(hand, person, rules, now),
    relink: () => relink(hand, person, { source: 'corp', ext }, now),
    release: () => releaseName(hand, person, now),
    group: () => addGroup(hand, word, word, now),
    regroup: () => renameGroup(hand, group, word, now),
    ungroup: () => deleteGroup(hand, group, now),
    join: () => addMembers(hand, group, [person], now),
    leave: () => removeMembers(hand, group, [person], now),
  }[edit];
  try {
    return (await run()).runId;
  } catch (error) {
    if (error instanceof Failure && (error.exit === 2 || error.exit === 5)) return null;
    throw error;
  }
}

/** The directory, with whose user an account is and whether it holds its name; what it does not have is left out. */
function wholeOf(directory: Directory): State {
  const state = stateOf(directory);
  const accounts = 'SELECT id, user_key AS key, external_id AS ext FROM v1_users';
  for (const { id, key, ext } of directory.rows<{ id: number; key: string | null; ext: string | null }>(accounts)) {
    const row = state.users[id];
    if (row) Object.assign(row, { externalId: ext, holdsName: Number(key !== null) });
  }
  return plain(state);
}

const plain = (state: State): State => ({
  ...state,
  users: Object.fromEntries(
    Object.entries(state.users).map(([id, row]) => [
      id,
      Object.fromEntries(
        Object.entries(row).filter(([key, value]) => value !== null && !(key === 'holdsName' && value === 1)),
      ),
    ]),
  ),
});

const locals = (directory: Directory) => [
  directory.rows('SELECT * FROM accounts WHERE source_id IS NULL'),
  directory.rows('SELECT * FROM groups WHERE source_id IS NULL'),
  directory.rows('SELECT * FROM memberships WHERE how & 4'),
];
const suspended = (directory: Directory) =>
  directory.rows<{ id: number }>("SELECT id FROM v1_users WHERE inactive_reason = 'suspended' ORDER BY id");

test('random edits between random passes', async () => {
  await fc.assert(
    fc.asyncProperty(contested, fc.array(step, { minLength: 10, maxLength: 20, size: 'max' }), async (first, steps) => {
      using directory = new Directory();
      let tenant = first;
      await directory.pass(tenant);
      let before = wholeOf(directory);
      for (const one of steps) {
        if ('pass' in one) {
          tenant = one.pass;
          const [kept, held] = [locals(directory), suspended(directory)];
          const { runId, outcome } = await directory.pass(tenant);
          expect(outcome).toMatch(/ok|unchanged/);
          // No pass touches what was made by hand, nor ends a suspension.
          expect(locals(directory)).toEqual(kept);
          expect(suspended(directory)).toEqual(held);
          const after = wholeOf(directory);
          expect(plain(invert(after, directory, runId))).toEqual(before);
          before = after;
          // Whatever was planned from the changes alone is what everything gives.
          directory.write('UPDATE sources SET applied_key = NULL');
          expect(await directory.pass(tenant)).toMatchObject({ outcome: 'unchanged' });
        } else {
          const runId = await edit(directory, one);
          const after = wholeOf(directory);
          expect(runId === null ? after : plain(invert(after, directory, runId))).toEqual(before);
          before = after;
        }
      }
    }),
    RUNS,
  );
}, 300_000);
