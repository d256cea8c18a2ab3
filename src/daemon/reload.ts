import { type Config, type ConfigText, checkConfig, type LoadOptions } from '../config/load.ts';
import { readConfigText } from '../config/text.ts';
import type { Metrics } from './metrics.ts';
import type { Telling } from './telling.ts';
import { type FileWatch, watchFile } from './watch-file.ts';

/** Whether the file is what is in use, as far as was looked. */
export interface Loaded {
  /** When the configuration in use was read, in ms since 1970. */
  at: number;
  /** The hash of a file that is not in use. */
  pending: string | null;
  last: { ok: boolean; at: number; message: string } | null;
}

/** Reads the configuration file again: on demand, and as `reload` says when it changes. */
export interface Reload {
  /** Reads it when whatever is being read or followed has ended: two signals are two reloads, never half of each. */
  soon(reason: string): void;
  /** Does something in turn with reloads. */
  inTurn(act: () => Promise<void>): void;
  /** Looks from now on whether the file changes. */
  watch(): void;
  loaded(): Loaded;
  /** Reads no more; resolves when what was being read or followed has ended. */
  stop(): Promise<void>;
}

export interface ReloadOptions {
  /** The file as the command line names it. */
  file: string | undefined;
  parse: LoadOptions;
  /** The configuration in use. */
  inUse(): Config;
  /**
   * Looks whether a configuration can be used, and throws a Failure where it cannot: nothing is changed then. What it
   * gives takes it into use.
   */
  prepare(next: Config): (reason: string) => void;
  /** What follows from a configuration that is in use, and takes its time. It never throws. */
  follow(): Promise<void>;
  /** Aborts when the daemon is told to stop: nothing may begin then that nobody would end. */
  signal: AbortSignal;
  now(): number;
  metrics: Pick<Metrics, 'reloaded' | 'pending'>;
  telling: Pick<Telling, 'reloadRefused' | 'reloaded'>;
  log: Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;
}

/** How long after a refusal it is tried again, in ms, with `onChange`: a Secret may come later than its ConfigMap. */
const AGAIN = 10_000;

export function createReload(options: ReloadOptions): Reload {
  const { inUse, metrics, telling, log, now, signal } = options;
  const loaded: Loaded = { at: now(), pending: null, last: null };
  let refused: { sha256: string | null; message: string } | null = null;
  let watching: FileWatch | undefined;
  let again: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  const isOnChange = () => inUse().service.reload === 'onChange';

  metrics.reloaded(true, loaded.at);
  differs(null);

  /** Notes which file is there that is not in use; null: none. */
  function differs(sha256: string | null): void {
    loaded.pending = sha256;
    metrics.pending(sha256 !== null);
  }

  function isTaken(message: string): void {
    refused = null;
    loaded.last = { ok: true, at: now(), message };
    metrics.reloaded(true, loaded.at);
    telling.reloaded();
  }

  async function reload(reason: string): Promise<void> {
    clearTimeout(again);
    let text: ConfigText | undefined;
    let take: (reason: string) => void;
    try {
      text = await readConfigText(options.file, options.parse.io);
      const next = await checkConfig(text, options.parse);
      if (signal.aborted) return;
      take = options.prepare(next);
    } catch (error) {
      if (!signal.aborted) refuse(reason, text?.sha256 ?? null, error instanceof Error ? error.message : String(error));
      return;
    }
    take(reason);
    loaded.at = now();
    differs(null);
    watching?.seen(text.sha256);
    isTaken('The configuration was read and is in use.');
    await options.follow();
  }

  function refuse(reason: string, sha256: string | null, message: string): void {
    const isNews = refused?.message !== message;
    refused = { sha256, message };
    loaded.last = { ok: false, at: now(), message };
    metrics.reloaded(false, now());
    if (sha256 !== null) differs(sha256 === inUse().sha256 ? null : sha256);
    watching?.seen(sha256);
    const sentence = `the configuration was not taken, and the one before stays in use: ${message}`;
    log[isNews || reason !== TRIED_AGAIN ? 'error' : 'debug']({ reason }, sentence);
    telling.reloadRefused(message);
    if (isOnChange()) again = setTimeout(() => soon(TRIED_AGAIN), AGAIN).unref();
  }

  function changed(sha256: string): void {
    differs(sha256);
    const { file, path } = inUse();
    if (isOnChange()) soon('the file changed');
    else
      log.warn(
        { file: path },
        `the configuration file has changed and is not in use yet: preview it with "rosterd --config ${file} plan --offline", then send SIGHUP`,
      );
  }

  function isBack(): void {
    differs(null);
    if (!refused) return;
    // Its secrets may be others by now, and where those were the fault, the file says nothing of them.
    if (isOnChange()) soon('the file is again the one in use');
    else if (refused.sha256 !== inUse().sha256) isTaken('The file is again the one that is in use.');
  }

  function soon(reason: string): void {
    inTurn(() => reload(reason));
  }

  function inTurn(act: () => Promise<void>): void {
    turn = turn
      .then(() => (signal.aborted ? undefined : act()))
      .catch((error: unknown) => log.error({}, `something unforeseen happened after a reload: ${String(error)}`));
  }

  return {
    soon,
    inTurn,
    watch: () => {
      const { path, sha256 } = inUse();
      if (path !== '-') watching = watchFile(path, () => inUse().sha256, sha256, { changed, back: isBack });
    },
    loaded: () => loaded,
    stop: async () => {
      clearTimeout(again);
      watching?.stop();
      await turn;
    },
  };
}

const TRIED_AGAIN = 'it was refused before, and is tried again';
