import { Failure } from '../model/failure.ts';
import type { Trigger } from '../model/words.ts';
import type { SourceFigures } from './figures.ts';
import type { Sources } from './sources.ts';

export interface Start {
  sources: Sources;
  /** What the directory knows of each source. */
  known: readonly SourceFigures[];
  runOnStart: boolean;
  /** Whether everything is listed. */
  full: boolean;
  now: number;
  /** Why a pass did not begin. */
  refused(source: string, message: string): void;
}

/**
 * The passes of a start: every source where `runOnStart` says so, else those whose time passed while nothing ran. Sources
 * that were never applied come one after the other, in the order of the file, which decides who gets a name that two
 * hold; the others side by side. Resolves when the first imports have ended.
 */
export async function startPasses({ sources, known, runOnStart, full, now, refused }: Start): Promise<void> {
  const figures = new Map(known.map((source) => [source.name, source]));
  const start = async (name: string, trigger: Trigger): Promise<void> => {
    await sources.request(name, trigger, full).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      refused(name, error.message);
    });
  };
  const first: string[] = [];
  for (const { name, config, schedule } of sources.states()) {
    if (config.paused) continue;
    const before = figures.get(name);
    if (!before?.applied) {
      if (runOnStart) first.push(name);
      continue;
    }
    const begun = before.lastBegunAt === null ? null : Date.parse(before.lastBegunAt);
    const missed = begun !== null && schedule.dueBetween(begun, now) !== null;
    if (runOnStart || missed) void start(name, runOnStart ? 'start' : 'schedule');
  }
  for (const name of first) await start(name, 'start');
}
