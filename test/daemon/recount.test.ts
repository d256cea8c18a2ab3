import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Figures, figuresOf } from '../../src/daemon/figures.ts';
import { markOf } from '../../src/daemon/mark.ts';
import { createRecount } from '../../src/daemon/recount.ts';
import { openDirectory } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Directory } from '../sync/kit.ts';

const CORP = { users: { ada: { department: 'Sales' } }, groups: {} };

test('the mark is another one after every commit, in WAL mode and after it, and the same after a look', async () => {
  using directory = new Directory();
  expect(markOf(directory.path)).toBe(null);
  await directory.pass(CORP);
  const marks = [markOf(directory.path)];
  const db = await openDirectory(directory.path, { clock: systemClock, wait: 0 });
  marks.push(markOf(directory.path));
  for (const title of ['one', 'two']) {
    db.prepare('UPDATE accounts SET title = ?').run(title);
    marks.push(markOf(directory.path));
  }
  figuresOf(directory.path);
  expect(markOf(directory.path)).toBe(marks.at(-1));
  db.close();
  await directory.pass(CORP);
  marks.push(markOf(directory.path));
  expect(new Set(marks).size).toBe(marks.length);
  figuresOf(directory.path);
  expect(markOf(directory.path)).toBe(marks.at(-1));
});

async function world() {
  const directory = new Directory();
  await directory.pass(CORP);
  let figures: Figures | null = figuresOf(directory.path);
  let [counts, now] = [0, 0];
  const failures: unknown[] = [];
  const faults: Error[] = [];
  const recount = createRecount({
    directory: directory.path,
    figures: () => figures,
    now: () => now,
    count: async () => {
      counts += 1;
      now += 1000;
      await Promise.resolve();
      const fault = faults.pop();
      if (fault) throw fault;
      figures = figuresOf(directory.path);
    },
    failed: (error) => failures.push(error),
  });
  const later = (ms: number) => {
    now += ms;
  };
  return { directory, recount, counts: () => counts, later, failures, faults };
}

test('nothing is counted while the directory is the one that was counted', async () => {
  const { directory, recount, counts } = await world();
  using _ = directory;
  await recount();
  expect(counts()).toBe(0);
});

test('what somebody else changed is counted once, and a directory that is away is not', async () => {
  const { directory, recount, counts, later } = await world();
  using _ = directory;
  await directory.pass(CORP);
  await Promise.all([recount(), recount()]);
  expect(counts()).toBe(1);
  later(60_000);
  await recount();
  expect(counts()).toBe(1);
  renameSync(directory.path, `${directory.path}.away`);
  await recount();
  expect(counts()).toBe(1);
  renameSync(`${directory.path}.away`, directory.path);
});

test('a count that fails is tried again, and one that takes long is followed by a long rest', async () => {
  const { directory, recount, counts, later, failures, faults } = await world();
  using _ = directory;
  await directory.pass(CORP);
  faults.push(new Error('busy'));
  await recount();
  expect(failures).toEqual([new Error('busy')]);
  later(8999);
  await recount();
  expect(counts()).toBe(1);
  later(1);
  await recount();
  expect(counts()).toBe(2);
});
