import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../src/model/snapshot.ts';
import { contested, tenant } from './arbitrary.ts';
import { invert, stateOf } from './journal.ts';
import { Directory, shown } from './kit.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };

/** Makes the next pass plan everything anew, as a change of the rules does. */
function forget(directory: Directory): void {
  const db = new Database(directory.path);
  db.prepare('UPDATE sources SET applied_key = NULL').run();
  db.close();
}

const ids = (directory: Directory) =>
  ['v1_users', 'v1_groups', 'v1_memberships', 'v1_group_nesting', 'v1_problems'].map((view) =>
    directory.rows(`SELECT * FROM ${view}`).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );

const shuffled = (items: Item[], seed: number): Item[] =>
  items
    .map((item, at) => ({ item, key: Math.imul(at + 1, seed | 1) >>> 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

describe('for any two snapshots without name conflicts', () => {
  test('the first and then the second shows what the second alone shows', async () => {
    await fc.assert(
      fc.asyncProperty(tenant, tenant, async (a, b) => {
        using both = new Directory();
        using alone = new Directory();
        await both.pass(a);
        expect((await both.pass(b)).outcome).toMatch(/ok|unchanged/);
        await alone.pass(b);
        expect(shown(both)).toEqual(shown(alone));
      }),
      RUNS,
    );
  });
});

describe('for any snapshots', () => {
  test('the plan after apply is empty, even when everything is planned anew', async () => {
    await fc.assert(
      fc.asyncProperty(contested, contested, async (a, b) => {
        using directory = new Directory();
        await directory.pass(a);
        await directory.pass(b);
        const before = ids(directory);
        forget(directory);
        expect(await directory.pass(b)).toMatchObject({ outcome: 'unchanged' });
        expect(ids(directory)).toEqual(before);
      }),
      RUNS,
    );
  });

  test('what is planned from the changes alone is what is planned from everything', async () => {
    await fc.assert(
      fc.asyncProperty(contested, contested, contested, async (a, b, c) => {
        using changes = new Directory();
        using everything = new Directory();
        for (const snapshot of [a, b, c]) {
          await changes.pass(snapshot);
          await everything.pass(snapshot);
          forget(everything);
        }
        expect(ids(changes).map(strip)).toEqual(ids(everything).map(strip));
      }),
      RUNS,
    );
  });

  test('the order of batches and of items never matters, not even to ids', async () => {
    await fc.assert(
      fc.asyncProperty(
        contested,
        contested,
        fc.integer(),
        fc.integer({ min: 1, max: 9 }),
        async (a, b, seed, batch) => {
          using plain = new Directory();
          using mixed = new Directory();
          const answers = { batch, shuffle: (items: Item[]) => shuffled(items, seed) };
          for (const snapshot of [a, b]) {
            await plain.pass(snapshot);
            await mixed.pass(snapshot, { answers });
          }
          expect(ids(mixed)).toEqual(ids(plain));
        },
      ),
      RUNS,
    );
  });

  test('the journal suffices: every pass, inverted from it, gives the directory before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(contested, { minLength: 1, maxLength: 4 }), async (snapshots) => {
        using directory = new Directory();
        let before: ReturnType<typeof stateOf> = { users: {}, groups: {}, members: {}, nesting: {} };
        for (const snapshot of snapshots) {
          const { runId } = await directory.pass(snapshot);
          const after = stateOf(directory);
          expect(invert(after, directory, runId)).toEqual(before);
          before = after;
        }
      }),
      RUNS,
    );
  });
});

const strip = (rows: Record<string, unknown>[]) =>
  rows.map(({ created_at, updated_at, since, deactivated_at, ...row }) => row);
