import { rmSync } from 'node:fs';
import type { Connector } from '../../connectors/connector.ts';
import { lockSource } from '../directory/lock.ts';
import {
  closeDirectory,
  type Db,
  explained,
  openDirectory,
  openPrivate,
  patiently,
  type Waiting,
} from '../directory/open.ts';
import { beginRun, endRun, NO_COUNTS } from '../directory/runs.ts';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';
import type { PassRequest, PassResult } from '../model/pass.ts';
import type { Want } from '../model/snapshot.ts';
import { absorb } from './absorb.ts';
import { apply, applyProblems, countPlan } from './apply.ts';
import { believable } from './believable.ts';
import { confirm } from './confirm.ts';
import { type Known, loadKnown } from './known.ts';
import { plan } from './plan/plan.ts';
import type { Scope } from './plan/todo.ts';
import { printer } from './print.ts';
import { type Progress, type Staged, stage } from './stage.ts';
import { StageFile } from './stage-file.ts';

/** What a pass is given beside its request. */
export interface Surroundings {
  /** Null where the request reads nothing. */
  connector: Connector | null;
  clock: Clock;
  /** Aborting it cancels a pass that still fetches; one that applies is finished. */
  signal: AbortSignal;
  progress(progress: Progress): void;
  /** Called as soon as the run has a number. */
  began(runId: number): void;
}

/**
 * One run for one source: fetch and stage, confirm, then mirror, resolve, shape, plan and apply in one transaction.
 * Gives a result for everything that can happen to a run; throws a Failure only where no run could begin: the directory
 * cannot be opened, or somebody else holds the source (code `busy`).
 */
