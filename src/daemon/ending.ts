import { systemClock } from '../model/clock.ts';

/** Waits until all of these have ended, at most `ms`. Gives the names of those that have not. */
export async function outlasting(work: Readonly<Record<string, Promise<unknown>>>, ms: number): Promise<string[]> {
  const open = new Set(Object.keys(work));
  const all = Promise.all(Object.entries(work).map(([name, ends]) => ends.finally(() => open.delete(name))));
  const patience = new AbortController();
  await Promise.race([all, systemClock.sleep(ms, patience.signal).catch(() => undefined)]);
  // Else its timer would keep the process alive.
  patience.abort();
  return [...open];
}
