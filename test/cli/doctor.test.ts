import { readdirSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openDirectory } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import { bytesOf, overwritePage } from '../directory/damage.ts';
import { backedUp } from '../directory/restore-kit.ts';
import { Directory } from '../sync/kit.ts';
import { company } from './lookups-kit.ts';
import { rosterd } from './rescue-kit.ts';

const looked = (text: string) => text.replace(/(\d+ looks), [\d.]+ m?s/, '$1');
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rosterd-doctor-'));

test('a sound directory: exit 0, one line, and nothing beside it', async () => {
  using directory = await company();
  const before = { names: readdirSync(directory.folder), bytes: bytesOf(directory.path) };
  const { exit, out, err } = await rosterd(directory, 'doctor');
  expect({ exit, err, out: looked(out) }).toEqual({ exit: 0, err: '', out: 'directory.db is sound (19 looks).\n' });
  expect(readdirSync(directory.folder).filter((name) => name !== 'config.yaml')).toEqual(before.names);
  expect(bytesOf(directory.path).equals(before.bytes)).toBe(true);
  expect(leftovers()).toEqual([]);
});

test('beside a rosterd that has it open', async () => {
  using directory = await company();
  const db = await openDirectory(directory.path, { clock: systemClock, wait: 0 });
  db.exec('BEGIN IMMEDIATE; UPDATE accounts SET title = 1');
  expect(await rosterd(directory, 'doctor')).toMatchObject({ exit: 0, err: '' });
  db.exec('ROLLBACK');
  db.close();
});

test('what is wrong: exit 1, each look with what should hold, examples, and what to type', async () => {
  using directory = await company();
  directory.write("UPDATE accounts SET department = 'Nowhere' WHERE user_name = 'ada'");
  const { exit, out } = await rosterd(directory, 'doctor');
  expect(exit).toBe(1);
  expect(looked(out)).toBe(
    `journal: 1 fault. This does not hold: From the journal alone every change can be taken back: each follows from the one before, the last gives what is there.
  account 1 ada: department is another than the last change left
directory.db is not sound: 1 of 19 looks. "rosterd restore FILE" puts the last backup in its place.
`,
  );
  const { out: json } = await rosterd(directory, 'doctor', '--json');
  const { sound, findings } = JSON.parse(json);
  expect(sound).toBe(false);
  expect(findings).toHaveLength(19);
  expect(findings.find((one: { name: string }) => one.name === 'journal')).toEqual({
    ...{ name: 'journal', holds: expect.any(String), count: 1, left: null, took: expect.any(Number) },
    examples: ['account 1 ada: department is another than the last change left'],
  });
});

test('no directory: exit 2', async () => {
  using directory = new Directory();
  expect(await rosterd(directory, 'doctor')).toEqual({
    ...{ exit: 2, out: '' },
    err: 'There is no directory at directory.db yet: run "rosterd --once" first.\n',
  });
});

const damages: [string, (directory: Directory) => void][] = [
  ['a table', (d) => overwritePage(d.path, 'accounts')],
  ['an index', (d) => overwritePage(d.path, 'memberships_of_account')],
  ['the first page', (d) => overwritePage(d.path, null)],
  ['the end', (d) => truncateSync(d.path, 60_000)],
];
test.each(damages)('a page is overwritten (%s): doctor says so, and after a restore it is sound', async (_, damage) => {
  using directory = await company();
  const file = await backedUp(directory);
  damage(directory);
  const sick = await rosterd(directory, 'doctor');
  expect(sick).toMatchObject({ exit: 1, err: '' });
  expect(sick.out).toMatch(/^file: \d+ faults?\. This does not hold: The file is whole/);
  expect(sick.out).toMatch(/directory.db is not sound/);
  expect(await rosterd(directory, 'restore', file)).toMatchObject({ exit: 0 });
  expect(await rosterd(directory, 'doctor')).toMatchObject({ exit: 0 });
  expect(leftovers()).toEqual([]);
});
