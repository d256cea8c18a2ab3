import { describe, expect, onTestFinished, test } from 'vitest';
import { createSources, type Ended, type SourceState } from '../../src/daemon/sources.ts';
import { Failure } from '../../src/model/failure.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { parse, SOURCE } from '../config/kit.ts';

const two = (schedule = '0 0 1 1 *') =>
  parse(
    `${SOURCE}    schedule: "${schedule}"\n${SOURCE.replace('sources:\n', '').replace('name: corp', 'name: other')}`,
  );

const result = (more: Partial<PassResult> = {}): PassResult => ({
  ...{ source: 'corp', runId: 1, directory: '', outcome: 'unchanged', message: null, code: null, requests: 0 },
  ...{ seen: { users: 0, groups: 0, members: 0 }, problems: 0, blocked: null, took: 1 },
  ...more,
});

/** Sources whose passes end when the test says so. */
function world(config = two()) {
  const passes: { name: string; trigger: string; signal: AbortSignal; end(value: PassResult | Failure): void }[] = [];
  const told: string[] = [];
  const sources = createSources({
    now: () => Date.now(),
    run: (source, trigger, _full, signal) =>
      new Promise((resolve, reject) => {
        const end = (value: PassResult | Failure) => (value instanceof Failure ? reject(value) : resolve(value));
        signal.addEventListener('abort', () => end(result({ outcome: 'cancelled' })));
        passes.push({ name: source.name, trigger, signal, end });
      }),
    began: ({ name }) => told.push(`began ${name}`),
    ended: ({ name, failures }: SourceState, ended: Ended) =>
      told.push(`ended ${name} ${'failure' in ended ? ended.failure.code : ended.outcome} ${failures}`),
    skipped: ({ name }) => told.push(`skipped ${name}`),
  });
  sources.configure(config);
  onTestFinished(() => sources.stop());
  const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
  return { sources, passes, told, soon };
}

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
