import { Failure } from '../model/failure.ts';
import type { Member } from '../model/group.ts';
import type { Counts, Cursor, Item, Listing } from '../model/snapshot.ts';
import { GROUP, type Kind, type Known, type KnownIds, USER } from './known.ts';
import type { MembersPrint, Printer } from './print.ts';
import { groupToText, userToText } from './record.ts';
import type { StagedMembers, StageFile } from './stage-file.ts';
import { wellFormedGroup, wellFormedUser } from './well-formed.ts';

/** How far a listing has come, for people who wait: each user and group counted once. */
export interface Progress {
  users: number;
  groups: number;
  members: number;
}

/** A listing walked to its end. What differs from the mirror lies in the stage file, what was seen in `known`. */
export interface Staged {
  absence: Listing['absence'];
  counts: Counts;
  cursor: Cursor | undefined;
  progress: Progress;
  /** Ids that the listing showed twice with different content: to be read again by id. */
  differing: { users: Set<string>; groups: Set<string> };
  /** Groups that came back empty though the mirror has more than five members: their members are read again by id. */
  emptied: ReadonlySet<string>;
  /** Slots of groups of which only was said that their members are those of an earlier listing. */
  same: ReadonlySet<number>;
}

/** Whether everything was read, members included: what `fullEvery` asks for. */
export const isFull = ({ absence, same }: Pick<Staged, 'absence' | 'same'>): boolean =>
  absence === 'vanished' && same.size === 0;

/**
 * Walks a listing and stages what the mirror does not hold already. Throws what the listing throws, and a Failure of
 * code `incomplete` when a listed group's members never came: nothing staged is worth anything then.
 */
export async function stage(
  listing: Listing,
  known: Known,
  file: StageFile,
  printer: Printer,
  tell: (progress: Progress) => void,
): Promise<Staged> {
  const progress: Progress = { users: 0, groups: 0, members: 0 };
  const users = new Sightings(known.users, USER, file);
  const groups = new Sightings(known.groups, GROUP, file);
  const members = new MemberLists(known, file, printer);
  // What came back while everything was listed may have had its places in groups after those were read.
  let back = false;

  const take = (item: Item) => {
    if ('user' in item) {
      const user = wellFormedUser(item.user);
      if (users.see(user.id, printer.user(user), () => userToText(user))) {
        progress.users++;
        back ||= item.late === true;
      }
    } else if ('group' in item) {
      const group = wellFormedGroup(item.group);
      if (groups.see(group.id, printer.group(group), () => groupToText(group))) {
        progress.groups++;
        back ||= item.late === true;
      }
      members.expect(group.id);
    } else if ('membersOf' in item) {
      members.add(item.membersOf, item.list, item.last);
      progress.members += item.list.length;
    } else if ('sameMembers' in item) members.keep(item.sameMembers);
    else if ('unread' in item) {
      members.settle(item.unread);
      file.putUnread(known.groups.slotOf(item.unread), item.why);
    } else if ('unclear' in item) {
      if (item.of === 'group') members.settle(item.unclear);
      (item.of === 'user' ? users : groups).doubt(item.unclear, item.why);
    } else if ('goneUser' in item) users.forget(item.goneUser);
    else {
      members.settle(item.gone);
      groups.forget(item.gone);
    }
  };

  for await (const batch of listing.items) {
    for (const item of batch) take(item);
    tell(progress);
  }
  members.end();
  const { counts, cursor: next } = listing.end();
  const cursor = back ? undefined : next;
  const differing = { users: users.differing, groups: groups.differing };
  const { emptied, same } = members;
  return { absence: listing.absence, counts, cursor, progress, differing, emptied, same };
}

/** The users or groups of one listing, each taken once. */
class Sightings {
  readonly differing = new Set<string>();
  readonly #known: KnownIds;
  readonly #kind: Kind;
  readonly #file: StageFile;

  constructor(known: KnownIds, kind: Kind, file: StageFile) {
    this.#known = known;
    this.#kind = kind;
    this.#file = file;
  }

