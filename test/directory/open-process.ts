// A process that opens a directory in each of the three ways there are, and prints what became of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyDirectory, explained, openToLook } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Failure } from '../../src/model/failure.ts';
import { runPass } from '../../src/sync/pass.ts';
import { connectorTo, SOURCE, type Tenant } from '../sync/kit.ts';

export interface OpenTask {
  directory: string;
  tenant: Tenant;
}

const { directory, tenant } = JSON.parse(process.argv[2] ?? '{}') as OpenTask;

async function sync(): Promise<string> {
  const result = await runPass(
    {
      directory,
      source: { ...SOURCE, limits: {} },
      sources: [SOURCE.name],
      mode: 'full',
      trigger: 'once',
      actor: 'test',
      read: 'full',
      commit: true,
      wait: 0,
      configSha256: 'none',
      version: 'test',
    },
    {
      connector: connectorTo(tenant),
      clock: systemClock,
      signal: new AbortController().signal,
      progress: () => {},
      began: () => {},
    },
  );
  return result.outcome === 'failed' ? `failed. ${result.message}` : result.outcome;
}

async function plan(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-test-plan-'));
  try {
    await copyDirectory(directory, join(folder, 'directory.db'), Date.now());
    return 'ok';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function look(): Promise<string> {
  const db = openToLook(directory);
  try {
    return `${db.prepare('SELECT count(*) FROM v1_users').pluck().get()} users`;
  } catch (error) {
    throw explained(error, directory);
  } finally {
    db.close();
  }
}

for (const act of [sync, plan, look]) {
  const said = await act().catch((error: unknown) => {
    if (error instanceof Failure) return `exit ${error.exit}, ${error.code}: ${error.message}`;
    return `UNFORESEEN ${error instanceof Error ? error.stack : error}`;
  });
  process.stdout.write(`${act.name}: ${said.replaceAll('\n', '\\n')}\n`);
}
