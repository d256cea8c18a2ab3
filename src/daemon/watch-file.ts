import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';

/**
 * Looks every few seconds whether a file holds something else than what was read last. By looking, not by being told:
 * a ConfigMap is changed by turning a symbolic link above it, and network file systems tell nothing.
 */
export interface FileWatch {
  /** The file was read, and held this; null: it could not be read. Until it differs from that nothing is said. */
  seen(sha256: string | null): void;
  stop(): void;
}

/** How often it is looked, in ms. */
const EVERY = 2000;

/**
 * @param inUse the hash of what is in use
 * @param seen the hash of what the file held when it was read last
 * @param told `changed`: it holds something else than when it was read or looked at, told once for each content; `back`:
 * that is what is in use
 */
export function watchFile(
  path: string,
  inUse: () => string,
  seen: string | null,
  told: { changed(sha256: string): void; back(): void },
  every = EVERY,
): FileWatch {
  let last = seen;
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
    if (hash === last) return;
    last = hash;
    if (hash === inUse()) told.back();
    else told.changed(hash);
  }

  return {
    seen: (sha256) => {
      last = sha256;
      stamp = '';
    },
    stop: () => clearInterval(timer),
  };
}
