import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Guarded, grouped, ids, people } from '../sync/guarding.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/directory.md', import.meta.url)), 'utf8');

/** What the page says of each view: its columns, in their order. */
function documented(): [view: string, columns: string[]][] {
  const sections = page.split(/^##+ /m).filter((section) => section.startsWith('v1_'));
  return sections.map((section) => [
    section.slice(0, section.indexOf('\n')),
    [...section.matchAll(/^\| `(\w+)`/gm)].map(([, column]) => column ?? ''),
  ]);
}

async function directory(): Promise<Guarded> {
  const made = new Guarded({});
  await made.sync(grouped(people(1, 5), { staff: ids(1, 5), outer: ['@staff'] }));
  return made;
}

test('the page tells of every column of every view, in order', async () => {
  using made = await directory();
  const db = new Database(made.path, { readonly: true });
  try {
    const views = db.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'view'").pluck().all();
    const columns = views.map((view) => [
      view,
      db
        .prepare(`SELECT * FROM ${view}`)
        .columns()
        .map(({ name }) => name),
    ]);
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(columns));
  } finally {
    db.close();
  }
});

test('every query of the page runs', async () => {
  using made = await directory();
  const queries = [...page.matchAll(/^```sql\n(.*?)^```/gms)].flatMap(([, block]) => (block ?? '').split(/;\n/));
  const asked = queries.filter((query) => query.trim() !== '');
  expect(asked.length).toBeGreaterThan(7);
  for (const query of asked) expect(() => made.rows(query)).not.toThrow();
});
