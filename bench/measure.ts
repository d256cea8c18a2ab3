import Database from 'better-sqlite3';
import { systemClock } from '../src/model/clock.ts';
import { DEFAULT_LIMITS } from '../src/model/limits.ts';
import { runPass } from '../src/sync/pass.ts';
import { connectorTo, floor } from './pages.ts';
import { RULES } from './rules.ts';

/** What one measured process did. */
export interface Measured {
  /** Seconds. */
  wall: number;
  cpu: number;
  /** Peak resident memory in MB, start of the program included. */
  memory: number;
  rows: number;
  outcome: string;
}

// One measurement, in a process of its own, so that its peak of memory is its own:
// measure.ts floor|pass|rules TENANT [DIRECTORY]; `rules` shapes the directory's mirror anew by rules, and reads nothing
const [what, tenant = '', directory = ''] = process.argv.slice(2);
const start = performance.now();
const before = process.cpuUsage();
let outcome = 'floor';
if (what === 'floor') await floor(tenant);
else {
  const result = await runPass(
    {
      directory,
      source: {
        name: 'bench',
        type: 'keycloak',
        nestedGroups: 'flatten',
        onMissing: 'deactivate',
        confirmMissing: true,
        deleteAfter: null,
        limits: what === 'rules' ? {} : DEFAULT_LIMITS,
        ...(what === 'rules' && { rules: RULES }),
      },
      sources: ['bench'],
      mode: 'full',
      trigger: 'once',
      actor: 'bench',
      read: what === 'rules' ? 'none' : 'full',
      commit: true,
      wait: 0,
      configSha256: '',
      version: 'bench',
    },
    {
      connector: what === 'rules' ? null : connectorTo(tenant),
      clock: systemClock,
      signal: new AbortController().signal,
      progress: () => {},
      began: () => {},
    },
  );
  outcome = result.outcome === 'failed' ? (result.message ?? 'failed') : result.outcome;
}
const { user, system } = process.cpuUsage(before);
const measured: Measured = {
  wall: (performance.now() - start) / 1000,
  cpu: (user + system) / 1e6,
  memory: process.resourceUsage().maxRSS / 1024,
  rows: what === 'floor' ? 0 : rowsWritten(directory),
  outcome,
};
process.stdout.write(JSON.stringify(measured));

/** Changes of the last run, as the directory tells them: accounts, groups, memberships, journal. */
function rowsWritten(path: string): number {
  const db = new Database(path, { readonly: true });
  const last = 'SELECT max(id) FROM runs';
  const sql = `SELECT (SELECT count(*) FROM journal WHERE run_id = (${last})) + (SELECT count(*) FROM memberships WHERE since_run = (${last}))
    + (SELECT count(*) FROM past_memberships WHERE to_run = (${last})) + (SELECT count(*) FROM mirror_users WHERE run = (${last}))
    + (SELECT count(*) FROM mirror_groups WHERE run = (${last}))`;
  const rows = Number(db.prepare(sql).pluck().get());
  db.close();
  return rows;
}
