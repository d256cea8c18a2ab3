import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/expressions/compile.ts';
import { RuleFailure } from '../../src/expressions/rule.ts';
import { STANDARD_ATTRIBUTES } from '../../src/model/user.ts';
import { addMembers, removeMembers } from '../../src/sync/hand/members.ts';
import { suspendUser, unsuspendUser } from '../../src/sync/hand/suspend.ts';
import { contested } from './arbitrary.ts';
import { by, turn } from './hand-kit.ts';
import { Directory, SOURCE, type Tenant } from './kit.ts';
import { edit, type LocalSketch } from './local-kit.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };

const RULES = [
  'true',
  'user.department == "x"',
  'user.department != "x" && source.name == "corp"',
  'user.memberOf("team")',
  '!user.memberOf("g1-other")',
  'user.department == "y" || !user.memberOf("staff")',
  'user.memberOf("g2-name") || user.memberOf("1")',
  '"g0-name" in user.groups || "Team" in user.groups',
  'size(user.groups) > 1',
  'user.manager != null',
  'int(user.department) > 1',
  'user.userName.endsWith("-other")',
];

type Step =
  | { pass: Tenant; source: 'corp' | 'staff' }
  | { rules: LocalSketch }
  | { hand: 'add' | 'remove' | 'suspend' | 'unsuspend'; at: number };

const rules: fc.Arbitrary<LocalSketch> = fc.dictionary(
  fc.constantFrom('a', 'b', 'team', 'c'),
  fc.constantFrom(...RULES),
  {
    maxKeys: 4,
    noNullPrototype: true,
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ pass: contested, source: fc.constantFrom('corp' as const, 'staff' as const) }) },
  { weight: 2, arbitrary: fc.record({ rules }) },
  {
    weight: 1,
    arbitrary: fc.record({
      hand: fc.constantFrom('add' as const, 'remove' as const, 'suspend' as const, 'unsuspend' as const),
      at: fc.nat(20),
    }),
  },
);

const onMissing = fc.constantFrom('deactivate' as const, 'delete' as const, 'keep' as const);

interface Row {
  [attribute: string]: string | number | null;
  id: number;
  source: string;
  attributes: string;
}

/** Each rule's answer about each active account, from the views alone; null where it has none. */
function fromScratch(directory: Directory): Map<string, boolean | null> {
  const rows = directory.rows<Row>(
    'SELECT u.*, a.manager FROM v1_users u JOIN accounts a ON a.id = u.id WHERE u.active = 1',
  );
  const groups = directory.rows<{ id: number; name: string }>("SELECT id, name FROM v1_groups WHERE source <> 'local'");
  const member = directory.rows<{ grp: number; usr: number }>(
    "SELECT group_id AS grp, user_id AS usr FROM v1_memberships WHERE origin = 'source'",
  );
  const isIn = (group: number, account: number) => member.some(({ grp, usr }) => grp === group && usr === account);
  const stored = directory.rows<{ id: number; rule: string }>('SELECT id, rule FROM groups WHERE rule IS NOT NULL');
  const answers = new Map<string, boolean | null>();
  for (const { id: group, rule } of stored) {
    const compiled = compile(rule, { on: 'user', gives: 'bool' }, {});
    for (const row of rows) {
      const column = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const attributes = Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, row[column(name)]])) as never;
      try {
        const answer = compiled.evaluate({
          user: { id: String(row.id), active: true, attributes, extra: {} },
          source: { name: row.source, type: row.source === 'local' ? 'local' : 'memory' },
          asked: null,
          groups: () => groups.filter(({ id }) => isIn(id, row.id)).map(({ name }) => name),
          memberOf: (text) => {
            const found =
              groups.find(({ id }) => String(id) === text) ??
              groups.find(({ name }) => name.toLowerCase() === text.toLowerCase());
            if (!found) throw new RuleFailure('none');
            return isIn(found.id, row.id);
          },
        });
        answers.set(`${group} ${row.id}`, answer === true);
      } catch (error) {
        if (!(error instanceof RuleFailure)) throw error;
        answers.set(`${group} ${row.id}`, null);
      }
    }
  }
  return answers;
}

