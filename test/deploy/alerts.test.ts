import { expect, test } from 'vitest';
import { z } from 'zod';
import { METRICS } from '../../src/daemon/metrics.ts';
import { documentOf, textOf } from './files.ts';

const rules = z.strictObject({
  groups: z.tuple([
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().startsWith('Rosterd'),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ]),
});
const [group] = rules.parse(documentOf('deploy/prometheus/rosterd.rules.yaml')).groups;
const cases = group.rules.map((rule) => [`${rule.alert}, ${rule.labels.severity}`, rule] as const);
/** What Prometheus and its client library bring. */
const OTHERS = ['up', 'process_start_time_seconds'];

test.each(cases)('%s asks only metrics that there are', (_, { expr }) => {
  const named = expr.match(/\b(?:rosterd|process)_\w+|\bup\b/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect([...Object.keys(METRICS), ...OTHERS]).toContain(name);
});

test.each(cases)('%s leads to its place in the page', (_, { alert, annotations }) => {
  const anchor = alert.toLowerCase();
  expect(annotations.runbook).toBe(`docs/operations.md#${anchor}`);
  const anchors = [...textOf('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, title]) => title?.toLowerCase());
  expect(anchors).toContain(anchor);
});

test.each(cases)('%s is tested: that it fires, and that it does not', (_, { alert, labels }) => {
  const { tests } = documentOf('deploy/prometheus/rosterd.rules.test.yaml') as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: { exp_labels: { severity: string } }[] }[] }[];
  };
  const looks = tests.flatMap((each) => each.alert_rule_test).filter(({ alertname }) => alertname === alert);
  const fired = looks.map(({ exp_alerts }) =>
    (exp_alerts ?? []).filter(({ exp_labels }) => exp_labels.severity === labels.severity),
  );
  expect(fired.some(({ length }) => length > 0)).toBe(true);
  expect(fired.some(({ length }) => length === 0)).toBe(true);
});
