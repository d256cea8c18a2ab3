import { expect, test } from 'vitest';
import type { Config } from '../../src/config/load.ts';
import { type StatusOf, statusOf } from '../../src/daemon/status.ts';

const of: StatusOf = {
  // Only what is looked at.
  config: { directory: '/d.db', path: 'config.yaml', sha256: 'abc' } as Config,
  ...{ started: 0, loadedAt: 0, pending: null, lastReload: null, ready: { ok: true, why: null } },
  ...{ figures: null, expires: new Map(), states: [], local: null },
};

test('before anything was counted the directory itself is shown empty', () => {
  expect(statusOf(of)).toMatchObject({
    sources: [],
    local: { blockedPlan: null, last: null, accounts: {}, groups: 0, problems: 0 },
  });
});

test('what the directory holds of its own, and the plan of its rules that waits', () => {
  const counts = {
    accounts: [{ source: 'local', state: 'active', count: 2 }],
    groups: [{ source: 'local', count: 3 }],
  };
  const problems = [{ source: 'local', count: 1 }];
  const result = {
    ...{
      source: 'local',
      runId: 7,
      directory: '',
      outcome: 'blocked' as const,
      message: null,
      code: null,
      requests: 0,
    },
    ...{ seen: { users: 1, groups: 0, members: 0 }, problems: 1, blocked: null, took: 15 },
  };
  const figures = { ...counts, problems, sources: [], localPlan: 'abc', runs: [], mark: null };
  expect(statusOf({ ...of, figures, local: { result, at: 0 } })).toMatchObject({
    local: {
      ...{ blockedPlan: 'abc', accounts: { active: 2 }, groups: 3, problems: 1 },
      last: { at: '1970-01-01T00:00:00.000Z', run: 7, outcome: 'blocked', took: 15 },
    },
  });
});
