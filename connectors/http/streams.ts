/**
 * Walks several streams at once and gives what comes, as it comes. Each stream is asked for one value at a time, so a
 * slow reader slows them down. The first error ends all of them.
 */
export async function* merge<T>(streams: readonly AsyncIterator<T>[]): AsyncGenerator<T> {
  const pending = new Map<AsyncIterator<T>, Promise<{ from: AsyncIterator<T>; result: IteratorResult<T> }>>();
  const ask = (from: AsyncIterator<T>) => {
    const next = from.next().then((result) => ({ from, result }));
    // Whoever loses the race after another failed is not waited for any more; its rejection has nobody to go to.
    next.catch(() => undefined);
    pending.set(from, next);
  };
  for (const stream of streams) ask(stream);
  while (pending.size > 0) {
    const { from, result } = await Promise.race(pending.values());
    if (result.done) pending.delete(from);
    else {
      ask(from);
      yield result.value;
    }
  }
}

/** Lets `width` workers take turns at one list of tasks, each of which is a stream; gives what comes, as it comes. */
export function sideBySide<T, R>(
  tasks: Iterable<T>,
  width: number,
  work: (task: T) => AsyncIterable<R>,
): AsyncGenerator<R> {
  const queue = tasks[Symbol.iterator]();
  async function* worker(): AsyncGenerator<R> {
    for (let next = queue.next(); !next.done; next = queue.next()) yield* work(next.value);
  }
  return merge(Array.from({ length: width }, worker));
}

/** A stream that throws when it is walked a second time: a generator that has ended would look like an empty one. */
export function walkedOnce<T>(stream: () => AsyncGenerator<T>): AsyncIterable<T> {
  let walked = false;
  return {
    [Symbol.asyncIterator]: () => {
      if (walked) throw new Error('a listing can be walked once');
      walked = true;
      return stream();
    },
  };
}
