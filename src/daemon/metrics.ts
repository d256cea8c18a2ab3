import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { LOCAL } from '../model/local.ts';
import type { PassResult } from '../model/pass.ts';
import type { Figures } from './figures.ts';
import type { Spent } from './run-pass.ts';

/** The name of every metric of rosterd's own, with what it says; docs/operations.md and the alert rules use them. */
export const METRICS = {
  rosterd_build_info: 'The version that runs; always 1.',
  rosterd_pass_last_success_timestamp_seconds: 'When the last pass of the source ended well.',
  rosterd_pass_last_end_timestamp_seconds:
    'When the last pass of the source ended, however it did, or could not begin.',
  rosterd_pass_running: '1 while a pass of the source runs.',
  rosterd_pass_duration_seconds: 'How long passes took.',
  rosterd_passes_total: 'Passes by how they ended.',
  rosterd_pass_consecutive_failures: 'Passes of the source that failed since the last that did not.',
  rosterd_schedule_interval_seconds: 'From the next scheduled pass of the source to the one after.',
  rosterd_schedule_next_timestamp_seconds: 'When the next pass of the source is due.',
  rosterd_accounts: 'Accounts by source and state.',
  rosterd_groups: 'Groups by source.',
  rosterd_changes_total: 'Changes that passes made, by kind.',
  rosterd_requests_total: 'Requests to the identity provider by status; none where no answer came.',
  rosterd_throttled_seconds_total: 'Time that requests waited because the identity provider asked for it.',
  rosterd_plan_blocked: '1 while a plan of the source waits for an approval.',
  rosterd_problems: 'Problems that the last pass of the source left.',
  rosterd_credential_expiry_timestamp_seconds: 'When the credential of the source ends, where it says so.',
  rosterd_config_last_reload_successful: '0 while the file that was read last could not be used.',
  rosterd_config_last_reload_success_timestamp_seconds: 'When the configuration in use was read.',
  rosterd_config_pending: '1 while the file differs from the configuration in use.',
  rosterd_directory_writable: '0 while the directory cannot be written.',
  rosterd_backup_last_success_timestamp_seconds: 'When the last scheduled backup was made.',
  rosterd_backup_consecutive_failures: 'Scheduled backups that failed since the last that did not.',
  rosterd_notifications_total: 'Notifications by event and result.',
} as const;

type Name = keyof typeof METRICS;

/** What the daemon counts, in the words of Prometheus. */
export interface Metrics {
  passBegan(source: string): void;
  passEnded(source: string, result: PassResult, failures: number, now: number): void;
  /** Why no pass began. */
  passRefused(source: string, code: string, failures: number, now: number): void;
  /** A run of the rules of local groups. */
  localEnded(result: PassResult): void;
  spent(source: string, spent: Spent): void;
  figures(figures: Figures): void;
  /** Null where nothing is due: the source is paused, or its pattern comes no more. */
  scheduled(source: string, times: { next: number; interval: number } | null): void;
  /** Only these sources are known from now on; the pass of another one that still ends is told no more. */
  keep(sources: readonly string[]): void;
  reloaded(ok: boolean, now: number): void;
  pending(is: boolean): void;
  writable(is: boolean): void;
  /** @param at when the newest backup was made; null where there is none, or none is made on schedule */
  backedUp(at: number | null, failures: number): void;
  notified(event: string, result: 'sent' | 'failed'): void;
  /** The text of the exposition format, and its type. */
  text(): Promise<{ body: string; type: string }>;
}

