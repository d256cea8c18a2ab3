import { seldom } from '../daemon/seldom.ts';
import { systemClock } from '../model/clock.ts';
import { count } from '../report/text.ts';
import type { Progress } from '../sync/stage.ts';
import type { Io } from './io.ts';

type Seen = Progress & { requests: number };

/** One line on a terminal that is written over while a listing goes on; nothing elsewhere, where the log tells. */
export function showProgress(io: Io): { progress(source: string, seen: Seen): void; end(): void } {
  const sources = new Map<string, Seen>();
  let shown = false;
  const show = seldom(100, systemClock, () => {
    const line = [...sources].map(([name, one]) => `${name}: ${text(one)}`).join(' | ');
    io.err.write(`\r\x1b[K${line.slice(0, (io.err.columns ?? 80) - 1)}`);
    shown = true;
  });
  return {
    progress: (source, seen) => {
      if (io.err.isTTY !== true) return;
      sources.set(source, seen);
      show(undefined);
    },
    end: () => {
      if (shown) io.err.write('\r\x1b[K');
    },
  };
}

const text = ({ users, groups, members, requests }: Seen) =>
  `${count(users, 'user')}, ${count(groups, 'group')}, ${count(members, 'member')}, ${count(requests, 'request')}`;
