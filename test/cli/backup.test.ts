import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { overwritePage } from '../directory/damage.ts';
import { Directory } from '../sync/kit.ts';
import { company } from './lookups-kit.ts';
import { rosterd } from './rescue-kit.ts';

test('prints the file, its size, and what it holds', async () => {
  using directory = await company();
  const { exit, out, err } = await rosterd(directory, 'backup', 'copy.db');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out.replace(/\d+ kB/, 'SIZE')).toBe(
    'copy.db: SIZE, 4 accounts, 2 groups, 3 memberships, last run 3 of TIME UTC; looked through, and whole.\n',
  );
  expect(existsSync(join(directory.folder, 'copy.db'))).toBe(true);
});

test('for programs: the same as JSON', async () => {
  using directory = await company();
  const { out } = await rosterd(directory, 'backup', 'copy.db', '--json');
  expect(JSON.parse(out)).toEqual({
    ...{ file: 'copy.db', bytes: expect.any(Number), directoryId: expect.any(String) },
    ...{ accounts: 4, groups: 2, memberships: 3, runs: 3, lastRun: { id: 3, at: expect.any(String) } },
  });
});

test('exit 2 where the file is there, or no directory; 1 where the directory is damaged', async () => {
  using directory = await company();
  await rosterd(directory, 'backup', 'copy.db');
  expect(await rosterd(directory, 'backup', 'copy.db')).toEqual({
    ...{ exit: 2, out: '' },
    err: 'copy.db is there already, and was left as it is. Name a file that does not exist.\n',
  });
  using none = new Directory();
  expect(await rosterd(none, 'backup', 'copy.db')).toMatchObject({ exit: 2, out: '' });
  overwritePage(directory.path, 'mirror_users');
  expect(await rosterd(directory, 'backup', 'other.db')).toMatchObject({
    ...{ exit: 1, out: '' },
    err: expect.stringMatching(
      /^The directory directory.db is damaged, and no backup was made of it: .*rosterd doctor/,
    ),
  });
});
