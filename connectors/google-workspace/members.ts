import type { Member } from '../../src/model/group.ts';
import type { Members } from '../member-items.ts';
import { type Directory, membersOfGroup } from './directory.ts';
import { SIZES, walk } from './lists.ts';
import { MEMBER_FIELDS, readMember } from './read.ts';
import { denies, isMissing } from './said.ts';

/** The direct members of one group. A group that Google says is not there is read by id before that is believed. */
export async function membersOf(directory: Directory, id: string, signal: AbortSignal): Promise<Members> {
  for (let doubt = true; ; doubt = false) {
    try {
      return await listed(directory, id, signal);
    } catch (error) {
      if (denies(error)) return { unread: error.message };
      if (!isMissing(error)) throw error;
      if (await isGone(directory, id, signal)) return { gone: true };
      // It is there after all: asked once more, and then the answer stands.
      if (!doubt) throw error;
    }
  }
}

async function listed(directory: Directory, id: string, signal: AbortSignal): Promise<Members> {
  const what = membersOfGroup(id);
  const members = new Map<string, Member>();
  const query = { maxResults: SIZES.members, fields: MEMBER_FIELDS };
  const pages = walk(directory, what, (pageToken) => directory.members({ what }, id, { ...query, pageToken }, signal));
  for await (const { rows, first } of pages) {
    if (first) members.clear();
    for (const row of rows) {
      const member = readMember(row);
      // Whoever it is must not lose the place, and nobody else is to wait for it.
      if (!member) return { unread: 'Google lists a member without an id.' };
      members.set(member.kind === 'everyone' ? EVERYONE : member.id, member);
    }
  }
  return { list: [...members.values()] };
}

/** No id is empty. */
const EVERYONE = '';

async function isGone(directory: Directory, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await directory.group(id, 'id', signal);
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
