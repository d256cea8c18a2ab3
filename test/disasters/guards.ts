import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// "node bin/node.js test/disasters/guards.ts": takes each guard out of a copy of rosterd, and looks whether the test of
// the disaster that it stands against goes red. A guard that nothing would miss is no guard, or its test is none.

/** The test, by its words; the guard that is taken out of a file: every text of a pair becomes the other. */
interface Guard {
  test: string;
  file: string;
  out: readonly (readonly [guard: string, nothing: string])[];
  /** A second guard that stands behind it in another file. */
  and?: Omit<Guard, 'test' | 'and'>;
}

const LIST = 'connectors/http/pages.ts';
const LIMITS = 'src/sync/limits.ts';

const GUARDS: readonly Guard[] = [
  {
    test: 'an empty body for the users',
    file: LIST,
    out: [["if (!Array.isArray(got)) throw fail(what, got, 'a list');", 'if (!Array.isArray(got)) return [];']],
    and: {
      file: 'connectors/keycloak/users.ts',
      out: [
        ['if (listed < least) throw', 'if (listed < 0) throw'],
        ['if (again && (shifted || listed < least))', 'if (again && listed < 0)'],
      ],
    },
  },
  {
    test: 'all of it empty, and every count agrees',
    file: LIMITS,
    out: [['return emptied || figure.planned + figure.recent > allowed ?', 'return allowed < 0 ?']],
  },
  {
    test: 'ssosync 234, 236',
    file: 'connectors/keycloak/members.ts',
    out: [['if (!(error instanceof Refusal)) throw error;', 'return { users: [] };']],
  },
  {
    test: 'ssosync 278',
    file: 'connectors/keycloak/lookup.ts',
    out: [
      [
        'failure instanceof Refusal && failure.status === 404 && says(failure.answer(), words)',
        'failure instanceof Error && words.length > 0',
      ],
    ],
  },
  {
    test: 'idp-scim-sync 87',
    file: 'connectors/keycloak/users.ts',
    out: [
      ['if (listed < least) throw', 'if (listed < 0) throw'],
      ['if (again && (shifted || listed < least))', 'if (again && listed < 0)'],
    ],
  },
  {
    test: 'firezone 8608, 9194',
    file: 'connectors/keycloak/users.ts',
    out: [
      [
        "if (!user) throw realm.fail('the users', json, 'users with an id and a user name');",
        'if (!user) return undefined as never;',
      ],
    ],
  },
  {
    test: 'firezone 10898',
    file: 'src/sync/settle.ts',
    out: [
      [
        'const excess = request.approval ? [] : excessOf(',
        'const approvedOnce = db.prepare("SELECT EXISTS (SELECT 1 FROM runs WHERE mode = \'approve\')").pluck().get() === 1;\n  const excess = request.approval || approvedOnce ? [] : excessOf(',
      ],
    ],
  },
  {
    test: 'ssosync 189',
    file: 'src/sync/settings.ts',
    out: [['const plain = [`meaning: ${MEANING}`, ', 'const plain = [']],
  },
  {
    test: 'ssosync 88, 286',
    file: 'src/sync/plan/groups.ts',
    out: [
      [
        '  planEmptied(plan, places, parts, kept, before);',
        "  for (const id of db.prepare<[], number>('SELECT id FROM groups WHERE removed_at IS NULL').pluck().all())\n    if (!kept.has(id)) groupStep(plan, { id, name: null }, 'remove', 'missing', { removed: false }, { removed: true });",
      ],
    ],
  },
  {
    test: 'local groups keep whom they have',
    file: 'src/sync/plan/memberships.ts',
    out: [
      [
        'for (const [group, why] of places.left()) {',
        "for (const group of db.prepare<[], number>('SELECT id FROM groups WHERE source_id IS NULL').pluck().all()) plan.changeMembers('drop', group, db.prepare<[number], number>('SELECT account_id * 16 + how FROM memberships WHERE group_id = ?').pluck().all(group));\n  for (const [group, why] of places.left()) {",
      ],
    ],
  },
  {
    test: 'and are never taken over',
    file: 'src/sync/plan/group-names.ts',
    out: [['if (holder !== undefined && !names.yielding.has(holder)) {', 'if (holder === -1) {']],
  },
  {
    test: 'what rosterd knows and what it did are one',
    file: 'src/sync/settle.ts',
    out: [
      [
        'if (fetched) absorb(db, run.sourceId, run.runId, fetched);',
        "if (fetched) absorb(db, run.sourceId, run.runId, fetched);\n    db.exec('COMMIT; BEGIN IMMEDIATE');",
      ],
    ],
  },
  {
    test: 'a user deleted at the provider between listing and look-up',
    file: 'connectors/keycloak/members.ts',
    out: [['if (await isGone(realm, id, signal)) return { instead: { gone: id } };', '']],
  },
  {
    test: 'a first import that is killed',
    file: 'src/sync/pass.ts',
    out: [['if (name.startsWith(prefix) &&', 'if (name === prefix &&']],
  },
  {
    test: 'the first keeps the name, the other is left out',
    file: 'src/sync/rules.ts',
    out: [["rules?.groups.onConflict === 'unite'", 'true']],
  },
  {
    test: 'a connector in Go',
    file: 'connectors/keycloak/users.ts',
    out: [
      ['if (!full && listed === count) return', 'if (!full) return'],
      ['if (listed < least) throw', 'if (listed < 0) throw'],
      ['if (again && (shifted || listed < least))', 'if (again && listed < 0)'],
    ],
  },
  {
    test: 'an account state that was missing was read as false',
    file: 'connectors/keycloak/read.ts',
    out: [["active: typeof json.enabled === 'boolean' ? json.enabled : null,", 'active: json.enabled === true,']],
  },
  {
    test: 'a locked-out person was treated as gone',
    file: 'connectors/keycloak/read.ts',
    out: [
      [
        "active: typeof json.enabled === 'boolean' ? json.enabled : null,",
        'active: json.enabled === true && !(json.requiredActions as unknown[] | undefined)?.length,',
      ],
    ],
  },
  {
    test: 'a member without an id',
    file: 'connectors/keycloak/members.ts',
    out: [['yield [{ unread: id, why:', 'throw new Error(id);\n      yield [{ unread: id, why:']],
  },
  {
    test: 'as many pages as it takes',
    file: 'connectors/keycloak/users.ts',
    out: [
      [
        'for (let first = 0; ; first += PAGE) {',
        'for (let first = 0; ; first += PAGE) {\n    if (first >= 5 * PAGE) return { listed, shifted };',
      ],
    ],
  },
  {
    test: 'but a page that comes again and again',
    file: 'connectors/keycloak/users.ts',
    out: [
      ['const rows = page.filter((json) => !known.has(idOf(json)));', 'const rows = page;'],
      ['if (listed < least) throw', 'if (listed < 0) throw'],
      ['if (again && (shifted || listed < least))', 'if (again && listed < 0)'],
    ],
  },
  {
    test: 'what passes costs the one request that failed',
    file: 'connectors/http/retry.ts',
    out: [['return passing(answer.status) ?', 'return answer.status < 0 ?']],
  },
  {
    test: 'groups that contain each other in a circle',
    file: 'src/sync/resolve.ts',
    out: [['for (const lower of below[next] ?? []) if (visited.mark(lower)) todo.push(lower);', '']],
  },
];

