import { ending, type Json } from '../http/pages.ts';
import type { Directory, Page } from './directory.ts';
import { isExpiredPage } from './said.ts';

/** The most that Google gives on a page (developers.google.com/workspace/admin/directory/reference/rest/v1). */
export const SIZES = { users: 500, groups: 200, members: 200 } as const;
/** So often a walk begins anew after a page token was refused. */
const RESTARTS = 2;

export interface Rows {
  rows: readonly Json[];
  /** Of a walk: what came before it, in a walk that was given up, comes again. */
  first: boolean;
}

/**
 * Every page of a list; only the absence of a token is its end. A token that expired between pages begins the walk anew,
 * so that rows may come twice; a list that does not end is a failure.
 */
export async function* walk(
  { fail }: Pick<Directory, 'fail'>,
  what: string,
  page: (pageToken: string | undefined) => Promise<Page>,
): AsyncGenerator<Rows> {
  for (let restarts = 0; ; restarts += 1) {
    const onward = ending(what, fail, 'token of a next page');
    let token: string | undefined;
    try {
      for (;;) {
        const { rows, next } = await page(token);
        yield { rows, first: token === undefined };
        if (next === null) return;
        token = onward(next, rows);
      }
    } catch (error) {
      if (token === undefined || restarts >= RESTARTS || !isExpiredPage(error)) throw error;
    }
  }
}
