import { connectorTypes } from '../../connectors/registry.ts';
import { loadConfig } from '../config/load.ts';
import { sourceNameFault } from '../config/source-name.ts';
import { version } from '../daemon/version.ts';
import { systemClock } from '../model/clock.ts';
import { renameSource } from '../sync/rename.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { usage } from './options.ts';
import { cancellable } from './signals.ts';
import { typeInDirectory } from './source-known.ts';

export interface SourceRenameOptions {
  config?: string;
  json?: boolean;
  by?: string;
  /** Milliseconds. */
  wait: number;
}

/** Gives a source of the directory another name, before or after the edit of the file. Gives the exit status. */
export async function sourceRename(from: string, to: string, options: SourceRenameOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const sources = config.sources.map(({ name }) => name);
  const fault = sourceNameFault(to);
  if (fault !== null) throw usage(`\`${to}\` is no name for a source: ${fault}.`);
  if (from === to) throw usage(`Source \`${from}\` has that name.`);
  if (sources.includes(from) && sources.includes(to)) {
    throw usage(
      `${config.file} names both \`${from}\` and \`${to}\`: they are two sources. Take one of them out of the file first.`,
    );
  }
  typeInDirectory(config.directory, from);
  const { directory, sha256 } = config;
  const who = { actor: actor(options.by, io), wait: options.wait, configSha256: sha256, version: version() };
  const { runId, dropped } = await cancellable((signal) =>
    renameSource({ directory, from, to, sources, ...who }, systemClock, signal),
  );
  if (options.json) io.out.write(`${JSON.stringify({ from, to, runId, dropped })}\n`);
  else for (const line of lines(config.file, sources, { from, to, dropped })) io.out.write(`${line}\n`);
  return 0;
}

function* lines(
  file: string,
  sources: readonly string[],
  { from, to, dropped }: { from: string; to: string; dropped: boolean },
): Generator<string> {
  yield `Source \`${from}\` is called \`${to}\` from now on; its accounts and groups are as they were.`;
  if (dropped) yield `What was read under \`${to}\` so far was forgotten: the next sync reads it anew.`;
  if (sources.includes(to)) return;
  yield sources.includes(from)
    ? `Now change its name in ${file}: the next sync would take \`${from}\` for a new source.`
    : `${file} does not name it yet.`;
}
