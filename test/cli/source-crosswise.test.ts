import { expect, test } from 'vitest';
import { Site } from './once-kit.ts';

test('two who rename crosswise at once do not wait for each other', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada');
  site.configure();
  expect((await site.run('--once')).exit).toBe(0);
  const rename = (from: string, to: string) => site.start('source', 'rename', from, to, '--wait', '20s');
  for (let round = 0; round < 3; round++) {
    await using there = rename('corp', 'acme');
    await using back = rename('acme', 'corp');
    const ends = await Promise.all([there.ended, back.ended]);
    // Whoever comes first may leave the other one nothing to rename; nobody is shut out (5) or falls (1).
    for (const { code, err } of ends) expect([code, err].join(' ')).toMatch(/^0 $|^2 The directory has no source `/);
    const [{ name } = { name: '' }] = site.rows('SELECT name FROM v1_sources') as { name: string }[];
    expect(['corp', 'acme']).toContain(name);
    if (name === 'acme') expect((await site.run('source', 'rename', 'acme', 'corp')).exit).toBe(0);
  }
  expect(site.rows('SELECT id, source, user_name, active FROM v1_users')).toEqual([
    { id: 1, source: 'corp', user_name: 'ada', active: 1 },
  ]);
});
