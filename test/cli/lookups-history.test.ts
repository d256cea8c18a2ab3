import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChangesOptions, changes } from '../../src/cli/changes.ts';
import { type RunsOptions, runs } from '../../src/cli/runs.ts';
import { Directory } from '../sync/kit.ts';
import { COMPANY, company, DAY, look, paper, refused, rows } from './lookups-kit.ts';

let directory: Directory;
beforeAll(async () => {
  directory = await company();
  await directory.pass(COMPANY, { answers: { cutAfter: 0 } });
  await directory.clock.sleep(DAY);
});
afterAll(() => directory[Symbol.dispose]());

/** How long a run took is no business of a test. */
const timeless = (text: string) => text.replaceAll(/\d+(\.\d)? m?s\b/g, (time) => 'N s'.padStart(time.length));

describe('runs', () => {
  test('the newest last', async () => {
    expect(timeless(await paper(directory, runs, {}))).toMatchInlineSnapshot(`
      "run  source  mode  trigger  started (UTC)      took  outcome  changed                    problems  message
        1  corp    full  once     2026-01-01 00:00    N s  ok       +4, groups ~3, members +4         1
        2  corp    full  once     2026-01-02 00:00    N s  ok       ~1, members +1 -1                 1
        3  corp    full  once     2026-01-03 00:00    N s  ok       -1, groups ~1, members -1         1
        4  corp    full  once     2026-01-04 00:00    N s  failed                                        Something unforeseen went wrong, and nothing was changed: the connection was cut
      "
    `);
  });

  test('a message wraps on a terminal', async () => {
    const { out } = await look(directory, runs, { outcome: 'failed' }, { columns: 60 });
    expect(timeless(out)).toMatchInlineSnapshot(`
      "run  source  mode  trigger  started (UTC)      took  outcome  changed  problems
        4  corp    full  once     2026-01-04 00:00    N s  failed
          Something unforeseen went wrong, and nothing was
          changed: the connection was cut
      "
    `);
  });

  test.each<[string, RunsOptions, number[]]>([
    ['an outcome', { outcome: 'ok' }, [1, 2, 3]],
    ['a source', { source: 'corp' }, [1, 2, 3, 4]],
    ['another', { source: 'local' }, []],
    ['a day', { since: '2026-01-02', until: '2026-01-02' }, [2]],
    ['since then', { since: '2026-01-03T00:00Z' }, [3, 4]],
    ['until then', { until: '60h' }, [1, 2]],
    ['the newest two', { limit: '2', outcome: 'ok' }, [2, 3]],
  ])('%s', async (_, options, ids) => {
    const { out } = await look(directory, runs, { ...options, json: true });
    expect((JSON.parse(out) as { id: number }[]).map((run) => run.id)).toEqual(ids);
  });

  test('for programs, the view', async () => {
    expect(await rows(directory, runs, {})).toEqual(directory.rows('SELECT * FROM v1_runs ORDER BY id'));
  });

  test('none, and what a limit cut', async () => {
    expect(await paper(directory, runs, { outcome: 'blocked' })).toBe('No runs.\n');
    expect(await paper(directory, runs, { limit: '1' })).toMatch(/\n… and 3 more; --limit 0 shows all\n$/);
  });

  test('a hundred are shown unless more are asked for', async () => {
    using busy = new Directory();
    for (let run = 0; run < 102; run++) await busy.pass({ users: { u1: {} } });
    expect((await paper(busy, runs, {})).split('\n').slice(101)).toEqual(['… and 2 more; --limit 0 shows all', '']);
    expect((await paper(busy, runs, { limit: '0' })).split('\n')).toHaveLength(104);
  });
});

