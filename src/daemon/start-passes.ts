import { Failure } from '../model/failure.ts';
import type { Trigger } from '../model/words.ts';
import type { SourceFigures } from './figures.ts';
import type { Sources } from './sources.ts';

export interface Start {
  sources: Sources;
  /** What the directory knows of each source. */
  known: readonly Pick<SourceFigures, 'name' | 'applied' | 'lastBegunAt' | 'cutOff'>[];
  runOnStart: boolean;
  /** Whether everything is listed. */
  full: boolean;
  now: number;
  /** Why a pass did not begin. */
  refused(source: string, message: string): void;
}

/**
 * The passes of a start: every source where `runOnStart` says so, else those whose time passed while nothing ran, and those
 * whose last pass was cut off or cancelled. Sources that were never applied come one after the other, in the order of the
 * file, which decides who gets a name that two hold; the others side by side. Until its turn has come a source begins no
 * other pass. Gives what begins them; that resolves when the first imports have ended.
 */
export function startPasses({ sources, known, runOnStart, full, now, refused }: Start): () => Promise<void> {
  const figures = new Map(known.map((source) => [source.name, source]));
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const start = async (name: string, before: Promise<void>): Promise<void> => {
    const trigger: Trigger = runOnStart ? 'start' : 'schedule';
    await sources.request(name, trigger, full, before).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      refused(name, error.message);
    });
  };
  let turn = gate;
  for (const { name, config, schedule } of sources.states()) {
    if (config.paused) continue;
    const before = figures.get(name);
    const begun = before?.lastBegunAt ? Date.parse(before.lastBegunAt) : null;
    const isMissed = before?.cutOff || (begun !== null && schedule.dueBetween(begun, now) !== null);
    if (!runOnStart && !isMissed) continue;
    if (before?.applied) void start(name, gate);
    else turn = start(name, turn);
  }
  return async () => {
    open();
    await turn;
  };
}
