import type { Connector } from '../../connectors/connector.ts';
import type { SourceGroup } from '../model/group.ts';
import type { Found, Want } from '../model/snapshot.ts';
import type { SourceUser } from '../model/user.ts';
import { GROUP, type Kind, type Known, type KnownIds, USER } from './known.ts';
import type { Printer } from './print.ts';
import { groupToText, userToText } from './record.ts';
import type { Staged } from './stage.ts';
import type { StageFile } from './stage-file.ts';
import { wellFormedGroup, wellFormedUser } from './well-formed.ts';

/** What the two kinds of object have in common here. */
interface Reading<T extends { id: string }> {
  kind: Kind;
  known: KnownIds;
  read(ids: readonly string[]): AsyncIterable<Found<T>>;
  mend(record: T): T;
  print(record: T): number;
  text(record: T): string;
}

/**
 * Looks up by id what a listing did not show, before that is believed. Only the provider's own "not found" or
 * "deleted" makes an object absent. Found: the record just read takes the place of the mirror's. Any other answer
 * leaves it as it was: unknown, a problem, looked up again by the next pass. Objects that a listing showed twice with
 * different content are read once more, too.
 */
export async function confirm(
  staged: Staged,
  known: Known,
  connector: Connector,
  file: StageFile,
  printer: Printer,
  want: Want,
  signal: AbortSignal,
): Promise<void> {
  const users: Reading<SourceUser> = {
    kind: USER,
    known: known.users,
    read: (ids) => connector.readUsers(ids, want, signal),
    mend: wellFormedUser,
    print: (user) => printer.user(user),
    text: userToText,
  };
  const groups: Reading<SourceGroup> = {
    kind: GROUP,
    known: known.groups,
    read: (ids) => connector.readGroups(ids, want, signal),
    mend: wellFormedGroup,
    print: (group) => printer.group(group),
    text: groupToText,
  };
  await readAgain(users, staged.differing.users, file);
  await readAgain(groups, staged.differing.groups, file);
  await lookUp(users, missingOf(known.users, staged), file);
  await lookUp(groups, missingOf(known.groups, staged), file);
}

function missingOf(known: KnownIds, staged: Staged): string[] {
  if (staged.absence === 'vanished') return known.unseen();
  return known.unseen().filter((id) => known.open.has(known.slots.get(id) ?? -1));
}

async function readAgain<T extends { id: string }>(
  reading: Reading<T>,
  ids: Set<string>,
  file: StageFile,
): Promise<void> {
  if (ids.size === 0) return;
  for await (const found of reading.read([...ids])) {
    if (found.is === 'present') {
      const record = reading.mend(found.record);
      file.putRecord(reading.kind, found.id, reading.print(record), reading.text(record));
      continue;
    }
    // Seen a moment ago and not readable now: what the listing said is not used; the mirror keeps what it had.
    file.dropRecord(reading.kind, found.id);
    const known = reading.known.slots.has(found.id);
    if (known)
      file.putVerdict(reading.kind, found.id, found.is === 'absent' ? 3 : 2, found.is === 'unknown' ? found.why : null);
  }
}

async function lookUp<T extends { id: string }>(reading: Reading<T>, ids: string[], file: StageFile): Promise<void> {
  if (ids.length === 0) return;
  const unanswered = new Set(ids);
  for await (const found of reading.read(ids)) {
    if (!unanswered.delete(found.id)) continue;
    if (found.is === 'absent') file.putVerdict(reading.kind, found.id, 3, null);
    else if (found.is === 'unknown') file.putVerdict(reading.kind, found.id, 2, found.why);
    else {
      const record = reading.mend(found.record);
      const print = reading.print(record);
      file.putVerdict(reading.kind, found.id, 0, null);
      const slot = reading.known.slots.get(found.id) ?? -1;
      if (reading.known.prints[slot] !== print) file.putRecord(reading.kind, found.id, print, reading.text(record));
    }
  }
  for (const id of unanswered) file.putVerdict(reading.kind, id, 2, 'the look-up by id gave no answer');
}
