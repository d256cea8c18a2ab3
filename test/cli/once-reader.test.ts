import { describe, expect, test } from 'vitest';
import { Site } from './once-kit.ts';

// "rosterd --once | head": whoever reads goes away while there is something left to do.
describe('a sync whose reader goes away', () => {
  test.each([
    ['standard output', ['stdout']],
    ['both outputs', ['stdout', 'stderr']],
  ] as const)('goes on to its end, and exits with its own status: %s', async (_, outputs) => {
    await using site = await Site.of('one', 'two');
    site.head = 'log: { level: trace }';
    site.fill('one', 'ada');
    site.fill('two', 'bob');
    site.configure();
    // First imports run one after the other: what the first one did is printed before the second one asks.
    await using syncing = site.start('--once');
    for (const output of outputs) syncing.child[output]?.destroy();
    expect(await syncing.ended).toMatchObject({ code: 0, signal: null });
    expect(site.rows('SELECT source, outcome FROM v1_runs ORDER BY id')).toEqual([
      { source: 'one', outcome: 'ok' },
      { source: 'two', outcome: 'ok' },
    ]);
  });
});
