import { resolve } from 'node:path';
import { connectorTypes } from '../../connectors/registry.ts';
import { loadConfig } from '../config/load.ts';
import { version } from '../daemon/version.ts';
import { type Restored, restoreFrom } from '../directory/restore.ts';
import type { LostEdit } from '../directory/restore-present.ts';
import { systemClock } from '../model/clock.ts';
import { count, printable, printableJson, shortTime } from '../report/text.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { cancellable } from './signals.ts';

export interface RestoreOptions {
  config?: string;
  json?: boolean;
  by?: string;
  /** Milliseconds. */
  wait: number;
}

/** Puts a backup in the place of the directory. Gives the exit status. */
export async function restore(file: string, options: RestoreOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const { directory, sha256 } = config;
  const sources = config.sources.map(({ name }) => name);
  const who = { actor: actor(options.by, io), wait: options.wait, configSha256: sha256, version: version() };
  io.toTheEnd?.();
  const tell = (message: string) => io.err.write(`${printable(message)}\n`);
  const restored = await cancellable((signal) =>
    restoreFrom({ directory, file: resolve(io.cwd, file), sources, tell, ...who }, systemClock, signal),
  );
  if (options.json) io.out.write(`${printableJson(restored)}\n`);
  else for (const line of lines(directory, restored)) io.out.write(`${line}\n`);
  return 0;
}

/** Edits and approvals that are told; the file that is kept has the others. */
const TOLD = 10;

function* lines(directory: string, { backup, kept, lost, waiting, runId }: Restored): Generator<string> {
  const { accounts, groups, memberships, at } = backup;
  const holds = [count(accounts, 'account'), count(groups, 'group'), count(memberships, 'membership')].join(', ');
  yield `${printable(directory)} is the backup ${printable(backup.file)} of ${shortTime(at)} UTC: ${holds}. This is run ${runId}.`;
  if (kept !== null) yield `The directory before is kept as ${printable(kept)}.`;
  yield 'Whoever left or was disabled since then is as they were, until the next sync: run "rosterd --once" now.';
  if (lost === null)
    yield 'Whether anything was edited or approved by hand since then, nobody can tell: what it was has to be done again.';
  else if (lost.length > 0) {
    yield 'Done by hand since then, and not in the backup; do again what is to hold:';
    for (const edit of lost.slice(0, TOLD)) yield `  ${lostText(edit)}`;
    if (lost.length > TOLD) yield `  … and ${lost.length - TOLD} more, in the file that is kept`;
  }
  for (const { source, plan } of waiting)
    yield `${printable(source)}: a plan waits for an approval, as it did then; it is called ${plan} from now on.`;
}

const lostText = ({ at, actor: by, action, object, name, reason, source }: LostEdit): string =>
  [
    `${shortTime(at)}  ${action} ${object} ${printable(name ?? '')}${source === null ? '' : ` of source ${printable(source)}`}`,
    `by ${printable(by)}${reason === null ? '' : `: ${printable(reason)}`}`,
  ].join(', ');
