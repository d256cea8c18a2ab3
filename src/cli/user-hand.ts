import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { version } from '../daemon/version.ts';
import { type Db, openToLook } from '../directory/open.ts';
import { systemClock } from '../model/clock.ts';
import { printable, printableJson } from '../report/text.ts';
import type { ByHand, Edited, Turn } from '../sync/hand/edit.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { cancellable } from './signals.ts';

/** What every command takes that edits the directory by hand. */
export interface HandOptions {
  config?: string;
  json?: boolean;
  by?: string;
  reason?: string;
  /** Milliseconds. */
  wait: number;
}

/**
 * Finds what was named, edits, and prints what became of it. Gives the exit status.
 * @param find reads the directory before the edit begins; without it, the directory may not be there yet
 */
export async function editing<Found, Done extends object>(
  options: HandOptions,
  io: Io,
  steps: {
    find: ((db: Db) => Found) | null;
    edit(by: ByHand, found: Found, turn: Turn, config: Config): Promise<Edited<Done>>;
    say(done: Edited<Done>): Iterable<string>;
    /** What was asked for and is not so, told whether or not anything else was changed. */
    yet?(done: Edited<Done>): Iterable<string>;
  },
): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const { directory, sha256 } = config;
  // Without `find`, nothing was found, and `edit` takes nothing.
  const found = steps.find === null ? (undefined as Found) : looking(directory, steps.find);
  const by: ByHand = {
    directory,
    actor: actor(options.by, io),
    reason: options.reason ?? null,
    wait: options.wait,
    configSha256: sha256,
    version: version(),
  };
  const done = await cancellable((signal) => steps.edit(by, found, { clock: systemClock, signal }, config));
  if (options.json) io.out.write(`${printableJson(done)}\n`);
  else for (const line of told(done, steps)) io.out.write(`${line}\n`);
  return 0;
}

function* told<Done extends object>(
  done: Edited<Done>,
  { say, yet }: { say(done: Edited<Done>): Iterable<string>; yet?(done: Edited<Done>): Iterable<string> },
): Generator<string> {
  const open = [...(yet?.(done) ?? [])];
  if (done.runId !== null) yield* say(done);
  else if (open.length === 0) yield 'Everything is so already; nothing was changed.';
  else yield 'Nothing was changed.';
  yield* open;
}

function looking<T>(directory: string, find: (db: Db) => T): T {
  const db = openToLook(directory);
  try {
    return find(db);
  } finally {
    db.close();
  }
}

/** `Account 7 \`ada\``, for the beginning of a sentence. */
export const named = (what: 'Account' | 'Group', { id, name }: { id: number; name: string | null }): string =>
  `${what} ${id} \`${printable(name ?? '')}\``;
