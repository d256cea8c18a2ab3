import { FetchFailure } from '../http/errors.ts';
import { ending, type Json } from '../http/pages.ts';
import { INVALID, says } from './errors.ts';
import type { Asked, Org, Page } from './org.ts';

/** So often a walk begins anew after its cursor was refused. */
const RESTARTS = 2;
/** Tries of a page of a size that may be too large, before a smaller one is asked for. */
const TRIES = 3;

export interface Rows {
  rows: readonly Json[];
  /** Of a walk: what came before it, in a walk that was given up, comes again. */
  first: boolean;
  /** When the page was given, by the server's clock. */
  at: number;
}

/** How one list is walked. */
export interface Walk {
  asked: Asked;
  /** Rows on a page, the largest first. The vendor says to ask for less where an answer takes too long. */
  sizes: readonly [number, ...number[]];
  begin(asked: Asked, size: number): Promise<Page>;
}

/**
 * Every page of a list; only the absence of a next link is its end. Where the server is out of order with large pages
 * the walk begins anew with smaller ones; a cursor that is refused begins it anew too, so that rows may come twice. A
 * cursor that came before ends it in a failure, since it would never end, and so do pages without anybody new.
 */
export async function* walk(org: Org, { asked, sizes, begin }: Walk, signal: AbortSignal): AsyncGenerator<Rows> {
  let restarts = 0;
  let patient = false;
  for (let at = 0; ; ) {
    const size = sizes[at] ?? sizes[0];
    const last = at >= sizes.length - 1;
    const asking: Asked = last || patient ? asked : { ...asked, attempts: TRIES };
    const onward = ending(asked.what, org.fail);
    let first = true;
    try {
      for (let page = await begin(asking, size); ; ) {
        yield { rows: page.rows, first, at: page.at };
        first = false;
        const { next } = page;
        if (next === null) return;
        page = await org.follow(asking, onward(next, page.rows), signal);
      }
    } catch (error) {
      if (!last && isTooLarge(error)) at += 1;
      // Which says nothing of the size, and takes more patience.
      else if (!last && !patient && isThrottled(error)) patient = true;
      else if (!first && says(error, 400, INVALID) && restarts < RESTARTS) restarts += 1;
      else throw error;
    }
  }
}

/** No answer in time, or a server that fails. */
const isTooLarge = (error: unknown): boolean => error instanceof FetchFailure && error.code === 'unreachable';
const isThrottled = (error: unknown): boolean => error instanceof FetchFailure && error.code === 'throttled';
