/** Lets so many in at once; the others wait in line. */
export interface Gate {
  /** Resolves with the function that leaves again; rejects with the signal's reason, out of line, when it aborts. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function gate(places: number): Gate {
  let free = places;
  const line = new Set<() => void>();

  function leave(): void {
    const [next] = line;
    if (!next) {
      free += 1;
      return;
    }
    line.delete(next);
    next();
  }

  return {
    enter: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (free > 0) {
          free -= 1;
          return resolve(once(leave));
        }
        const admit = () => {
          signal.removeEventListener('abort', give);
          resolve(once(leave));
        };
        const give = () => {
          line.delete(admit);
          reject(signal.reason);
        };
        line.add(admit);
        signal.addEventListener('abort', give, { once: true });
      }),
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