export async function runPass(request: PassRequest, surroundings: Surroundings): Promise<PassResult> {
  const { clock, signal } = surroundings;
  const waiting: Waiting = { clock, wait: request.wait, signal };
  const began = clock.now();
  const db = request.commit ? await openDirectory(request.directory, waiting) : openPrivate(request.directory);
  try {
    const lock = request.commit
      ? await lockSource(request.directory, request.source.name, `a pass (${request.trigger})`, waiting)
      : null;
    try {
      const pass = new Pass(db, request, surroundings, waiting);
      return { ...(await pass.run()), took: clock.now() - began };
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw explained(error, request.directory);
  } finally {
    closeDirectory(db);
  }
}

/** What was fetched, until the mirror has it. */
interface Fetched {
  known: Known;
  file: StageFile;
  staged: Staged;
  want: Want;
}

class Pass {
  readonly #db: Db;
  readonly #request: PassRequest;
  readonly #surroundings: Surroundings;
  readonly #waiting: Waiting;
  #runId = 0;
  #sourceId = 0;
  #seen: Progress = { users: 0, groups: 0, members: 0 };

  constructor(db: Db, request: PassRequest, surroundings: Surroundings, waiting: Waiting) {
    this.#db = db;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#waiting = waiting;
  }

  async run(): Promise<Omit<PassResult, 'took'>> {
    const { connector, signal } = this.#surroundings;
    await this.#begin();
    const stagePath = `${this.#request.directory}.${this.#request.source.name}.${this.#runId}.stage`;
    let file: StageFile | undefined;
    try {
      let fetched: Fetched | undefined;
      if (connector !== null && this.#request.read === 'full') {
        file = new StageFile(stagePath);
        fetched = await this.#fetch(connector, file);
      }
      signal.throwIfAborted();
      return await this.#writing(() => this.#settle(fetched));
    } catch (error) {
      return await this.#failed(explained(error, this.#request.directory));
    } finally {
      file?.close();
      rmSync(stagePath, { force: true });
    }
  }

  async #begin(): Promise<void> {
    const { source, mode, trigger, actor, configSha256, version } = this.#request;
    const tenant = this.#surroundings.connector?.tenant ?? null;
    const at = this.#at();
    const run = { source: source.name, type: source.type, tenant, mode, trigger, actor, configSha256, version, at };
    const { runId, sourceId } = await this.#writing(() => beginRun(this.#db, run));
    this.#runId = runId;
    this.#sourceId = sourceId;
    this.#surroundings.began(runId);
  }

  async #fetch(connector: Connector, file: StageFile): Promise<Fetched> {
    const { signal, progress } = this.#surroundings;
    const want: Want = { users: [], groups: [] };
    const print = printer(String(this.#db.prepare("SELECT value FROM meta WHERE key = 'print_seed'").pluck().get()));
    const known = loadKnown(this.#db, this.#sourceId);
    const staged = await stage(connector.snapshot(want, signal), known, file, print, (seen) => {
      this.#seen = seen;
      progress(seen);
    });
    await believable(staged, known, connector, signal);
    await confirm(staged, known, connector, file, print, want, signal);
    return { known, file, staged, want };
  }

  /** The one transaction: the directory is the old one or the new one, never between. */
  #settle(fetched: Fetched | undefined): Omit<PassResult, 'took'> {
    const db = this.#db;
    const at = this.#at();
    const { source } = this.#request;
    db.exec('BEGIN IMMEDIATE');
    try {
      if (fetched) absorb(db, this.#sourceId, this.#runId, fetched.known, fetched.file, fetched.want);
      const key = `1 ${source.nestedGroups}`;
      const scope = scopeOf(db, this.#sourceId, key);
      let counts = NO_COUNTS;
      let changed = false;
      if (scope !== null) {
        const table = plan(db, { id: this.#sourceId, ...source }, scope);
        changed = !table.isEmpty();
        counts = countPlan(db);
        if (changed) apply(db, { runId: this.#runId, sourceId: this.#sourceId, source: source.name, at });
        counts = { ...counts, problems: applyProblems(db, this.#sourceId, this.#runId) };
      }
      const outcome = changed ? 'ok' : 'unchanged';
      const message = fetched && fetched.staged.progress.users === 0 ? 'The identity provider listed no users.' : null;
      if (fetched) this.#noteMirror(at, fetched.staged);
      db.prepare(APPLIED).run(key, this.#sourceId);
      endRun(db, { runId: this.#runId, sourceId: this.#sourceId, at, outcome, counts, message });
      db.exec('COMMIT');
      return this.#result({ outcome, message, code: null, problems: counts.problems });
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  #noteMirror(at: string, staged: Staged): void {
    const { counts, cursor } = staged;
    this.#db.prepare(MIRRORED).run(JSON.stringify(counts), cursor ?? null, at, this.#sourceId);
  }

  async #failed(error: unknown): Promise<Omit<PassResult, 'took'>> {
    const { signal } = this.#surroundings;
    const cancelled = signal.aborted;
    const code = error instanceof Failure ? error.code : 'unexpected';
    const message = cancelled ? 'The run was cancelled; nothing was changed.' : sentence(error);
    const outcome = cancelled ? 'cancelled' : 'failed';
    const end = {
      runId: this.#runId,
      sourceId: this.#sourceId,
      at: this.#at(),
      outcome,
      counts: NO_COUNTS,
      message,
    } as const;
    const patience = { ...this.#waiting, wait: Math.min(this.#waiting.wait, 5000) };
    delete patience.signal;
    await patiently(patience, 'another rosterd is writing', () =>
      this.#db.transaction(() => endRun(this.#db, end)).immediate(),
    );
    return this.#result({ outcome, message, code: cancelled ? 'cancelled' : code, problems: 0 });
  }

  #result(part: Pick<PassResult, 'outcome' | 'message' | 'code' | 'problems'>): Omit<PassResult, 'took'> {
    const { directory, source } = this.#request;
    const requests = this.#surroundings.connector?.requests() ?? 0;
    return { source: source.name, runId: this.#runId, directory, seen: { ...this.#seen }, requests, ...part };
  }

  #writing<T>(act: () => T): Promise<T> {
    return patiently(this.#waiting, `Another rosterd is writing to ${this.#request.directory}`, act);
  }

  #at(): string {
    return new Date(this.#surroundings.clock.now()).toISOString();
  }
}

const APPLIED =
  'UPDATE sources SET applied_run = mirror_run, applied_key = ?, applied_counts = mirror_counts WHERE id = ?';
const MIRRORED = 'UPDATE sources SET mirror_counts = ?, cursor = ?, full_at = ? WHERE id = ?';
const SOURCE = `SELECT mirror_run AS mirrorRun, applied_run AS appliedRun, applied_key AS appliedKey FROM sources WHERE id = ?`;
const TROUBLE = `SELECT EXISTS (SELECT 1 FROM problems WHERE source_id = @id)
  OR EXISTS (SELECT 1 FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state IN (1, 2) AND n.source_id = @id)
  OR EXISTS (SELECT 1 FROM mirror_groups m JOIN nodes n ON n.id = m.node
             WHERE (m.state IN (1, 2) OR m.unread IS NOT NULL) AND n.source_id = @id)`;

/** What has to be planned: nothing while the mirror and the rules are those last applied and nothing is in trouble. */
function scopeOf(db: Db, sourceId: number, key: string): Scope | null {
  type Row = { mirrorRun: number | null; appliedRun: number | null; appliedKey: string | null };
  const source = db.prepare<[number], Row>(SOURCE).get(sourceId);
  if (!source || source.mirrorRun === null) return null;
  if (source.appliedKey !== key || source.appliedRun === null) return 'everything';
  const trouble = db.prepare(TROUBLE).pluck().get({ id: sourceId }) === 1;
  return source.mirrorRun > source.appliedRun || trouble ? { since: source.appliedRun } : null;
}

function sentence(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return `Something unforeseen went wrong, and nothing was changed: ${error instanceof Error ? error.message : String(error)}`;
}