  /** Gives whether it was shown for the first time. */
  see(id: string, print: number, record: () => string): boolean {
    const { seen, prints } = this.#known;
    const slot = this.#known.slotOf(id);
    if (seen[slot] === 1) {
      if (prints[slot] !== print) this.differing.add(id);
      return false;
    }
    seen[slot] = 1;
    if (prints[slot] === print) return true;
    prints[slot] = print;
    this.#file.putRecord(this.#kind, slot, record());
    return true;
  }

  /** Nobody knows what became of it: the mirror keeps what it had. */
  doubt(id: string, why: string): void {
    const slot = this.#known.slots.get(id);
    if (slot !== undefined) this.#file.putVerdict(this.#kind, slot, 2, why);
  }

  /** The provider says that this object was deleted, or was while it was being listed. */
  forget(id: string): void {
    const slot = this.#known.slotOf(id);
    this.#known.seen[slot] = 0;
    this.#known.forget(slot);
    this.#file.dropRecord(this.#kind, slot);
    this.#file.putVerdict(this.#kind, slot, 3, null);
  }
}

/** An empty list of a group that had more members than these is asked for twice. */
const FEW = 5;

/** The members of the groups of one listing; lists that come in several parts are put together. */
class MemberLists {
  readonly emptied = new Set<string>();
  readonly same = new Set<number>();
  readonly #waiting = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #parts = new Map<string, { print: MembersPrint; lists: (readonly Member[])[] }>();
  readonly #known: Known;
  readonly #file: StageFile;
  readonly #printer: Printer;

  constructor(known: Known, file: StageFile, printer: Printer) {
    this.#known = known;
    this.#file = file;
    this.#printer = printer;
  }

  expect(group: string): void {
    if (!this.#settled.has(group)) this.#waiting.add(group);
  }

  add(group: string, list: readonly Member[], last: boolean): void {
    const part = this.#parts.get(group) ?? { print: this.#printer.members(), lists: [] };
    this.#parts.set(group, part);
    for (const member of list) part.print.add(member);
    part.lists.push(list);
    if (!last) return;
    // Nearly every list comes in one part: it is taken as it is.
    const members = part.lists.length === 1 ? list : part.lists.flat();
    const again = this.#settled.has(group);
    this.settle(group);
    const print = part.print.value();
    const slot = this.#known.groups.slotOf(group);
    this.same.delete(slot);
    const before = this.#known.members.get(this.#known.groups.nodes[slot] ?? 0);
    if (before && before.count > FEW && members.length === 0) this.emptied.add(group);
    else this.emptied.delete(group);
    if (before?.print !== print) {
      this.#file.putMembers(slot, print, stagedMembers(members, this.#known));
    } else if (again) this.#file.dropMembers(slot);
  }

  /** The provider says that nobody joined or left. Throws where the mirror never had the members. */
  keep(group: string): void {
    const slot = this.#known.groups.slotOf(group);
    if (!this.#known.members.has(this.#known.groups.nodes[slot] ?? 0))
      throw new Failure(
        'incomplete',
        `The listing says that the members of group ${group} are those of before, which were never read, so nothing of it was used. "rosterd --once --full" lists everything.`,
      );
    this.settle(group);
    this.same.add(slot);
  }

  settle(group: string): void {
    this.#parts.delete(group);
    this.#waiting.delete(group);
    this.#settled.add(group);
  }

  end(): void {
    const [missing] = [...this.#waiting, ...this.#parts.keys()];
    if (missing === undefined) return;
    throw new Failure(
      'incomplete',
      `The listing ended without all members of group ${missing}, so nothing of it was used. The next pass lists again.`,
    );
  }
}

/** A list of members as it is staged; ids met for the first time get their slots here. */
export function stagedMembers(list: readonly Member[], known: Known): StagedMembers {
  const users: number[] = [];
  const groups: number[] = [];
  let others = 0;
  let everyone = false;
  for (const member of list) {
    if (member.kind === 'user') users.push(known.users.slotOf(member.id));
    else if (member.kind === 'group') groups.push(known.groups.slotOf(member.id));
    else if (member.kind === 'other') others++;
    else everyone = true;
  }
  return { users: Int32Array.from(users), groups: Int32Array.from(groups), others, everyone };
}
