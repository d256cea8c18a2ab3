import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PassResult } from '../../src/model/pass.ts';
import type { Tenant } from '../sync/kit.ts';
import { Folder, Process, script } from './processes.ts';

const tenant: Tenant = { users: { u1: {}, u2: {} }, groups: { g1: { members: ['u1'] } } };

const modes = (folder: Folder) =>
  Object.fromEntries(
    readdirSync(folder.path).map((name) => [name, (statSync(join(folder.path, name)).mode & 0o777).toString(8)]),
  );

test('whatever the umask: the directory is for its owner and its group, what is beside it for rosterd alone', async () => {
  using folder = new Folder();
  const task = { directory: folder.directory, source: 'corp', tenants: [tenant], pause: true };
  await using running = new Process(['sh', '-c', 'umask 0 && exec "$@"', 'sh', ...script('pass-process.ts', task)]);
  await running.line();
  expect(modes(folder)).toEqual({
    'directory.db': '640',
    'directory.db-wal': '640',
    'directory.db-shm': '640',
    'directory.db.corp.holder': '640',
    'directory.db.corp.lock': '600',
    'directory.db.corp.1.stage': '600',
  });
  running.say('on');
  expect(await running.json<PassResult>()).toMatchObject({ outcome: 'ok' });
  await running.ended;
  expect(modes(folder)).toEqual({ 'directory.db': '640', 'directory.db.corp.lock': '600' });
});

test('a live database file is never opened with fs, which would drop the locks on it', async () => {
  using folder = new Folder();
  const watching = ['--import', new URL('watch-fs.ts', import.meta.url).href];
  const [node = '', ...rest] = script('open-process.ts', { directory: folder.directory, tenant });
  const opened = async () => {
    await using running = new Process([node, ...watching, ...rest]);
    const { out } = await running.ended;
    expect(out).toMatch(/^look: 2 users$/m);
    return out
      .split('\n')
      .filter((line) => line.startsWith('fs ') && line.includes(folder.path) && !line.includes('.holder'))
      .map((line) => line.replace('fs ', '').replaceAll(folder.directory, 'FILE').trim());
  };
  // Made before SQLite knows of them; `wx` opens nothing that is there.
  expect(await opened()).toEqual(['openSync FILE wx', 'openSync FILE.corp.lock wx', 'openSync FILE.corp.1.stage w']);
  expect(await opened()).toEqual(['openSync FILE.corp.2.stage w']);
});
