import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Failure } from '../../src/model/failure.ts';
import { parse, SOURCE } from '../config/kit.ts';
import { result, two, world } from './sources-kit.ts';

describe('a pass on request', () => {
  test('begins at once, beside those of other sources', async () => {
    const { sources, passes } = world();
    const both = [sources.request('corp', 'request'), sources.request('other', 'request')];
    expect(passes.map(({ name, trigger }) => [name, trigger])).toEqual([
      ['corp', 'request'],
      ['other', 'request'],
    ]);
    for (const pass of passes) pass.end(result());
    expect(await Promise.all(both)).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged' }]);
  });

  test('waits for the one that runs, and is one for all who asked meanwhile', async () => {
    const { sources, passes, soon } = world();
    const first = sources.request('corp', 'start');
    const later = [sources.request('corp', 'request'), sources.request('corp', 'request')];
    await soon();
    expect(passes).toHaveLength(1);
    passes[0]?.end(result({ runId: 1 }));
    await first;
    await soon();
    expect(passes).toHaveLength(2);
    passes[1]?.end(result({ runId: 2 }));
    expect(await Promise.all(later)).toMatchObject([{ runId: 2 }, { runId: 2 }]);
    await soon();
    expect(passes).toHaveLength(2);
  });

  test('is full where one of those who asked wants it', async () => {
    const { sources, passes, soon } = world();
    const first = sources.request('corp', 'start');
    const later = [false, true, false].map((full) => sources.request('corp', 'request', full));
    passes[0]?.end(result());
    await first;
    await soon();
    passes[1]?.end(result());
    await Promise.all(later);
    expect(passes.map(({ full }) => full)).toEqual([false, true]);
  });

  test('of a source that there is not, or that is paused, is refused', async () => {
    const { sources } = world(parse(`${SOURCE}    paused: true\n`));
    await expect(sources.request('nobody', 'request')).rejects.toMatchObject({ exit: 2 });
    await expect(sources.request('corp', 'request')).rejects.toMatchObject({ exit: 2 });
  });
});

test('failures in a row are counted; that somebody else is at work is none', async () => {
  const { sources, passes, told } = world();
  const ends = [
    result({ outcome: 'failed', code: 'unreachable' }),
    new Failure('directory', 'no'),
    new Failure('busy', 'no', { exit: 5 }),
    result({ outcome: 'blocked' }),
    result({ outcome: 'failed' }),
    result(),
  ];
  for (const [at, end] of ends.entries()) {
    const asked = sources.request('corp', 'request');
    passes[at]?.end(end);
    await asked;
  }
  expect(told.filter((line) => line.startsWith('ended'))).toEqual([
    'ended corp failed 1',
    'ended corp directory 2',
    'ended corp busy 2',
    'ended corp blocked 0',
    'ended corp failed 1',
    'ended corp unchanged 0',
  ]);
});

test('on its schedule, never over itself, and another source beside it', async () => {
  const { sources, passes, told } = world(two('* * * * * *'));
  await new Promise((resolve) => setTimeout(resolve, 2400));
  expect(passes.map(({ name, trigger }) => [name, trigger])).toEqual([['corp', 'schedule']]);
  expect(told).toContain('skipped corp');
  passes[0]?.end(result());
  await new Promise((resolve) => setTimeout(resolve, 1300));
  expect(passes.length).toBeGreaterThanOrEqual(2);
  expect(sources.states().map(({ name }) => name)).toEqual(['corp', 'other']);
}, 10_000);

describe('another configuration', () => {
  test('cancels the pass of a source that is left out, and lets the others go on', async () => {
    const { sources, passes, told, soon } = world();
    void sources.request('corp', 'request');
    void sources.request('other', 'request');
    sources.configure(parse(SOURCE));
    await soon();
    expect(passes.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    expect(told).toContain('ended other cancelled 0');
    expect(sources.states().map(({ name }) => name)).toEqual(['corp']);
  });

  const paused = two('0 0 1 1 *', '    paused: true\n');
  const PAUSED = 'Source `corp` is paused in the configuration; nothing was done.';
  const GONE = 'There is no source `corp` in the configuration in use.';
  const without = parse(SOURCE.replace('name: corp', 'name: other'));
  test.each([
    ['pauses the source', [paused], PAUSED],
    ['leaves it out', [without], GONE],
    ['leaves it out and has it again, paused', [without, paused], PAUSED],
  ])('that %s: what was asked for before, and waits, does not begin', async (_, configs, message) => {
    const { sources, passes, soon } = world();
    const first = sources.request('corp', 'start');
    const later = sources.request('corp', 'request');
    const refused = expect(later).rejects.toMatchObject({ message, exit: 2 });
    for (const config of configs) sources.configure(config);
    passes[0]?.end(result());
    await first;
    await refused;
    await soon();
    expect(passes).toHaveLength(1);
  });

  test('that leaves a source out and has it again: what was asked for before begins', async () => {
    const { sources, passes, soon } = world();
    void sources.request('corp', 'start');
    const later = sources.request('corp', 'request', true);
    sources.configure(without);
    sources.configure(two());
    await soon();
    expect(passes.map(({ trigger, full }) => [trigger, full])).toEqual([
      ['start', false],
      ['request', true],
    ]);
    passes[1]?.end(result());
    expect(await later).toMatchObject({ outcome: 'unchanged' });
  });

  describe('in the random delay after a time', () => {
    afterEach(() => vi.useRealTimers());
    test.each([
      ['the same', two('0 3 * * *'), ['corp']],
      ['another schedule', two('0 4 * * *'), ['corp']],
      ['another time zone', parse(`timezone: Europe/Oslo\n${SOURCE}    schedule: "0 3 * * *"\n`), ['corp']],
      ['the source is paused', two('0 3 * * *', '    paused: true\n'), []],
      ['the source is left out', without, []],
    ])('(%s) loses no pass', (_, next, begun) => {
      vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: new Date('2026-01-05T02:59:59Z') });
      vi.spyOn(Math, 'random').mockReturnValue(0.9);
      onTestFinished(() => void vi.restoreAllMocks());
      const { sources, passes } = world(two('0 3 * * *'));
      vi.advanceTimersByTime(5000);
      expect(passes).toEqual([]);
      sources.configure(next);
      vi.advanceTimersByTime(60_000);
      // The other one has a schedule of its own.
      expect(passes.map(({ name }) => name).filter((name) => name === 'corp')).toEqual(begun);
    });
  });

  test('has its schedules at once', () => {
    const { sources } = world();
    sources.configure(two('* * * * *'));
    const [corp] = sources.states();
    expect(corp?.schedule.interval()).toBe(60_000);
  });
});

test('to stop cancels what runs, waits for it, and begins nothing more', async () => {
  const { sources, passes } = world();
  const asked = sources.request('corp', 'request');
  const after = sources.request('corp', 'request');
  await sources.stop();
  expect(await asked).toMatchObject({ outcome: 'cancelled' });
  expect(await after).toMatchObject({ failure: { code: 'cancelled' } });
  expect(passes).toHaveLength(1);
  await expect(sources.request('corp', 'request')).rejects.toMatchObject({ code: 'busy', exit: 5 });
});
