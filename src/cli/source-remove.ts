import { connectorTypes } from '../../connectors/registry.ts';
import { loadConfig } from '../config/load.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { exitStatus, printerFor } from './once.ts';
import { usage } from './options.ts';
import { removeOne } from './passes.ts';
import { cancellable } from './signals.ts';
import { typeInDirectory } from './source-known.ts';

export interface SourceRemoveOptions {
  config?: string;
  json?: boolean;
  all?: boolean;
  /** Deletes the accounts instead of deactivating them. */
  delete?: boolean;
  reason?: string;
  by?: string;
  /** Milliseconds. */
  wait: number;
}

/**
 * Removes a source that the file no longer names: a pass that reads nothing and wants nothing, under the limits of every
 * other. Gives the exit status: 0, or 3 where the plan waits for an approval, as it nearly always does.
 */
export async function sourceRemove(name: string, options: SourceRemoveOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  if (config.sources.some((source) => source.name === name)) {
    throw usage(
      `${config.file} still names \`${name}\`. Take it out of the file first: the next sync would make its accounts again.`,
    );
  }
  const removal = {
    name,
    type: typeInDirectory(config.directory, name),
    deletion: options.delete === true,
    reason: options.reason ?? null,
  };
  const who = { actor: actor(options.by, io), wait: options.wait };
  io.toTheEnd?.();
  const result = await cancellable((signal) => removeOne(config, removal, who, io, signal));
  const printer = printerFor(options, io, false);
  printer.pass(result);
  printer.end();
  if ('failure' in result) io.err.write(`${result.failure.message}\n`);
  return exitStatus([result], false);
}
