import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Process } from '../directory/processes.ts';
import { everyProvider, type Provider, sourcesOf } from '../emulators/all.ts';
import { html } from '../emulators/faults.ts';
import { happening } from './once-kit.ts';

const ROSTERD = fileURLToPath(new URL('../../bin/rosterd.js', import.meta.url));

/** One configuration file with a source of every kind, each with the same company in it. */
async function four() {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-four-'));
  const providers: (Provider & { source: string })[] = [];
  onTestFinished(async () => {
    for (const { close } of providers) await close();
    rmSync(folder, { recursive: true });
  });
  for (const open of everyProvider) {
    const provider = await open(folder);
    providers.push({ ...provider, source: provider.type });
  }
  // The same person has another user name in each, so that nobody is in anybody's way.
  const rules = (type: string) =>
    `    users: { attributes: { userName: 'user.userName.localPart() + "@${type}"' } }\n    groups: { attributes: { name: '"${type} " + group.name' } }\n`;
  const sources = sourcesOf(folder, providers).replaceAll(/ {4}type: (.+)\n/g, (line, type) => line + rules(type));
  writeFileSync(join(folder, 'config.yaml'), `directory: ./directory.db\nlog: { level: silent }\n${sources}`);
  const run = async (...args: string[]) =>
    await new Process([process.execPath, ROSTERD, '--config', join(folder, 'config.yaml'), ...args]).ended;
  const rows = <T>(sql: string): T[] => {
    const db = new Database(join(folder, 'directory.db'), { readonly: true });
    try {
      return db.prepare<[], T>(sql).all();
    } finally {
      db.close();
    }
  };
  return { providers, run, rows };
}

test('four kinds of provider in one file: side by side, and alone in failing', { timeout: 120_000 }, async () => {
  const { providers, run, rows } = await four();
  const checked = await run('check', '--online');
  expect(checked.out).not.toContain('refused');
  expect(checked.code).toBe(0);
  expect(await run('--once')).toMatchObject({ code: 0, err: '' });
  expect(rows('SELECT source, count(*) AS users FROM v1_users WHERE active = 1 GROUP BY 1 ORDER BY 1')).toEqual([
    { source: 'azure-ad', users: 59 },
    { source: 'google-workspace', users: 60 },
    { source: 'keycloak', users: 59 },
    { source: 'okta', users: 59 },
  ]);
  for (const provider of providers) provider.hire('ines.moreau');
  // Side by side: nobody's first request is answered before everybody's has come.
  let arrived = 0;
  const { happened: all, happen } = happening();
  for (const { faults } of providers) {
    faults.when({}, async (_, honest) => {
      if (++arrived === providers.length) happen();
      await all;
      return honest();
    });
  }
  const broken = providers.find(({ type }) => type === 'okta');
  broken?.faults.when({ path: '/api/v1/users', times: Number.POSITIVE_INFINITY }, html(200));
  const { code, out } = await run('--once');
  expect(code).toBe(1);
  const lines = out.split('\n').filter((line) => /^[a-z-]+: /.test(line));
  expect(lines.map((line) => line.split(':')[0])).toEqual(['azure-ad', 'google-workspace', 'okta', 'keycloak']);
  for (const line of lines)
    expect(line).toMatch(line.startsWith('okta:') ? /^okta: failed\. .*web page/ : /1 account created/);
  expect(rows("SELECT source FROM v1_users WHERE user_name LIKE 'ines.moreau%' ORDER BY 1")).toEqual([
    { source: 'azure-ad' },
    { source: 'google-workspace' },
    { source: 'keycloak' },
  ]);
});

test('one that does not answer delays none of the others', { timeout: 120_000 }, async () => {
  const { providers, run, rows } = await four();
  expect(await run('--once')).toMatchObject({ code: 0 });
  for (const provider of providers) provider.hire('ines.moreau');
  const { happened: released, happen: release } = happening();
  const silent = providers.find(({ type }) => type === 'okta');
  silent?.faults.when({ path: '/api/v1/users', times: Number.POSITIVE_INFINITY }, async (_, honest) => {
    await released;
    return honest();
  });
  const running = run('--once');
  const synced = () =>
    rows<{ source: string }>("SELECT source FROM v1_users WHERE user_name LIKE 'ines.moreau%' ORDER BY 1").map(
      ({ source }) => source,
    );
  await expect.poll(synced, { timeout: 60_000 }).toEqual(['azure-ad', 'google-workspace', 'keycloak']);
  release();
  expect(await running).toMatchObject({ code: 0 });
  expect(synced()).toEqual(['azure-ad', 'google-workspace', 'keycloak', 'okta']);
});
