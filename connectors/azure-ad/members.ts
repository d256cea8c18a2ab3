import type { Member } from '../../src/model/group.ts';
import type { FetchFailure } from '../http/errors.ts';
import { ending, objectOf } from '../http/pages.ts';
import { answerTo, type Came, type Part } from './batches.ts';
import { codeOf, denies, NOT_FOUND, PERMISSIONS } from './errors.ts';
import { type Graph, named } from './graph.ts';
import { expiredPage, TOP } from './lists.ts';
import { readMember } from './read.ts';

/**
 * What became of the members of one group: all of them, gone with the group, or not to be read, and why; `denied` where
 * Graph says that the application may not read members.
 */
export type Members =
  | { group: string; list: readonly Member[] }
  | { group: string; gone: true }
  | { group: string; unread: string; denied: boolean };

/** A group whose members are read. */
export interface Of {
  id: string;
  /** Its visibility is HiddenMembership: without a permission of its own, Graph shows no members, with status 200. */
  hidden: boolean;
}

/** Microsoft's pages write it HiddenMembership and Hiddenmembership: taken for another value it would empty the group. */
export const isHidden = (visibility: unknown): boolean =>
  typeof visibility === 'string' && visibility.toLowerCase() === 'hiddenmembership';

/** What may still be done once, each before an answer is believed. */
interface Left {
  /** To begin a list anew whose page link expired. */
  expired: boolean;
  /** To begin a list anew that has a member twice: a page in the place of another hides who was on that one. */
  twice: boolean;
  /** To look into a 404. */
  missing: boolean;
  /** To ask anew, with a token that is known to show hidden members. */
  hidden: boolean;
}

/**
 * The direct members of one group, page after page, as parts of batches. A group that Graph says is not there is read by
 * id before that is believed. A list whose page link expired, or that has a member twice, is read anew.
 */
export function membersOf(graph: Graph, { id, hidden }: Of): Part<Members> {
  const what = `the members of ${named('group', id)}`;
  const start = `/groups/${encodeURIComponent(id)}/members?$select=id&$top=${TOP}`;
  return begin({ expired: true, twice: true, missing: true, hidden: true });

  function begin(left: Left): Part<Members> {
    const members = new Map<string, Member>();
    const onward = ending(what, graph.fail);
    const page = (url: string): Part<Members> => ({
      what,
      url,
      good: (body) => {
        const { rows, next } = graph.pageIn(body, what);
        let twice = false;
        for (const row of rows) {
          const member = readMember(row);
          // Whoever it is must not lose the place, and nobody else is to wait for it.
          if (!member || member.kind === 'everyone')
            return done({ unread: 'Graph lists a member without an id or a type', denied: false });
          twice ||= members.has(member.id);
          members.set(member.id, member);
        }
        const further = next === null ? null : graph.below(onward(next, rows));
        if (twice)
          return left.twice ? { next: begin({ ...left, twice: false }) } : done({ unread: TWICE, denied: false });
        if (further !== null) return { next: page(further) };
        return hidden && members.size === 0 ? empty(left) : done({ list: [...members.values()] });
      },
      bad: (failure, whole) => {
        if (whole) return undefined;
        if (left.expired && expiredPage(failure)) return { next: begin({ ...left, expired: false }) };
        return refused(failure, left);
      },
    });
    return page(start);
  }

  function refused(failure: FetchFailure, left: Left): Came<Members> | undefined {
    const answer = answerTo(failure);
    if (answer && denies(answer)) return done({ unread: failure.message, denied: !hidden });
    if (!left.missing || answer?.status !== 404 || codeOf(answer) !== NOT_FOUND) return undefined;
    return {
      next: {
        what: named('group', id),
        url: `/groups/${encodeURIComponent(id)}?$select=id`,
        good: (body) => {
          if (objectOf(body, what, graph.fail).id !== id) throw graph.fail(what, body, 'that group');
          // It is there after all: asked once more, and then the answer stands.
          return { next: begin({ ...left, expired: true, missing: false, hidden: true }) };
        },
        bad: (second, whole) => {
          const found = answerTo(second);
          return !whole && found?.status === 404 && codeOf(found) === NOT_FOUND ? done({ gone: true }) : undefined;
        },
      },
    };
  }

  function empty(left: Left): Came<Members> {
    const held = graph.holds(PERMISSIONS.hidden);
    // Once more: this answer may be to an older token, which did not hold the permission yet.
    if (held === true) return left.hidden ? { next: begin({ ...left, hidden: false }) } : done({ list: [] });
    const why = `${held === null ? 'it is not known whether the application has' : 'the application lacks'} the permission ${PERMISSIONS.hidden}`;
    return done({ unread: `Its membership is hidden, and ${why}: Graph shows none of its members.`, denied: false });
  }

  function done(members: Rest): Came<Members> {
    return { results: [{ group: id, ...members }] };
  }
}

const TWICE = 'Graph listed a member twice, and again when it was asked anew: others may be missing.';

type Rest = { list: readonly Member[] } | { gone: true } | { unread: string; denied: boolean };
