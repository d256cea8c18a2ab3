import { createTask, type ScheduledTask } from 'node-cron';

/** When something is due. Its clock is the system's: cron means the time that people's clocks show. */
export interface Schedule {
  readonly pattern: string;
  /** The next time, in ms since 1970; null where there is none. */
  next(): number | null;
  /** Milliseconds from the next time to the one after. */
  interval(): number;
  /** The last time before `now` that it was due, not before `since`; null where there was none. */
  dueBetween(since: number, now: number): number | null;
  stop(): void;
}

/** So far back a missed time is looked for, at most. */
const LONGEST = 8 * 86_400_000;
const HOUR = 3_600_000;
/** The longest random delay, and which part of the interval it may be. */
const DELAY = 30_000;
const SHARE = 0.1;

/**
 * Calls `due` at each time of a cron pattern, a little later: a random part of a tenth of the interval, 30 s at most, so
 * that many instances do not ask one provider on the same second. A time that passed while the machine slept is made up
 * once.
 * @param timezone such as `Europe/Oslo`. A time in the hour that its clock skips in spring does not come on that day; in the
 * hour that it repeats in autumn, times come once, the second time round.
 */
export function schedule(pattern: string, timezone: string, due: (missed: boolean) => void): Schedule {
  const delays = new Set<NodeJS.Timeout>();
  const later = (missed: boolean) => {
    const timer = setTimeout(
      () => {
        delays.delete(timer);
        due(missed);
      },
      Math.random() * Math.min(DELAY, interval() * SHARE),
    );
    delays.add(timer);
  };
  const task: ScheduledTask = createTask(pattern, () => later(false), {
    timezone,
    logger: SILENT,
    suppressMissedWarning: true,
  });
  task.on('execution:missed', () => later(true));
  void task.start();

  function interval(): number {
    const [first, second] = task.getNextRuns(2);
    return first && second ? second.getTime() - first.getTime() : LONGEST;
  }

  return {
    pattern,
    next: () => task.getNextRun()?.getTime() ?? null,
    interval,
    dueBetween: (since, now) => dueBetween(task, since, now),
    stop: () => {
      for (const timer of delays) clearTimeout(timer);
      void task.destroy();
    },
  };
}

/** Its own log is not ours: what matters is told by whoever runs the pass. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

function dueBetween(task: ScheduledTask, since: number, now: number): number | null {
  const bySeconds = task.getPattern().trim().split(/\s+/).length === 6;
  const step = bySeconds ? 1000 : 60_000;
  const earliest = Math.max(since, now - (bySeconds ? HOUR : LONGEST));
  for (let at = Math.floor(now / step) * step; at > earliest; at -= step) if (task.match(new Date(at))) return at;
  // Further back than it is looked for: something was missed in so long a time.
  return since < earliest ? earliest : null;
}
