import { onTestFinished } from 'vitest';
import { createSources, type Ended, type SourceState } from '../../src/daemon/sources.ts';
import { Failure } from '../../src/model/failure.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { parse, SOURCE } from '../config/kit.ts';

/** Two sources, `corp` and `other`. */
export const two = (schedule = '0 0 1 1 *', more = '') =>
  parse(
    `${SOURCE}    schedule: "${schedule}"\n${more}${SOURCE.replace('sources:\n', '').replace('name: corp', 'name: other')}`,
  );

export const result = (more: Partial<PassResult> = {}): PassResult => ({
  ...{ source: 'corp', runId: 1, directory: '', outcome: 'unchanged', message: null, code: null, requests: 0 },
  ...{ seen: { users: 0, groups: 0, members: 0 }, problems: 0, blocked: null, took: 1 },
  ...more,
});

/** Sources whose passes end when the test says so. */
export function world(config = two()) {
  const passes: {
    name: string;
    trigger: string;
    full: boolean;
    signal: AbortSignal;
    end(value: PassResult | Failure): void;
  }[] = [];
  const told: string[] = [];
  const sources = createSources({
    now: () => Date.now(),
    run: (source, trigger, full, signal) =>
      new Promise((resolve, reject) => {
        const end = (value: PassResult | Failure) => (value instanceof Failure ? reject(value) : resolve(value));
        signal.addEventListener('abort', () => end(result({ outcome: 'cancelled' })));
        passes.push({ name: source.name, trigger, full, signal, end });
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
