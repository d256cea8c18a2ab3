import type { Logger } from 'pino';
import { count } from '../report/text.ts';
import type { Progress } from '../sync/stage.ts';
import type { Io } from './io.ts';

type Seen = Progress & { requests: number };

/** On a terminal one line that is written over; elsewhere a log line every ten seconds. */
export function showProgress(io: Io, log: Logger): { progress(source: string, seen: Seen): void; end(): void } {
  const isTerminal = io.err.isTTY === true;
  const between = isTerminal ? 100 : 10_000;
  const sources = new Map<string, Seen>();
  let last = isTerminal ? 0 : Date.now();
  let shown = false;
  return {
    progress: (source, seen) => {
      sources.set(source, seen);
      const now = Date.now();
      if (now - last < between) return;
      last = now;
      if (!isTerminal) log.info({ source, ...seen }, 'still reading');
      else {
        io.err.write(
          `\r\x1b[K${[...sources]
            .map(([name, one]) => `${name}: ${text(one)}`)
            .join(' | ')
            .slice(0, (io.err.columns ?? 80) - 1)}`,
        );
        shown = true;
      }
    },
    end: () => {
      if (shown) io.err.write('\r\x1b[K');
    },
  };
}

const text = ({ users, groups, members, requests }: Seen) =>
  `${count(users, 'user')}, ${count(groups, 'group')}, ${count(members, 'member')}, ${count(requests, 'request')}`;
