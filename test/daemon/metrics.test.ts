import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics, METRICS } from '../../src/daemon/metrics.ts';

const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** The exposition format (prometheus.io/docs/instrumenting/exposition_formats), a line each. */
const SAMPLE =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*",?)*\})? (Na[nN]|[-+]?Inf|[-+]?[0-9.e+-]+)$/;

const result = {
  ...{ source: 'corp', runId: 1, directory: '', outcome: 'ok' as const, message: null, code: null, requests: 3 },
  ...{ seen: { users: 1, groups: 0, members: 0 }, problems: 0, blocked: null, took: 1500 },
};
const NONE = { accounts: [], groups: [], problems: [], sources: [], runs: [], localPlan: null, mark: null };

function filled() {
  const metrics = createMetrics('1.2.3');
  metrics.keep(['corp', 'a"b\\c']);
  metrics.passBegan('corp');
  metrics.passEnded('corp', result, 0, 1_700_000_000_000);
  metrics.spent('corp', {
    usage: { statuses: { 200: 3, none: 1 }, throttled: 2500 },
    credentialExpires: 1_800_000_000_000,
  });
  metrics.figures({
    accounts: [{ source: 'corp', state: 'active', count: 5 }],
    groups: [{ source: 'corp', count: 2 }],
    problems: [{ source: 'corp', count: 1 }],
    sources: [
      {
        name: 'corp',
        state: 'ok',
        lastSuccessAt: '2026-01-01T00:00:00Z',
        lastBegunAt: null,
        cutOff: false,
        blockedPlan: 'abc',
        applied: true,
        failures: 0,
      },
    ],
    runs: [{ source: 'corp', changed: { create: 5 } }],
    localPlan: null,
    mark: null,
  });
  metrics.scheduled('corp', { next: 1_700_000_900_000, interval: 900_000 });
  metrics.reloaded(true, 1_700_000_000_000);
  metrics.pending(true);
  metrics.writable(true);
  metrics.backedUp(1_700_000_000_000, 0);
  metrics.notified('blocked', 'sent');
  return metrics;
}

const lines = async (metrics: ReturnType<typeof createMetrics>) => (await metrics.text()).body.trim().split('\n');

test('every line is of the exposition format, and every metric has its help and its type', async () => {
  const all = await lines(filled());
  const bad = all.filter((line) => line !== '' && !line.startsWith('#') && !SAMPLE.test(line));
  expect(bad).toEqual([]);
  for (const name of Object.keys(METRICS)) {
    expect(all.some((line) => line.startsWith(`# HELP ${name} `))).toBe(true);
    expect(
      all.some(
        (line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `) || line.startsWith(`${name}_bucket`),
      ),
    ).toBe(true);
  }
});

test('names and units are those of Prometheus: base units, _total for what only grows, and nothing else', () => {
  for (const name of Object.keys(METRICS)) {
    expect(name).toMatch(/^rosterd_[a-z_]+$/);
    if (/timestamp|duration|interval|throttled/.test(name)) expect(name).toMatch(/_seconds(_total)?$/);
  }
});

test('figures and times', async () => {
  const all = await lines(filled());
  for (const line of [
    'rosterd_build_info{version="1.2.3"} 1',
    'rosterd_pass_duration_seconds_sum{source="corp"} 1.5',
    'rosterd_passes_total{source="corp",outcome="ok"} 1',
    'rosterd_accounts{source="corp",state="active"} 5',
    'rosterd_changes_total{source="corp",action="create"} 5',
    'rosterd_requests_total{source="corp",status="none"} 1',
    'rosterd_throttled_seconds_total{source="corp"} 2.5',
    'rosterd_plan_blocked{source="corp"} 1',
    'rosterd_credential_expiry_timestamp_seconds{source="corp"} 1800000000',
    'rosterd_problems{source="a\\"b\\\\c"} 0',
  ])
    expect(all).toContain(line);
});

test('a pass that could not begin moves the time at which one ended, so that waiting for ever is seen', async () => {
  const metrics = filled();
  metrics.passRefused('corp', 'busy', 0, 1_900_000_000_000);
  const all = await lines(metrics);
  expect(all).toContain('rosterd_pass_last_end_timestamp_seconds{source="corp"} 1900000000');
  expect(all).toContain('rosterd_passes_total{source="corp",outcome="busy"} 1');
});

test('passes that could not begin are failures as the daemon counts them', async () => {
  const metrics = filled();
  metrics.passRefused('corp', 'directory', 6, 1_900_000_000_000);
  expect(await lines(metrics)).toContain('rosterd_pass_consecutive_failures{source="corp"} 6');
});

test('a plan waits as long as the directory says so, whatever fails meanwhile', async () => {
  const metrics = filled();
  metrics.passEnded('corp', { ...result, outcome: 'failed', message: 'No answer.', code: 'network' }, 1, 0);
  expect(await lines(metrics)).toContain('rosterd_plan_blocked{source="corp"} 1');
  metrics.passEnded('corp', result, 0, 0);
  expect(await lines(metrics)).toContain('rosterd_plan_blocked{source="corp"} 0');
});

test('runs of the rules of local groups are counted, and their plan that waits is told', async () => {
  const metrics = filled();
  const counted = async () => (await lines(metrics)).filter((line) => line.includes('source="local"'));
  metrics.figures({ ...NONE, localPlan: 'abc', runs: [{ source: 'local', changed: { 'remove-member': 2 } }] });
  metrics.localEnded({ ...result, source: 'local', outcome: 'blocked' });
  const expected = (plan: number) => [
    'rosterd_passes_total{source="local",outcome="blocked"} 1',
    'rosterd_changes_total{source="local",action="remove-member"} 2',
    `rosterd_plan_blocked{source="local"} ${plan}`,
  ];
  expect(await counted()).toEqual(expect.arrayContaining(expected(1)));
  metrics.keep(['other']);
  expect(await counted()).toEqual(expect.arrayContaining(expected(1)));
  metrics.figures(NONE);
  expect(await counted()).toEqual(expect.arrayContaining(expected(0)));
});

test('a source that takes a secret now has no certificate that ends', async () => {
  const metrics = filled();
  metrics.spent('corp', { usage: { statuses: {}, throttled: 0 }, credentialExpires: null });
  expect((await lines(metrics)).filter((line) => line.startsWith('rosterd_credential'))).toEqual([]);
});

test('where no backup was made, no time is told', async () => {
  const metrics = filled();
  metrics.backedUp(null, 2);
  const told = (await lines(metrics)).filter((line) => line.startsWith('rosterd_backup'));
  expect(told).toEqual(['rosterd_backup_consecutive_failures 2']);
});

test('a source that left the configuration is shown no more', async () => {
  const metrics = filled();
  metrics.keep(['other']);
  // One that had been asked for begins, and ends.
  metrics.passBegan('corp');
  metrics.passRefused('corp', 'cancelled', 0, 0);
  metrics.spent('corp', { usage: { statuses: {}, throttled: 0 }, credentialExpires: 1 });
  const left = (await lines(metrics)).filter((line) =>
    /^rosterd_(pass_running|plan_blocked|schedule|credential)/.test(line),
  );
  expect(left.filter((line) => line.includes('"corp"'))).toEqual([]);
});

test('each is documented', () => {
  expect(Object.keys(METRICS).filter((name) => !docs.includes(name))).toEqual([]);
});
