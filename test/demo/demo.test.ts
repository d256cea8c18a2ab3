import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('demo.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rosterd-demo-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the demo in a folder and gives its exit status and all it printed. */
async function run(where: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [script, where], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...printed };
}

/** By configuration file: requests of a first pass, of one without news, and of one after some edits; see docs. */
const CLOUDS = [
  ['azure-ad.yaml', 7, 3, 6],
  ['google-workspace.yaml', 22, 22, 23],
  ['okta.yaml', 22, 22, 23],
] as const;

test('the demo tells its story to the end', { timeout: 300_000 }, async () => {
  const { status, out, err } = await run(join(folder, 'demo'));
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const lines = out.split('\n');
  const output = (command: string, nth = 0): string => {
    const starts = lines.flatMap((line, at) => (line.startsWith('$ ') && line.endsWith(command) ? [at] : []));
    const start = starts[nth] ?? -1;
    const end = lines.findIndex((line, at) => at > start && line.startsWith('#'));
    return lines.slice(start + 1, end).join('\n');
  };
  expect(output(' plan')).toMatch(/59 accounts to create.*19 groups to create/);
  expect(output(' plan')).toContain('Nothing was changed');
  expect(output(' --once')).toMatch(/59 accounts created.*19 groups created/);
  const second = output(' --once', 1);
  expect(second).toContain('1 account created');
  expect(second).toMatch(/eoin\.gallagher.*missing/);
  expect(second).toMatch(/tariq\.hussain.*disabled/);
  expect(second).toMatch(/nadia\.benali.*nadia\.marchetti/);
  expect(second).toMatch(/Fjordlight\/Engineering\/Data.*Fjordlight\/Operations\/Data/);
  expect(output('members Fjordlight/Engineering/Platform')).toContain('ines.moreau');
  expect(output('members Fjordlight/Engineering/Platform')).not.toContain('eoin.gallagher');
  expect(output('users eoin.gallagher')).toContain('missing');
  expect(output('changes --user eoin.gallagher')).toMatch(/missing +- user eoin\.gallagher/);
  const blocked = output(' --once', 2);
  expect(blocked).toContain('BLOCKED');
  expect(blocked).toMatch(/rosterd --config \S+ approve \w+/);
  expect(output(' --once', 3)).toContain('nothing changed');
  expect(output('plan --offline')).toMatch(/2 to deactivate.*isla\.fraser.*rule-edited/s);
  expect(output('explain isla.fraser')).toContain(
    'Out of scope: `users.where` is false because user.userType is `Contractor`.',
  );
  for (const [file, first, same, edited] of CLOUDS) {
    const passes = [0, 1, 2].map((nth) => output(`${file} --once`, nth));
    expect(passes[0]).toContain(`in ${first} requests`);
    expect(passes[1]).toMatch(new RegExp(`^fjordlight: nothing changed.*[( ]${same} requests`));
    expect(passes[2]).toMatch(/1 account created.*1 deactivated/);
    expect(passes[2]).toContain(`${edited} requests`);
  }
  expect(out).toContain(`sqlite3 "file:${join(folder, 'demo', 'directory.db')}?mode=ro"`);
});

test('the demo leaves a folder alone that is not its own', async () => {
  writeFileSync(join(folder, 'config.yaml'), 'directory: ./mine.db\n');
  const { status, err } = await run(folder);
  expect(status).toBe(1);
  expect(err).toContain(`${folder} exists and is not a demo's: remove it, or name another folder.`);
});