describe('changes', () => {
  test('the newest last', async () => {
    expect(await paper(directory, changes, {})).toMatchInlineSnapshot(`
      "run  at (UTC)          source  reason    change
        1  2026-01-01 00:00  corp    source    + user ada
        1  2026-01-01 00:00  corp    source    + user bob
        1  2026-01-01 00:00  corp    source    + user carol
        1  2026-01-01 00:00  corp    source    + user Ève
        1  2026-01-01 00:00  corp    source    + group Platform
        1  2026-01-01 00:00  corp    source    + group Core
        1  2026-01-01 00:00  corp    source    + group Secret
        1  2026-01-01 00:00  corp    source    + subgroup Platform Core
        1  2026-01-01 00:00  corp    source    + member Platform ada
        1  2026-01-01 00:00  corp    source    + member Platform bob
        1  2026-01-01 00:00  corp    source    + member Platform carol
        1  2026-01-01 00:00  corp    source    + member Core carol
        2  2026-01-02 00:00  corp    source    ~ user bob title: null -> "Painter", department: "Sales" -> "Marketing"
        2  2026-01-02 00:00  corp    source    ~ member Platform carol nested -> direct
        2  2026-01-02 00:00  corp    source    + member Core ada
        2  2026-01-02 00:00  corp    source    - member Core carol
        3  2026-01-03 00:00  corp    disabled  - user bob (deactivated)
        3  2026-01-03 00:00  corp    missing   - group Core (removed)
        3  2026-01-03 00:00  corp    source    - subgroup Platform Core
        3  2026-01-03 00:00  corp    missing   - member Core ada
      "
    `);
  });

  test.each<[string, ChangesOptions, string[]]>([
    ['of a person', { user: 'bob', since: '2026-01-02' }, ['~ user bob', '- user bob']],
    ['of their memberships too', { user: 'carol', run: '2' }, ['~ member Platform carol', '- member Core carol']],
    [
      'of a group, removed by now',
      { group: 'core', run: '3' },
      ['- group Core', '- subgroup Platform Core', '- member Core ada'],
    ],
    ['of a person in a group', { user: 'ada', group: 'core' }, ['+ member Core ada', '- member Core ada']],
    ['of an action', { action: 'deactivate' }, ['- user bob']],
    ['of a source', { source: 'local' }, []],
    ['of a day', { since: '2026-01-03', until: '2026-01-03', user: 'bob' }, ['- user bob']],
    ['until a day', { until: '2026-01-01', user: 'bob' }, ['+ user bob', '+ member Platform bob']],
    ['the newest', { limit: '1' }, ['- member Core ada']],
    ['the newest of a person', { limit: '1', user: 'bob' }, ['- user bob']],
    [
      'the newest of an action, far back',
      { limit: '2', action: 'create', source: 'corp' },
      ['+ group Core', '+ group Secret'],
    ],
  ])('%s', async (_, options, expected) => {
    const { out } = await look(directory, changes, options);
    const lines = out.split('\n').filter((line) => /^ *\d/.test(line));
    const short = lines.map((line) => line.replace(/^.*? ([-+~] )/, '$1').split(/ \(| "|: | nested| title/)[0]);
    expect(short).toEqual(expected);
  });

  test('in steps from the newest run on: every limit gives the end of the whole', async () => {
    const all = await rows(directory, changes, { limit: '0' });
    for (let limit = 1; limit <= all.length + 1; limit++) {
      const { out } = await look(directory, changes, { limit: String(limit), json: true });
      expect(JSON.parse(out)).toEqual(all.slice(-limit));
    }
  });

  test('for programs, the view with its JSON read', async () => {
    const [update] = await rows(directory, changes, { user: 'bob', action: 'update' });
    const [view] = directory.rows(
      `SELECT * FROM v1_changes WHERE object = 'user' AND object_id = 2 AND action = 'update'`,
    );
    expect(update).toEqual({
      ...view,
      related_name: null,
      before: { department: 'Sales', title: null },
      after: { department: 'Marketing', title: 'Painter' },
    });
  });

  test('none, and what a limit cut', async () => {
    expect(await paper(directory, changes, { run: '4' })).toBe('No changes.\n');
    expect(await paper(directory, changes, { limit: '1' })).toMatch(/\n… and earlier ones; --limit 0 shows all\n$/);
    expect((await look(directory, changes, { limit: '1', json: true })).err).toBe(
      '… and earlier ones; --limit 0 shows all\n',
    );
    expect(await paper(directory, changes, { limit: '1', run: '3', action: 'deactivate' })).not.toContain('earlier');
  });

  test('colours by sign on a terminal, and wraps', async () => {
    const { out } = await look(directory, changes, { user: 'bob', run: '2' }, { columns: 80, colour: true });
    expect(out).toContain('\u001b[33m~ user bob');
    expect((await look(directory, changes, { user: 'bob', run: '2' }, { columns: 80 })).out).toMatchInlineSnapshot(`
      "run  at (UTC)          source  reason  change
        2  2026-01-02 00:00  corp    source  ~ user bob title: null -> "Painter",
                                             department: "Sales" -> "Marketing"
      "
    `);
  });
});

const NO_TIME =
  'is no time. Give a date such as 2026-11-24, a time such as 2026-11-24T18:06Z, or how long ago, such as 3d or 12h.';

test.each<[RunsOptions, string]>([
  [{ outcome: 'faild' }, '--outcome: there is no outcome `faild`; did you mean `failed`?'],
  [
    { outcome: 'x' },
    '--outcome: there is no outcome `x`; it is one of running, ok, unchanged, failed, blocked, cancelled, interrupted.',
  ],
  [{ since: '2026-01-02', until: '2026-01-01' }, '--since is not before --until, so nothing can lie between them.'],
  [{ since: '2026-13-01' }, `--since: \`2026-13-01\` ${NO_TIME}`],
  [{ until: '25:00' }, `--until: \`25:00\` ${NO_TIME}`],
])('runs: refuses %j', async (options, message) => {
  expect(await refused(directory, runs, options)).toEqual({ exit: 2, code: 'usage', message });
});

test.each<[ChangesOptions, string]>([
  [{ action: 'deactivated' }, '--action: there is no action `deactivated`; did you mean `deactivate`?'],
  [{ run: '99' }, '--run: there is no run 99; the last one is 4.'],
  [{ run: 'last' }, '--run: `last` is no whole number.'],
  [
    { user: 'nobody' },
    'There is no user `nobody` (user name, id, external id or mail address); "rosterd users TEXT" looks for part of a name.',
  ],
])('changes: refuses %j', async (options, message) => {
  expect(await refused(directory, changes, options)).toMatchObject({ exit: 2, message });
});
