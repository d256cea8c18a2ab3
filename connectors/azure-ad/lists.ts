import type { Want } from '../../src/model/snapshot.ts';
import { type FetchFailure, Refusal } from '../http/errors.ts';
import { ending, type Json } from '../http/pages.ts';
import { codeOf, EXPIRED_PAGE } from './errors.ts';
import type { Graph, Page } from './graph.ts';
import { GROUP_PROPERTIES, selected, USER_PROPERTIES } from './read.ts';

/** The most that Graph gives on a page; with `$expand` it gives 100, whatever is asked for. */
export const TOP = 999;
/** So often a walk begins anew after its page link expired. */
const RESTARTS = 2;

/** What is asked of every user, and of every group. */
export interface Asking {
  users: string;
  groups: string;
  /** The relation to the manager, as `$expand` takes it; absent where managers are not read. */
  expand?: string;
}

export const askingFor = (want: Want, managers: boolean): Asking => ({
  users: selected(USER_PROPERTIES, want.users),
  groups: selected(GROUP_PROPERTIES, want.groups),
  ...(managers ? { expand: 'manager($select=id)' } : {}),
});

export const USERS = 'the users';
export const GROUPS = 'the groups';

/** The users by pages; `first` says that a page is the first of a walk. */
export const usersOf = (graph: Graph, asking: Asking, signal: AbortSignal): AsyncGenerator<Rows> =>
  walk(graph, USERS, signal, () =>
    graph.first(USERS, signal, (client) => {
      const list = client.api('/users').select(asking.users).top(TOP);
      return asking.expand ? list.expand(asking.expand) : list;
    }),
  );

export const groupsOf = (graph: Graph, asking: Asking, signal: AbortSignal): AsyncGenerator<Rows> =>
  walk(graph, GROUPS, signal, () =>
    graph.first(GROUPS, signal, (client) => client.api('/groups').select(asking.groups).top(TOP)),
  );

export interface Rows {
  rows: readonly Json[];
  first: boolean;
}

/**
 * Every page of a list. A link that expired between pages begins the walk anew, so that rows may come twice; a list
 * that does not end is a failure.
 */
async function* walk(
  graph: Graph,
  what: string,
  signal: AbortSignal,
  begin: () => Promise<Page>,
): AsyncGenerator<Rows> {
  for (let restarts = 0; ; restarts += 1) {
    const onward = ending(what, graph.fail);
    try {
      let first = true;
      for (let page = await begin(); ; ) {
        yield { rows: page.rows, first };
        first = false;
        if (page.next === null) return;
        page = await graph.follow(onward(page.next, page.rows), what, signal);
      }
    } catch (error) {
      if (restarts >= RESTARTS || !(error instanceof Refusal) || !expiredPage(error)) throw error;
    }
  }
}

export const expiredPage = (failure: FetchFailure): boolean =>
  failure instanceof Refusal && failure.status === 400 && codeOf(failure.answer()) === EXPIRED_PAGE;
