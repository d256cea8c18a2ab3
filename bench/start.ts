import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyDirectory } from '../src/directory/open.ts';

const RUNS = 7;

/** How long commands take from the start of their process to its end: the least of several, in milliseconds. */
export async function startOf(): Promise<[command: string, ms: number][]> {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-start-'));
  try {
    writeFileSync(
      join(folder, 'config.yaml'),
      'directory: ./directory.db\nsources:\n  - { name: a, type: keycloak, url: "https://id.example.com", realm: a, clientId: a, clientSecret: a }\n',
    );
    await copyDirectory(join(folder, 'none.db'), join(folder, 'directory.db'), Date.now());
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const run = (...args: string[]) => {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return performance.now() - start;
    };
    return [['--help'], ['users']].map((args) => {
      const times = Array.from({ length: RUNS }, () => run(...args));
      return [`rosterd ${args.join(' ')}`, Math.round(Math.min(...times))];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
