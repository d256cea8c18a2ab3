import type { Member } from '../../src/model/group.ts';
import { FetchFailure } from '../http/errors.ts';
import type { Members } from '../member-items.ts';
import { denies, NOT_FOUND, says } from './errors.ts';
import { walk } from './lists.ts';
import { membersOfGroup, type Org } from './org.ts';
import { readMember } from './read.ts';

/** Groups whose members are asked for at once; the vendor allows an org 75 requests at the same time. */
export const WIDTH = 8;
/** The vendor's usual page of members, and what it advises where that takes too long. */
const SIZES = [1000, 200] as const;
/** So many groups that needed small pages, and the others are not asked for large ones any more. */
const ENOUGH = 3;

/** What is known of the size of pages, for all groups of one walk. */
export interface Sizing {
  tooLarge: number;
}

/** Who is everybody needs no list: it is every user of the org. */
export const EVERYONE: Members = { list: [{ kind: 'everyone' }] };

/**
 * The members of one group. Okta has no groups in groups: whoever is a member is a user. A group that Okta says is not
 * there is read by id before that is believed.
 */
export async function membersOf(org: Org, id: string, sizing: Sizing, signal: AbortSignal): Promise<Members> {
  for (let doubt = true; ; doubt = false) {
    try {
      return await listed(org, id, sizing, signal);
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      if (denies(error)) return { unread: error.message };
      if (!says(error, 404, NOT_FOUND)) throw error;
      if (await isGone(org, id, signal)) return { gone: true };
      // It is there after all: asked once more, and then the answer stands.
      if (!doubt) throw error;
    }
  }
}

async function listed(org: Org, id: string, sizing: Sizing, signal: AbortSignal): Promise<Members> {
  const members = new Map<string, Member>();
  let size: number = SIZES[0];
  const pages = walk(
    org,
    {
      asked: membersOfGroup(id),
      sizes: sizing.tooLarge < ENOUGH ? SIZES : [SIZES[1]],
      begin: (asked, limit) => {
        size = limit;
        return org.members(asked, id, limit, signal);
      },
    },
    signal,
  );
  for await (const { rows, first } of pages) {
    if (first) members.clear();
    for (const row of rows) {
      const member = readMember(row);
      // Whoever it is must not lose the place, and nobody else is to wait for it.
      if (!member || member.kind === 'everyone') return { unread: 'Okta lists a member without an id' };
      members.set(member.id, member);
    }
  }
  if (size !== SIZES[0] && sizing.tooLarge < ENOUGH) sizing.tooLarge += 1;
  return { list: [...members.values()] };
}

async function isGone(org: Org, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await org.group(id, signal);
    return false;
  } catch (error) {
    if (says(error, 404, NOT_FOUND)) return true;
    throw error;
  }
}
