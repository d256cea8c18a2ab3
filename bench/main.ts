import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Measured } from './measure.ts';
import { evaluations } from './rules.ts';
import { startOf } from './start.ts';
import { LARGE, type Size, SMALL, writeTenant } from './tenant.ts';

const HELP = `npm run bench -- [--large] [--quick] [--no-times]
  --large      also ten times the size: 1,000,000 users, 50,000 groups, 10,000,000 memberships
  --quick      a tenth of the size; for seeing that it runs
  --no-times   only what a busy machine does not change: memory, growth and rows written
Everything is measured in processes of their own, one after the other, and told as multiples of F: reading, decoding and
parsing every page in the same run, with nothing done to it. docs/performance.md explains the figures.`;

/** What a pass may cost, in multiples of F; memory in MB at the usual size. */
const TARGETS = {
  'first import': 12,
  'no-op pass': 2,
  'one per cent changed': 6,
  'rules changed': 8,
  memory: 350,
  growth: 2,
  start: 150,
} as const;

const { values: flags } = parseArgs({
  options: {
    large: { type: 'boolean' },
    quick: { type: 'boolean' },
    'no-times': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
const times = !flags['no-times'];
const folder = mkdtempSync(join(tmpdir(), 'rosterd-bench-'));
let missed = 0;
try {
  const tenth = { users: SMALL.users / 10, groups: SMALL.groups / 10, memberships: SMALL.memberships / 10 };
  const sizes: Size[] = flags.quick ? [tenth] : flags.large ? [SMALL, LARGE] : [tenth, SMALL];
  const peaks: number[] = [];
  for (const size of sizes) peaks.push(await measureSize(size));
  const [small, large] = peaks;
  if (small !== undefined && large !== undefined) {
    tell(
      `peak memory at ten times the size: ${(large / small).toFixed(2)} times (target ${TARGETS.growth})`,
      large / small <= TARGETS.growth,
    );
  }
  if (times) {
    const { byRules, byHand } = await evaluations();
    const each = (byRules / byHand || 0).toFixed(1);
    console.log(
      `\n  1,000,000 evaluations of a filter and three transformations: ${byRules.toFixed(0)} ms, by hand ${byHand.toFixed(0)} ms: ${each} times`,
    );
    for (const [command, ms] of await startOf())
      tell(`start of ${command}: ${ms} ms (target ${TARGETS.start})`, ms <= TARGETS.start);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(missed === 0 ? 'Every target was met.' : `${missed} targets were missed; docs/performance.md says why.`);

/** @returns the peak of memory of all passes, in MB */
async function measureSize(size: Size): Promise<number> {
  console.log(
    `\n${size.users.toLocaleString('en')} users, ${size.groups.toLocaleString('en')} groups, ${size.memberships.toLocaleString('en')} direct memberships`,
  );
  const first = await writeTenant(folder, size, 1);
  const second = await writeTenant(folder, size, 2);
  const directory = join(folder, `${size.users}.db`);
  // F before and after, since a machine may get busier meanwhile.
  const floors = [measure('floor', first), measure('floor', first)];
  const rows: [keyof typeof TARGETS, Measured][] = [
    ['first import', measure('pass', first, directory)],
    ['no-op pass', measure('pass', first, directory)],
    ['one per cent changed', measure('pass', second, directory)],
    ['rules changed', measure('rules', second, directory)],
  ];
  floors.push(measure('floor', first), measure('floor', first));
  const floor = floors.sort((a, b) => a.cpu - b.cpu)[1] ?? rows[0]?.[1];
  if (!floor) throw new Error('nothing was measured');
  const line = (...cells: string[]) =>
    console.log(
      `  ${cells[0]?.padEnd(22)}${cells
        .slice(1)
        .map((cell) => cell.padStart(14))
        .join('')}`,
    );
  line('', ...(times ? ['wall', 'CPU', 'x F (CPU)'] : []), 'peak memory', 'rows written');
  if (times)
    line('F', `${floor.wall.toFixed(2)} s`, `${floor.cpu.toFixed(2)} s`, '1.0', `${floor.memory.toFixed(0)} MB`, '');
  const late: string[] = [];
  for (const [name, one] of rows) {
    const ratio = one.cpu / floor.cpu;
    line(
      name,
      ...(times ? [`${one.wall.toFixed(2)} s`, `${one.cpu.toFixed(2)} s`, ratio.toFixed(1)] : []),
      `${one.memory.toFixed(0)} MB`,
      one.rows.toLocaleString('en'),
    );
    if (one.outcome !== 'ok' && one.outcome !== 'unchanged')
      throw new Error(`the ${name} did not go through: ${one.outcome}`);
    if (times && size.users >= SMALL.users && ratio > TARGETS[name])
      late.push(`${name}: ${ratio.toFixed(1)} F (target ${TARGETS[name]})`);
  }
  for (const text of late) tell(text, false);
  const peak = Math.max(...rows.map(([, one]) => one.memory));
  if (size.users === SMALL.users)
    tell(`peak memory: ${peak.toFixed(0)} MB (target ${TARGETS.memory})`, peak <= TARGETS.memory);
  const noop = rows[1]?.[1].rows ?? 0;
  tell(`rows written by the no-op pass: ${noop} (target 0, its run and source apart)`, noop === 0);
  return peak;
}

function measure(...args: string[]): Measured {
  const file = fileURLToPath(new URL('./measure.ts', import.meta.url));
  // Written by measure.ts.
  return JSON.parse(execFileSync(process.execPath, [file, ...args], { encoding: 'utf8' })) as Measured;
}

function tell(text: string, met: boolean): void {
  if (!met) missed++;
  console.log(`  ${met ? 'met   ' : 'MISSED'}  ${text}`);
}
