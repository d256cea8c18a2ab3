import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
import { fetchAll, fetchChanges, fetchMissing } from './fetch.ts';
import { changesFrom, lastCursor } from './incremental.ts';
import { noteLeft } from './left.ts';
import { withLanguage } from './local/rules.ts';
import { compileRules, type RuleSet } from './rules.ts';
import { type Fetched, type Run, settle } from './settle.ts';
import type { Progress } from './stage.ts';
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
 * One run for one source: fetch and stage, confirm, then mirror, resolve, shape, plan, limits and apply in one
 * transaction. Gives a result for everything that can happen to a run; throws a Failure only where no run could begin:
 * the directory cannot be opened, or somebody else holds the source (code `busy`).
 */
export async function runPass(request: PassRequest, surroundings: Surroundings): Promise<PassResult> {
  const { clock, signal } = surroundings;
  const waiting: Waiting = { clock, wait: request.wait, signal };
  const began = clock.now();
  const db = request.commit ? await openDirectory(request.directory, waiting) : openPrivate(request.directory);
  try {
    const lock = request.commit
      ? await lockSource(request.directory, request.source.name, doing(request), waiting)
      : null;
    try {
      const result = await new Pass(db, request, surroundings, waiting).run();
      return { ...result, took: clock.now() - began };
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw explained(error, request.directory);
  } finally {
    closeDirectory(db);
  }
}

function doing({ mode, removal, trigger }: PassRequest): string {
  if (mode === 'approve') return 'an approval';
  return removal ? 'a removal' : `a pass (${trigger})`;
}

type Result = Omit<PassResult, 'took'>;

class Pass {
  readonly #db: Db;
  readonly #request: PassRequest;
  readonly #surroundings: Surroundings;
  readonly #waiting: Waiting;
  #run: Omit<Run, 'at'> = { runId: 0, sourceId: 0 };
  #seen: Progress = { users: 0, groups: 0, members: 0 };

  constructor(db: Db, request: PassRequest, surroundings: Surroundings, waiting: Waiting) {
    this.#db = db;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#waiting = waiting;
  }

  async run(): Promise<Result> {
    const { directory, source } = this.#request;
    const { connector, signal } = this.#surroundings;
    clearStages(directory, source.name);
    await this.#begin();
    const path = `${directory}.${source.name}.${this.#run.runId}.stage`;
    let file: StageFile | undefined;
    try {
      const rules = await compileRules(source);
      if (connector !== null) file = new StageFile(path);
      const fetched = connector && file ? await this.#fetch(connector, file, rules) : null;
      signal.throwIfAborted();
      const settled = await withLanguage(this.#db, (compile) =>
        this.#writing(() => {
          const run = { ...this.#run, at: this.#at() };
          return settle(this.#db, this.#request, run, fetched, { source: rules, compile });
        }),
      );
      const { outcome, message, counts, blocked } = settled;
      return this.#result({ outcome, message, code: null, problems: counts.problems, blocked });
    } catch (error) {
      return await this.#failed(explained(error, directory));
    } finally {
      file?.close();
      rmSync(path, { force: true });
    }
  }

  async #begin(): Promise<void> {
    const { source, sources, mode, trigger, actor, configSha256, version } = this.#request;
    const tenant = this.#surroundings.connector?.tenant ?? null;
    const at = this.#at();
    const run = { source: source.name, type: source.type, tenant, mode, trigger, actor, configSha256, version, at };
    const begin = this.#db.transaction(() => {
      const begun = beginRun(this.#db, run);
      noteLeft(this.#db, sources, begun.runId);
      return begun;
    });
    this.#run = await this.#writing(() => begin.immediate());
    this.#surroundings.began(this.#run.runId);
  }

  async #fetch(connector: Connector, file: StageFile, { want }: RuleSet): Promise<Fetched | null> {
    const { signal, progress } = this.#surroundings;
    const tell = (seen: Progress) => {
      this.#seen = seen;
      progress(seen);
    };
    const reading = {
      db: this.#db,
      sourceId: this.#run.sourceId,
      source: this.#request.source,
      connector,
      file,
      signal,
      want,
      last: this.#request.full ? null : lastCursor(this.#db, this.#run.sourceId),
    };
    if (this.#request.read === 'missing') return await fetchMissing(reading);
    const { clock } = this.#surroundings;
    const since = changesFrom(this.#db, this.#run.sourceId, this.#request, connector, want, () => clock.now());
    const changes = since === null ? null : await fetchChanges(reading, since, tell);
    return changes ?? (await fetchAll(reading, tell));
  }

  async #failed(error: unknown): Promise<Result> {
    const cancelled = this.#surroundings.signal.aborted;
    const code = cancelled ? 'cancelled' : error instanceof Failure ? error.code : 'unexpected';
    const message = cancelled ? 'The run was cancelled; nothing was changed.' : sentence(error);
    const outcome = cancelled ? 'cancelled' : 'failed';
    const planId = this.#request.approval?.plan ?? null;
    const end = { ...this.#run, at: this.#at(), outcome, counts: NO_COUNTS, message, planId } as const;
    // Not cancelled by the signal that may have ended the run, but not for long either.
    const patience: Waiting = { clock: this.#waiting.clock, wait: Math.min(this.#waiting.wait, 5000) };
    await patiently(patience, 'Another rosterd is writing', () =>
      this.#db.transaction(() => endRun(this.#db, end)).immediate(),
    );
    return this.#result({ outcome, message, code, problems: 0, blocked: null });
  }

  #result(part: Pick<Result, 'outcome' | 'message' | 'code' | 'problems' | 'blocked'>): Result {
    const { directory, source } = this.#request;
    const requests = this.#surroundings.connector?.requests() ?? 0;
    return { source: source.name, runId: this.#run.runId, directory, seen: { ...this.#seen }, requests, ...part };
  }

  #writing<T>(act: () => T): Promise<T> {
    return patiently(this.#waiting, `Another rosterd is writing to ${this.#request.directory}`, act);
  }

  #at(): string {
    return new Date(this.#surroundings.clock.now()).toISOString();
  }
}

/** Deletes what runs of this source left behind that were cut off; only the holder of the source's lock may. */
function clearStages(directory: string, source: string): void {
  const prefix = `${basename(directory)}.${source}.`;
  for (const name of readdirSync(dirname(directory))) {
    if (name.startsWith(prefix) && /^\d+\.stage$/.test(name.slice(prefix.length)))
      rmSync(join(dirname(directory), name));
  }
}

function sentence(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return `Something unforeseen went wrong, and nothing was changed: ${error instanceof Error ? error.message : String(error)}`;
}