const SOURCE = ['source'] as const;
const seconds = (ms: number): number => ms / 1000;

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const about = <L extends string>(name: Name, labelNames: readonly L[]) => ({
    ...{ name, help: METRICS[name], labelNames, registers: [registry] },
  });
  const gauge = <L extends string>(name: Name, labels: readonly L[]) => new Gauge(about(name, labels));
  const counter = <L extends string>(name: Name, labels: readonly L[]) => new Counter(about(name, labels));

  gauge('rosterd_build_info', ['version']).set({ version }, 1);
  const success = gauge('rosterd_pass_last_success_timestamp_seconds', SOURCE);
  const end = gauge('rosterd_pass_last_end_timestamp_seconds', SOURCE);
  const running = gauge('rosterd_pass_running', SOURCE);
  const duration = new Histogram({
    ...about('rosterd_pass_duration_seconds', SOURCE),
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
  });
  const passes = counter('rosterd_passes_total', ['source', 'outcome']);
  const failures = gauge('rosterd_pass_consecutive_failures', SOURCE);
  const interval = gauge('rosterd_schedule_interval_seconds', SOURCE);
  const next = gauge('rosterd_schedule_next_timestamp_seconds', SOURCE);
  const accounts = gauge('rosterd_accounts', ['source', 'state']);
  const groups = gauge('rosterd_groups', SOURCE);
  const changes = counter('rosterd_changes_total', ['source', 'action']);
  const requests = counter('rosterd_requests_total', ['source', 'status']);
  const throttled = counter('rosterd_throttled_seconds_total', SOURCE);
  const blocked = gauge('rosterd_plan_blocked', SOURCE);
  const problems = gauge('rosterd_problems', SOURCE);
  const expiry = gauge('rosterd_credential_expiry_timestamp_seconds', SOURCE);
  const reload = gauge('rosterd_config_last_reload_successful', []);
  const reloadedAt = gauge('rosterd_config_last_reload_success_timestamp_seconds', []);
  const pending = gauge('rosterd_config_pending', []);
  const writable = gauge('rosterd_directory_writable', []);
  const backup = gauge('rosterd_backup_last_success_timestamp_seconds', []);
  const backupFailures = gauge('rosterd_backup_consecutive_failures', []);
  const notifications = counter('rosterd_notifications_total', ['event', 'result']);
  const bySource = [success, end, running, failures, interval, next, blocked, problems, expiry];
  let known: readonly string[] = [];

  return {
    passBegan: (source) => {
      if (known.includes(source)) running.set({ source }, 1);
    },
    passEnded: (source, result, failed, now) => {
      if (!known.includes(source)) return;
      running.set({ source }, 0);
      end.set({ source }, seconds(now));
      const succeeded = result.outcome === 'ok' || result.outcome === 'unchanged';
      if (succeeded) success.set({ source }, seconds(now));
      duration.observe({ source }, seconds(result.took));
      passes.inc({ source, outcome: result.outcome });
      failures.set({ source }, failed);
      // A plan goes on waiting while passes fail.
      if (result.blocked || succeeded) blocked.set({ source }, result.blocked ? 1 : 0);
    },
    passRefused: (source, code, failed, now) => {
      if (!known.includes(source)) return;
      running.set({ source }, 0);
      end.set({ source }, seconds(now));
      passes.inc({ source, outcome: code });
      failures.set({ source }, failed);
    },
    localEnded: ({ outcome, took }) => {
      duration.observe({ source: LOCAL }, seconds(took));
      passes.inc({ source: LOCAL, outcome });
    },
    spent: (source, { usage, credentialExpires }) => {
      if (!known.includes(source)) return;
      for (const [status, count] of Object.entries(usage.statuses)) requests.inc({ source, status }, count);
      throttled.inc({ source }, seconds(usage.throttled));
      if (credentialExpires === null) expiry.remove({ source });
      else expiry.set({ source }, seconds(credentialExpires));
    },
    figures: (figures) => {
      accounts.reset();
      for (const { source, state, count } of figures.accounts) accounts.set({ source, state }, count);
      groups.reset();
      for (const { source, count } of figures.groups) groups.set({ source }, count);
      problems.reset();
      for (const source of known) problems.set({ source }, 0);
      for (const { source, count } of figures.problems) problems.set({ source }, count);
      for (const { source, changed } of figures.runs)
        for (const [action, count] of Object.entries(changed)) changes.inc({ source, action }, count);
      for (const { name: source, lastSuccessAt, blockedPlan } of figures.sources) {
        if (!known.includes(source)) continue;
        if (lastSuccessAt !== null) success.set({ source }, seconds(Date.parse(lastSuccessAt)));
        blocked.set({ source }, blockedPlan === null ? 0 : 1);
      }
      blocked.set({ source: LOCAL }, figures.localPlan === null ? 0 : 1);
    },
    scheduled: (source, times) => {
      if (times) {
        interval.set({ source }, seconds(times.interval));
        next.set({ source }, seconds(times.next));
      } else for (const metric of [interval, next]) metric.remove({ source });
    },
    keep: (sources) => {
      for (const source of known)
        if (!sources.includes(source)) for (const metric of bySource) metric.remove({ source });
      known = sources;
      for (const source of sources) {
        running.inc({ source }, 0);
        failures.inc({ source }, 0);
        blocked.inc({ source }, 0);
        throttled.inc({ source }, 0);
      }
    },
    reloaded: (ok, now) => {
      reload.set(ok ? 1 : 0);
      if (ok) reloadedAt.set(seconds(now));
    },
    pending: (is) => pending.set(is ? 1 : 0),
    writable: (is) => writable.set(is ? 1 : 0),
    backedUp: (at, failed) => {
      if (at === null) backup.remove();
      else backup.set(seconds(at));
      backupFailures.set(failed);
    },
    notified: (event, result) => notifications.inc({ event, result }),
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}
