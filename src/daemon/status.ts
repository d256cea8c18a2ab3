import type { Config } from '../config/load.ts';
import { LOCAL } from '../model/local.ts';
import type { PassResult } from '../model/pass.ts';
import type { Figures } from './figures.ts';
import type { SourceState } from './sources.ts';
import { version } from './version.ts';

export interface StatusOf {
  config: Config;
  started: number;
  loadedAt: number;
  /** The hash of a file that is not in use yet. */
  pending: string | null;
  lastReload: { ok: boolean; at: number; message: string } | null;
  ready: { ok: boolean; why: string | null };
  figures: Figures | null;
  expires: ReadonlyMap<string, number>;
  states: readonly SourceState[];
  /** The last run of the rules of local groups in this process. */
  local: { result: PassResult; at: number } | null;
}

const time = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined ? null : new Date(ms).toISOString();

/** What /status shows: everything that an operator would ask first. No secret is in it. */
export function statusOf(of: StatusOf): object {
  const { config, figures } = of;
  const counted = (name: string) => ({
    accounts: Object.fromEntries(
      (figures?.accounts ?? []).filter(({ source }) => source === name).map(({ state, count }) => [state, count]),
    ),
    groups: figures?.groups.find(({ source }) => source === name)?.count ?? 0,
    problems: figures?.problems.find(({ source }) => source === name)?.count ?? 0,
  });
  const known = new Map(figures?.sources.map((source) => [source.name, source]));
  return {
    version: version(),
    ...of.ready,
    startedAt: time(of.started),
    directory: config.directory,
    configuration: {
      ...{ file: config.path, sha256: config.sha256, loadedAt: time(of.loadedAt), pending: of.pending },
      lastReload: of.lastReload && { ...of.lastReload, at: time(of.lastReload.at) },
    },
    sources: of.states.map(({ name, config: source, schedule, running, failures, last }) => {
      const figure = known.get(name);
      return {
        ...{ name, type: source.type, paused: source.paused, schedule: schedule.pattern, next: time(schedule.next()) },
        running: running && { since: time(running.since), trigger: running.trigger },
        ...{ failures, state: figure?.state ?? null, lastSuccessAt: figure?.lastSuccessAt ?? null },
        blockedPlan: figure?.blockedPlan ?? null,
        last: last && { at: time(last.at), trigger: last.trigger, ...ended(last.ended) },
        ...counted(name),
        credentialExpires: time(of.expires.get(name)),
      };
    }),
    local: {
      blockedPlan: figures?.localPlan ?? null,
      last: of.local && { at: time(of.local.at), ...ended(of.local.result) },
      ...counted(LOCAL),
    },
  };
}

function ended(last: NonNullable<SourceState['last']>['ended']): object {
  if ('failure' in last) return { run: null, outcome: null, code: last.failure.code, message: last.failure.message };
  const { runId: run, outcome, code, message, took, requests } = last;
  return { run, outcome, code, message, took, requests };
}
