import type { Figures } from './figures.ts';
import { markOf } from './mark.ts';

export interface RecountOptions {
  directory: string;
  /** What was counted last. */
  figures(): Figures | null;
  /** Counts anew, so that `figures` gives what is true now; it may reject. */
  count(): Promise<void>;
  now(): number;
  /** It could not be counted; it is tried again. */
  failed(error: unknown): void;
}

/** While a pass writes much, the directory is another one all the time: counting it takes at most a tenth of that. */
const REST = 9;

/**
 * Gives a look that counts anew where the directory is not the one that was counted: after an approval, an edit by hand, a
 * `--once` beside the daemon. One count at a time; the promise is that of the count, if one began.
 */
export function createRecount({ directory, figures, count, now, failed }: RecountOptions): () => Promise<void> {
  let counting = false;
  let rests = Number.NEGATIVE_INFINITY;
  return async () => {
    if (counting || now() < rests) return;
    const mark = markOf(directory);
    if (mark === null || mark === figures()?.mark) return;
    counting = true;
    const began = now();
    try {
      await count();
    } catch (error) {
      failed(error);
    } finally {
      counting = false;
      rests = now() + REST * (now() - began);
    }
  };
}
