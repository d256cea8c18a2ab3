import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';

/**
 * Looks every few seconds whether a file holds something else than what was read last. By looking, not by being told:
 * a ConfigMap is changed by turning a symbolic link above it, and network file systems tell nothing.
 */
export interface FileWatch {
  /** The hash of what is in use; until the file differs from it nothing is said. */
  inUse(sha256: string): void;
  stop(): void;
}

/** How often it is looked, in ms. */
const EVERY = 2000;

/** @param changed the file holds something new, told once for each content; @param back it holds what is in use again */
export function watchFile(
  path: string,
  inUse: string,
  told: { changed(sha256: string): void; back(): void },
  every = EVERY,
): FileWatch {
  let used = inUse;
  let seen = inUse;
  let stamp = '';
  const timer = setInterval(look, every).unref();

  function look(): void {
    let hash: string;
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const now = [realpathSync(path), mtimeMs, size, ino].join(' ');
      if (now === stamp) return;
      stamp = now;
      hash = createHash('sha256').update(readFileSync(path)).digest('hex');
    } catch {
      // In the middle of being replaced, or taken away: what is in use stays in use.
      stamp = '';
      return;
    }
    if (hash === seen) return;
    seen = hash;
    if (hash === used) told.back();
    else told.changed(hash);
  }

  return {
    inUse: (sha256) => {
      used = sha256;
      seen = sha256;
      stamp = '';
    },
    stop: () => clearInterval(timer),
  };
}
