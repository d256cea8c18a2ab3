import type { Member } from '../../src/model/group.ts';
import type { FetchFailure } from '../http/errors.ts';
import { ending, objectOf } from '../http/pages.ts';
import { answerTo, type Came, type Part } from './batches.ts';
import { codeOf, denies, NOT_FOUND, PERMISSIONS } from './errors.ts';
import { type Graph, named } from './graph.ts';
import { expiredPage, TOP } from './lists.ts';
import { readMember } from './read.ts';

/** What became of the members of one group: all of them, gone with the group, or not to be read, and why. */
export type Members =
  | { group: string; list: readonly Member[] }
  | { group: string; gone: true }
  | { group: string; unread: string; hidden: boolean };

/** A group whose members are read. */
export interface Of {
  id: string;
  /** Its visibility is HiddenMembership: without a permission of its own, Graph shows no members, with status 200. */
  hidden: boolean;
}

export const isHidden = (visibility: unknown): boolean => visibility === 'HiddenMembership';

/**
 * The direct members of one group, page after page, as parts of batches. A group that Graph says is not there is read by
 * id before that is believed. A list whose page link expired is read anew.
 */
export function membersOf(graph: Graph, { id, hidden }: Of): Part<Members> {
  const what = `the members of ${named('group', id)}`;
  const start = `/groups/${encodeURIComponent(id)}/members?$select=id&$top=${TOP}`;
  return begin(true, true, false);

  /**
   * @param again whether a list that cannot be followed may be begun anew
   * @param doubt whether a 404 may be looked into
   * @param asked whether it is asked for with a token that is known to show hidden members
   */
  function begin(again: boolean, doubt: boolean, asked: boolean): Part<Members> {
    const members = new Map<string, Member>();
    const onward = ending(what, graph.fail);
    const page = (url: string): Part<Members> => ({
      what,
      url,
      good: (body) => {
        const { rows, next } = graph.pageIn(body, what);
        for (const row of rows) {
          const member = readMember(row);
          // Whoever it is must not lose the place, and nobody else is to wait for it.
          if (!member || member.kind === 'everyone')
            return done({ unread: 'Graph lists a member without an id or a type', hidden });
          members.set(member.id, member);
        }
        if (next !== null) return { next: page(graph.below(onward(next, rows))) };
        return hidden && members.size === 0 ? empty(again, doubt, asked) : done({ list: [...members.values()] });
      },
      bad: (failure, whole) => {
        if (whole) return undefined;
        if (again && expiredPage(failure)) return { next: begin(false, doubt, asked) };
        return refused(failure, doubt);
      },
    });
    return page(start);
  }

  function refused(failure: FetchFailure, doubt: boolean): Came<Members> | undefined {
    const answer = answerTo(failure);
    if (answer && denies(answer)) return done({ unread: failure.message, hidden });
    if (!doubt || answer?.status !== 404 || codeOf(answer) !== NOT_FOUND) return undefined;
    return {
      next: {
        what: named('group', id),
        url: `/groups/${encodeURIComponent(id)}?$select=id`,
        good: (body) => {
          if (objectOf(body, what, graph.fail).id !== id) throw graph.fail(what, body, 'that group');
          // It is there after all: asked once more, and then the answer stands.
          return { next: begin(true, false, false) };
        },
        bad: (second, whole) => {
          const found = answerTo(second);
          return !whole && found?.status === 404 && codeOf(found) === NOT_FOUND ? done({ gone: true }) : undefined;
        },
      },
    };
  }

  function empty(again: boolean, doubt: boolean, asked: boolean): Came<Members> {
    // Once more: this answer may be to an older token, which did not hold the permission yet.
    if (graph.holds(PERMISSIONS.hidden) === true)
      return asked ? done({ list: [] }) : { next: begin(again, doubt, true) };
    return done({
      unread: `Its membership is hidden, and the application lacks the permission ${PERMISSIONS.hidden}: Graph shows none of its members.`,
      hidden,
    });
  }

  function done(members: Rest): Came<Members> {
    return { results: [{ group: id, ...members }] };
  }
}

type Rest = { list: readonly Member[] } | { gone: true } | { unread: string; hidden: boolean };