const marks = (directory: Directory, bit: 4 | 8) =>
  directory
    .rows<{ pair: string }>(
      `SELECT m.group_id || ' ' || m.account_id AS pair FROM memberships m JOIN groups g ON g.id = m.group_id
       WHERE g.source_id IS NULL AND m.how & ? ORDER BY m.group_id, m.account_id`,
      bit,
    )
    .map(({ pair }) => pair);

/** Local groups and accounts, to pick from. */
const picked = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(list.length, 1)];

async function byHand(directory: Directory, hand: string, at: number, held: Set<string>): Promise<void> {
  const people = directory.rows<{ id: number; source: string; active: number; why: string | null }>(
    'SELECT id, source, active, inactive_reason AS why FROM v1_users ORDER BY id',
  );
  const group = picked(directory.rows<{ id: number }>("SELECT id FROM v1_groups WHERE source = 'local'"), at);
  const person = picked(people, at);
  if (!person) return;
  if (hand === 'add' && group) {
    await addMembers(by(directory), group.id, [person], turn(directory));
    held.add(`${group.id} ${person.id}`);
  } else if (hand === 'remove' && group) {
    await removeMembers(by(directory), group.id, [person], turn(directory));
    held.delete(`${group.id} ${person.id}`);
  } else if (hand === 'suspend' && person.active === 1) await suspendUser(by(directory), person, turn(directory));
  else if (hand === 'unsuspend' && person.why === 'suspended')
    await unsuspendUser(by(directory), person, null, turn(directory));
}

test('any passes and edits leave what evaluating over the directory from scratch gives; what hands made stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), onMissing, async (steps, onMissing) => {
      using directory = new Directory();
      const held = new Set<string>();
      const latest: Record<string, Tenant> = {};
      let file: LocalSketch = {};
      const pass = (source: string, tenant: Tenant) =>
        directory.pass(tenant, { source, request: { source: { ...SOURCE, name: source, limits: {}, onMissing } } });
      for (const one of steps) {
        if ('rules' in one) file = one.rules;
        else if ('hand' in one) {
          if (Object.keys(latest).length > 0) await byHand(directory, one.hand, one.at, held);
        } else {
          latest[one.source] = one.pass;
          expect((await pass(one.source, one.pass)).outcome).toMatch(/ok|unchanged/);
        }
        await edit(directory, file);
        if (Object.keys(latest).length === 0) continue;
        const answers = fromScratch(directory);
        const byRule = new Set(marks(directory, 8));
        for (const [pair, answer] of answers)
          if (answer !== null) expect([pair, byRule.has(pair)]).toEqual([pair, answer]);
        // Whoever was deleted has no marks.
        const there = new Set(directory.rows<{ id: number }>('SELECT id FROM v1_users').map(({ id }) => String(id)));
        const marked = [...held].filter((pair) => there.has(pair.split(' ')[1] ?? ''));
        expect(marks(directory, 4)).toEqual(marked.sort(byPair));
        expect(await edit(directory, file)).toBeNull();
      }
      if (Object.keys(latest).length === 0) return;
      // What one source lets go of another one may want: once more, and then nothing is left to do.
      for (const [source, tenant] of Object.entries(latest)) await pass(source, tenant);
      const memberships = directory.rows('SELECT * FROM memberships');
      for (const [source, tenant] of Object.entries(latest)) {
        directory.write('UPDATE sources SET applied_key = NULL');
        expect(await pass(source, tenant)).toMatchObject({ outcome: 'unchanged' });
      }
      expect(directory.rows('SELECT * FROM memberships')).toEqual(memberships);
    }),
    RUNS,
  );
}, 120_000);

const byPair = (a: string, b: string) => {
  const [groupA = 0, accountA = 0] = a.split(' ').map(Number);
  const [groupB = 0, accountB = 0] = b.split(' ').map(Number);
  return groupA - groupB || accountA - accountB;
};
