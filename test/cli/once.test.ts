import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lockSource } from '../../src/directory/lock.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Site, secretOf } from './once-kit.ts';

interface Told {
  source: string;
  runId: number | null;
  outcome: string;
  message: string | null;
  code: string | null;
  problems?: number;
  changes: Record<string, unknown>[];
}
const told = (out: string) => JSON.parse(out) as Told[];

describe('exit status', () => {
  test('0: synced, and nothing to sync', async () => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada', 'bob');
    site.configure();
    expect(await site.run('--once')).toMatchObject({ exit: 0, err: '' });
    expect(await site.run('--once')).toMatchObject({ exit: 0, err: '' });
    expect(site.rows('SELECT outcome FROM v1_runs')).toEqual([{ outcome: 'ok' }, { outcome: 'unchanged' }]);
  });

  test('1: the identity provider refuses', async () => {
    await using site = await Site.of('corp');
    site.configure((text) => text.replace(secretOf('corp'), 'wrong'));
    const { exit, out } = await site.run('--once');
    expect(exit).toBe(1);
    expect(out).toMatch(/^corp: failed\. Source "corp": Keycloak does not accept the secret of client "rosterd"/);
    expect(site.rows('SELECT outcome FROM v1_runs')).toEqual([{ outcome: 'failed' }]);
  });

  const usages: [string, string[], string][] = [
    ['an unknown source', ['--once', '--source', 'crop'], 'config.yaml has no source `crop`; did you mean `corp`?\n'],
    ['an unknown source like none', ['plan', '--source', 'x'], 'config.yaml has no source `x`; it has corp, branch.\n'],
    ['an unknown flag', ['--once', '--dry-rum'], "error: unknown option '--dry-rum'\n(Did you mean --dry-run?)\n"],
    ['an unknown command', ['plam'], 'There is no command `plam`; did you mean `plan`?\n'],
    [
      'a wrong duration',
      ['--once', '--wait', 'soon'],
      "error: option '--wait <duration>' argument 'soon' is invalid. Give a duration such as 500ms, 30s, 5m or 1h.\n",
    ],
  ];
  test.each(usages)('2: %s', async (_name, args, err) => {
    await using site = await Site.of('corp', 'branch');
    site.configure();
    expect(await site.run(...args)).toEqual({ exit: 2, out: '', err });
    expect(existsSync(site.directory)).toBe(false);
  });

  test('2: a secret that cannot be read, before anything else is done', async () => {
    await using site = await Site.of('corp');
    site.configure((text) => text.replace(secretOf('corp'), '"${env:NOBODY_SET_THIS}"'));
    const { exit, out, err } = await site.run('--once');
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toContain('the environment variable NOBODY_SET_THIS is not set');
    expect(existsSync(site.directory)).toBe(false);
    expect(site.realm('corp').requests).toEqual([]);
  });

  test('2: a directory that is something else', async () => {
    await using site = await Site.of('corp', 'branch');
    site.configure();
    writeFileSync(site.directory, 'something else');
    const sentence = `The directory ${site.directory} is not an SQLite file; it was left as it is. Check the key \`directory\`.\n`;
    // Once, not by every source.
    expect(await site.run('--once')).toEqual({ exit: 2, out: '', err: sentence });
    expect(await site.run('plan')).toEqual({ exit: 2, out: '', err: sentence });
    expect(site.realm('corp').requests).toEqual([]);
  });

  test('4: changes are pending, where --exit-code asks; a plan alone is 0', async () => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada');
    site.configure();
    expect(await site.run('plan')).toMatchObject({ exit: 0 });
    for (const args of [
      ['plan', '--exit-code'],
      ['--once', '--dry-run', '--exit-code'],
    ]) {
      expect(await site.run(...args)).toMatchObject({ exit: 4 });
    }
    expect(existsSync(site.directory)).toBe(false);
    // Only of a plan: a sync leaves nothing pending.
    expect(await site.run('--once', '--exit-code')).toMatchObject({ exit: 0 });
    expect(await site.run('plan', '--exit-code')).toMatchObject({ exit: 0 });
    expect(await site.run('plan', '--offline', '--exit-code')).toMatchObject({ exit: 0 });
  });

  test('5: the source is busy, and who holds it is named', async () => {
    await using site = await Site.of('corp');
    site.fill('corp', 'ada');
    site.configure();
    const lock = await lockSource(site.directory, 'corp', 'a test', { clock: systemClock, wait: 0 });
    const { exit, out, err } = await site.run('--once', '--wait', '1ms');
    expect({ exit, out }).toEqual({ exit: 5, out: '' });
    expect(err).toMatch(
      new RegExp(
        `^Source \`corp\` is busy: a test, process ${process.pid} on .+\\. Nothing was done; try again, or wait longer with --wait\\.\n$`,
      ),
    );
    const printed = await site.run('--once', '--wait', '1ms', '--json');
    expect(told(printed.out)).toEqual([
      { source: 'corp', runId: null, outcome: 'failed', code: 'busy', message: printed.err.trimEnd(), changes: [] },
    ]);
    expect(site.realm('corp').requests).toEqual([]);
    lock.release();
    expect(await site.run('--once', '--wait', '1ms')).toMatchObject({ exit: 0 });
  });
});

test('JSON holds what the text says', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada', 'bob');
  site.configure();
  const text = await site.run('plan');
  const json = await site.run('plan', '--json');
  const [plan] = told(json.out);
  expect(text.out).toContain('corp: 2 accounts to create, 1 group to create, 2 memberships to add');
  expect(plan).toMatchObject({
    ...{ source: 'corp', runId: 1, outcome: 'ok', message: null, code: null, problems: 0 },
    ...{ seen: { users: 2, groups: 1, members: 2 }, created: 2, groups_changed: 1, members_added: 2 },
  });
  expect(plan?.changes.map(({ action, object, after }) => [action, object, after])).toEqual(
    expect.arrayContaining([
      ['create', 'user', { active: true, userName: 'ada', displayName: 'ada', givenName: 'ada' }],
      ['create', 'group', expect.objectContaining({ name: 'corp-all' })],
      ['add', 'membership', { direct: 1, origin: 'source' }],
    ]),
  );
  const lines = text.out.split('\n').filter((line) => /^ {2}[+~-] /.test(line));
  expect(lines).toEqual([
    '  + user   ada  ada',
    '  + user   bob  bob',
    '  + group  corp-all',
    '  + member corp-all  ada, bob',
  ]);
  expect(text.out).toMatch(/\nNothing was changed: this was a plan\.\n$/);

  // A pass that fails is told in JSON as well.
  site.realm('corp').client.roles.clear();
  const failed = await site.run('--once', '--json');
  expect(failed.exit).toBe(1);
  expect(told(failed.out)).toMatchObject([{ source: 'corp', outcome: 'failed', code: 'permission', changes: [] }]);
});