const HOME = fileURLToPath(new URL('../../', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'rosterd-guards-'));
let missed = 0;
try {
  for (const part of [
    'src',
    'connectors',
    'test',
    'bin',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'config.example.yaml',
  ])
    cpSync(join(HOME, part), join(copy, part), { recursive: true });
  symlinkSync(join(HOME, 'node_modules'), join(copy, 'node_modules'));
  if (!run('')) throw new Error('the tests are not green as they are');
  for (const guard of GUARDS) {
    const restore = [guard, ...(guard.and ? [guard.and] : [])].map((one) => takeOut(one));
    const red = !run(guard.test);
    for (const back of restore) back();
    if (!red) missed++;
    const files = [guard.file, ...(guard.and ? [guard.and.file] : [])].join(', ');
    console.log(`${red ? 'red  ' : 'GREEN'}  ${guard.test}  without its guard in ${files}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(
  missed === 0
    ? `${GUARDS.length} guards, each missed by its test.`
    : `${missed} of ${GUARDS.length} guards are not missed.`,
);
process.exitCode = missed === 0 ? 0 : 1;

/** Takes a guard out of its file. @returns what puts it back */
function takeOut({ file, out }: Omit<Guard, 'test' | 'and'>): () => void {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  let without = whole;
  for (const [guard, nothing] of out) {
    if (!without.includes(guard)) throw new Error(`${file} holds no \`${guard}\` any more: say what guards there now`);
    without = without.replaceAll(guard, nothing);
  }
  writeFileSync(path, without);
  return () => writeFileSync(path, whole);
}

/** Whether the tests of those words pass in so many milliseconds, and there are any; one without end is ended. */
function run(test: string, timeout = 120_000): boolean {
  const words = test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    'test/disasters',
    '-t',
    words,
    '--reporter=json',
    '--outputFile=result.json',
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', timeout });
  const result = JSON.parse(readFileSync(join(copy, 'result.json'), 'utf8')) as { numPassedTests: number };
  return status === 0 && result.numPassedTests > 0;
}
