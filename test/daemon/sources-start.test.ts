import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../../src/config/load.ts';
import { type Start, startPasses } from '../../src/daemon/start-passes.ts';
import { parse, SOURCE } from '../config/kit.ts';
import { result, world } from './sources-kit.ts';

const NOW = '2026-01-05T10:01:00Z';
beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: new Date(NOW) }));
afterEach(() => vi.useRealTimers());

const both = (schedule = '0 0 1 1 *') =>
  parse(`schedule: "${schedule}"\n${SOURCE}\n${SOURCE.replace('sources:\n', '').replace('name: corp', 'name: other')}`);

type Known = Start['known'][number];
const known = (name: string, more: Partial<Known> = {}): Known => ({
  ...{ name, applied: true, lastBegunAt: '2026-01-05T09:55:00Z', cutOff: false },
  ...more,
});

/** A daemon that starts; its passes end when the test says so. */
function start(config: Config, runOnStart: boolean, ...of: Known[]) {
  const made = world(config);
  const refused: string[] = [];
  const begin = startPasses({
    ...{ sources: made.sources, known: of, runOnStart, full: false, now: Date.now() },
    refused: (_, message) => refused.push(message),
  });
  const soon = () => vi.advanceTimersByTimeAsync(1);
  return { ...made, begin, refused, soon, begun: () => made.passes.map(({ name, trigger }) => `${name} ${trigger}`) };
}

describe('a start', () => {
  test.each<[string, string, boolean, Known[], string[]]>([
    ['runOnStart', '0 0 3 * * *', true, [known('corp'), known('other')], ['corp start', 'other start']],
    ['nothing missed', '0 3 * * *', false, [known('corp'), known('other')], []],
    [
      ...(['nothing missed, by a pattern of six fields', '0 0 3 * * *', false] as const),
      [known('corp', { lastBegunAt: '2026-01-05T08:01:00Z' }), known('other')],
      [],
    ],
    [
      ...(['nothing missed, by a pattern of each year', '0 3 1 12 *', false] as const),
      [known('corp', { lastBegunAt: '2025-12-01T03:00:10Z' }), known('other')],
      [],
    ],
    [
      ...(['a time that passed', '0 10 * * *', false] as const),
      [known('corp'), known('other', { lastBegunAt: '2026-01-05T10:00:10Z' })],
      ['corp schedule'],
    ],
    [
      'a pass that was cut off',
      '0 3 * * *',
      false,
      [known('corp'), known('other', { cutOff: true })],
      ['other schedule'],
    ],
    [
      ...(['a first import that was cut off', '0 3 * * *', false] as const),
      [known('corp', { applied: false, cutOff: true }), known('other')],
      ['corp schedule'],
    ],
    ['sources that the directory does not know', '0 3 * * *', false, [], []],
  ])('with %s, `%s`, runOnStart %s', async (_, pattern, runOnStart, of, begun) => {
    const it = start(both(pattern), runOnStart, ...of);
    void it.begin();
    await it.soon();
    expect(it.begun()).toEqual(begun);
  });

  test('first imports come in the order of the file, whatever is due meanwhile; then each on its schedule', async () => {
    const it = start(both('*/3 * * * * *'), true);
    // The rules of local groups run before, and may wait for the directory.
    await vi.advanceTimersByTimeAsync(4000);
    expect(it.begun()).toEqual([]);
    const over = vi.fn();
    void it.begin().then(over);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(it.begun()).toEqual(['corp start']);
    expect(new Set(it.told)).toEqual(new Set(['began corp', 'skipped corp', 'skipped other']));
    const asked = it.sources.request('other', 'request', true);
    it.passes[0]?.end(result());
    await it.soon();
    expect(it.begun()).toEqual(['corp start', 'other start']);
    expect(it.passes[1]?.full).toBe(true);
    expect(over).not.toHaveBeenCalled();
    it.passes[1]?.end(result({ runId: 2 }));
    expect(await asked).toMatchObject({ runId: 2 });
    await it.soon();
    expect(over).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(3300);
    expect(it.begun().slice(2).sort()).toEqual(['corp schedule', 'other schedule']);
  });

  test('a first import that fails lets the next one have its turn; one that was paused meanwhile is told', async () => {
    const it = start(both(), true);
    void it.begin();
    await it.soon();
    it.sources.configure(pausedOther());
    it.passes[0]?.end(result({ outcome: 'failed' }));
    await it.soon();
    expect(it.begun()).toEqual(['corp start']);
    expect(it.refused).toEqual(['Source `other` is paused in the configuration; nothing was done.']);
  });
});

test('a start that is stopped before its passes begin answers whoever asked for one meanwhile', async () => {
  const it = start(both(), true);
  const asked = it.sources.request('corp', 'request');
  await it.sources.stop();
  expect(await asked).toMatchObject({ failure: { code: 'cancelled' } });
  expect(it.begun()).toEqual([]);
});

/** The second source, paused. */
function pausedOther(): Config {
  const config = both();
  return { ...config, sources: config.sources.map((one) => ({ ...one, paused: one.name === 'other' })) };
}
