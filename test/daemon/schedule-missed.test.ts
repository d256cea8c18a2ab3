import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { scheduleBackups } from '../../src/daemon/backups.ts';
import { parse, SOURCE } from '../config/kit.ts';
import { Daemon, SELDOM, world } from './kit.ts';

const QUIET = 'runOnStart: false\n';
const RUNS = 'SELECT trigger, outcome FROM v1_runs ORDER BY id';

describe('a pass of the schedule that did not come to its end is made up for by the next start', {
  timeout: 60_000,
}, () => {
  test.each([
    ['SIGTERM', 'cancelled'],
    ['SIGKILL', 'interrupted'],
  ] as const)('%s', async (signal, outcome) => {
    const { site, port } = await world(`schedule: "* * * * * *"\n${QUIET}`);
    await using _ = site;
    expect(await site.run('--once')).toMatchObject({ exit: 0 });
    site.realm('staff').faults.conditions.latencyMs = 1000;
    {
      await using daemon = new Daemon(site, port);
      const running = () => site.rows("SELECT 1 FROM v1_runs WHERE outcome = 'running'").length > 0;
      for (let tries = 0; tries < 1000 && !running(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await daemon.stop(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
    }
    site.realm('staff').faults.conditions.latencyMs = 0;
    site.head = site.head.replace('schedule: "* * * * * *"', SELDOM);
    site.configure();
    const before = site.rows(RUNS).slice(0, -1);
    for (const passes of [1, 0]) {
      await using daemon = new Daemon(site, port);
      await daemon.says(/^rosterd .* runs$/);
      if (passes > 0) await daemon.says(/^the pass ended/);
      expect(await daemon.stop()).toBe(0);
      expect(site.rows(RUNS)).toEqual([
        ...before,
        { trigger: 'schedule', outcome },
        { trigger: 'schedule', outcome: 'unchanged' },
      ]);
    }
  });
});

test.each([
  ['one that was missed', '0 0 1 1 *', '2020-06-01', 1],
  ['none where nothing was missed', '0 0 29 2 1', '2020-06-01', 0],
])('backups at a start: %s', { timeout: 60_000 }, async (_, schedule, day, count) => {
  const { site } = await world();
  onTestFinished(() => site[Symbol.asyncDispose]());
  expect(await site.run('--once')).toMatchObject({ exit: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
  const dir = join(site.folder, 'backups');
  mkdirSync(dir);
  writeFileSync(join(dir, `directory-${day.replaceAll('-', '')}T030000Z.db`), '');
  const told: string[] = [];
  const tell = (_: object, message: string) => told.push(message);
  const backups = scheduleBackups({
    directory: site.directory,
    seen: () => {},
    log: { info: tell, error: tell },
  });
  backups.configure(parse(`backups: { dir: ${dir}, schedule: "${schedule}" }\n${SOURCE}`));
  for (let tries = 0; tries < (count > 0 ? 1000 : 50) && told.length === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await backups.stop();
  expect(told).toEqual(count > 0 ? ['a backup was made'] : []);
  expect(readdirSync(dir)).toHaveLength(1 + count);
});
