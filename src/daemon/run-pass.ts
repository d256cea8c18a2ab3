import type { Logger } from 'pino';
import type { Connector, Surroundings } from '../../connectors/connector.ts';
import { connectorTypes } from '../../connectors/registry.ts';
import type { Config, SourceConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import type { PassRequest, PassResult } from '../model/pass.ts';
import { runPass } from '../sync/pass.ts';
import type { Progress } from '../sync/stage.ts';
import { seldom } from './seldom.ts';

/** What whoever waits for a pass is told while it runs. */
export interface Watching {
  progress(seen: Progress & { requests: number }): void;
  log: Logger;
  /** What the connector says of itself when the pass has ended. */
  spent?(spent: Spent): void;
}

/** What a pass cost, and when the credential ends that it used, in ms since 1970. */
export interface Spent {
  usage: ReturnType<NonNullable<Connector['usage']>>;
  credentialExpires: number | null;
}

/** Opens the connector of one source; its SDK is loaded here, and only here. */
export async function openConnector(config: Config, source: SourceConfig, log: Log): Promise<Connector> {
  // The registry's schema for this type made `own`; the compiler cannot follow a type chosen by the file.
  const type = connectorTypes[source.type as keyof typeof connectorTypes];
  const open: (config: never, surroundings: Surroundings) => Connector = await type.load();
  const surroundings = { source: source.name, folder: config.folder, clock: systemClock, env: process.env, log };
  return open(source.own as never, config.ca === undefined ? surroundings : { ...surroundings, ca: config.ca });
}

type Log = Surroundings['log'];

/** Whoever reads nothing needs no source in the configuration. */
function sourceNamed(config: Config, name: string): SourceConfig {
  const source = config.sources.find((one) => one.name === name);
  if (!source) throw new Error(`no source ${name} in the configuration`);
  return source;
}

/** Runs one pass in this thread. Every line it logs carries the source and, once there is one, the run. */
export async function runHere(
  config: Config,
  request: PassRequest,
  watching: Watching,
  signal: AbortSignal,
): Promise<PassResult> {
  const { name } = request.source;
  let log = watching.log.child({ source: name });
  const late: Log = {
    debug: (fields, message) => log.debug(fields, message),
    warn: (fields, message) => log.warn(fields, message),
  };
  const tell = seldom<object>(10_000, systemClock, (seen) => log.info(seen, 'still reading'));
  const connector = request.read === 'none' ? null : await openConnector(config, sourceNamed(config, name), late);
  try {
    const result = await runPass(request, {
      connector,
      clock: systemClock,
      signal,
      progress: (progress) => {
        const seen = { ...progress, requests: connector?.requests() ?? 0 };
        watching.progress(seen);
        tell(seen);
      },
      began: (run) => {
        log = log.child({ run });
        log.debug({ mode: request.mode, trigger: request.trigger }, 'the pass begins');
      },
    });
    logResult(log, result);
    return result;
  } finally {
    const usage = connector?.usage?.() ?? { statuses: {}, throttled: 0 };
    watching.spent?.({ usage, credentialExpires: connector?.credentialExpires ?? null });
    await connector?.close();
  }
}

/** Says in the log how a pass ended. */
export function logResult(log: Logger, result: PassResult): void {
  const { outcome, message, code, seen, requests, problems, blocked, took } = result;
  const fields = { outcome, ...(code === null ? {} : { code }), ...seen, requests, problems, took };
  if (outcome === 'failed') log.error(fields, `the pass failed: ${message}`);
  else if (blocked)
    log.warn({ ...fields, plan: blocked.id }, `the pass was stopped by a limit: ${blocked.limits.join(' ')}`);
  else if (outcome === 'cancelled') log.warn(fields, 'the pass was cancelled; nothing was changed');
  else log.info(fields, `the pass ended: ${outcome}${message === null ? '' : `. ${message}`}`);
}
