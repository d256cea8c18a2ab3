import type { Clock } from '../../src/model/clock.ts';
import { type Answer, FetchFailure, Refusal } from '../http/errors.ts';
import { merge } from '../http/streams.ts';
import { type Asked, type Graph, MOST_PARTS } from './graph.ts';

/** What came of a part: results, another request that follows from it, or both. */
export interface Came<R> {
  results?: readonly R[];
  next?: Part<R>;
}

/** One request of many that go out in batches. */
export interface Part<R> extends Asked {
  /** What a good answer comes to; its body is not looked at yet. */
  good(body: unknown): Came<R>;
  /**
   * What a failure of this part comes to, where it is not the failure of everything: undefined throws it.
   * @param whole the batch failed, and its answer says nothing about this part
   */
  bad?(failure: FetchFailure, whole: boolean): Came<R> | undefined;
}

interface Held<R> {
  part: Part<R>;
  tries: number;
  /** ms waited for it so far. */
  waited: number;
}

/** Batches on their way at once: four of twenty parts are as much as Graph bears well. */
export const WIDTH = 4;

/**
 * Sends requests in batches of twenty, several at once, and gives results as they come. Each part is judged by itself:
 * one that is throttled or out of order is asked for again, in a later batch with whatever else is to be asked.
 */
export function inBatches<R>(
  { batch, http }: Graph,
  parts: Iterable<Part<R>>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly R[]> {
  const fresh = parts[Symbol.iterator]();

  async function* worker(): AsyncGenerator<readonly R[]> {
    let held: Held<R>[] = [];
    for (;;) {
      while (held.length < MOST_PARTS) {
        const next = fresh.next();
        if (next.done) break;
        held.push({ part: next.value, tries: 0, waited: 0 });
      }
      if (held.length === 0) return;
      const outcome = await ask(held);
      if (outcome.results.length > 0) yield outcome.results;
      held = outcome.held;
      if (outcome.wait > 0) await clock.sleep(outcome.wait, signal);
    }
  }

  async function ask(asked: readonly Held<R>[]): Promise<{ results: R[]; held: Held<R>[]; wait: number }> {
    const results: R[] = [];
    const held: Held<R>[] = [];
    let wait = 0;
    const take = ({ results: some = [], next }: Came<R>) => {
      results.push(...some);
      if (next) held.push({ part: next, tries: 0, waited: 0 });
    };
    const fail = (part: Part<R>, error: unknown, whole: boolean) => {
      signal.throwIfAborted();
      const instead = error instanceof FetchFailure ? part.bad?.(error, whole) : undefined;
      if (!instead) throw error;
      take(instead);
    };

    let answers: Answer[];
    try {
      answers = await batch(
        asked.map(({ part }) => part),
        signal,
      );
    } catch (error) {
      for (const { part } of asked) fail(part, error, true);
      return { results, held, wait };
    }
    for (const [at, { part, tries, waited }] of asked.entries()) {
      const answer = answers[at];
      if (!answer) throw new Error('a batch gave fewer answers than it was asked for');
      try {
        if (answer.status >= 200 && answer.status < 300) {
          wait = Math.max(wait, rest(answer.headers));
          take(part.good(answer.body));
          continue;
        }
        const pause = http.again(callFor(part), answer, { tries: tries + 1, waited });
        held.push({ part, tries: tries + 1, waited: waited + pause });
        wait = Math.max(wait, pause);
      } catch (error) {
        fail(part, error, false);
      }
    }
    return { results, held, wait };
  }

  return merge(Array.from({ length: WIDTH }, worker));
}

const callFor = ({ what, attempts }: Asked) => ({ what, ...(attempts === undefined ? {} : { attempts }) });

/** From this share of its limit on Graph is not to be asked on at once, but when it is down to the other. */
const NEAR = 0.9;
const CALM = 0.8;
/** The limit is so many resource units in ten seconds: a wait of so many ms empties all of it. */
const WINDOW = 10_000;

/**
 * How many ms to leave Graph alone, so that it need not refuse: above four fifths of the limit it says how near that is
 * (x-ms-throttle-limit-percentage, learn.microsoft.com/graph/throttling). The batches wait, since they are what costs;
 * the walk through the users, which is the longest, goes on.
 */
function rest(headers: Headers): number {
  const share = Number(headers.get('x-ms-throttle-limit-percentage') ?? 0);
  return share >= NEAR && share <= 10 ? Math.round((share - CALM) * WINDOW) : 0;
}

/** The answer that a failure is about, where Graph gave one. */
export const answerTo = (failure: FetchFailure): Answer | undefined =>
  failure instanceof Refusal ? failure.answer() : undefined;
