import type { Connector } from '../../connectors/connector.ts';
import { Failure } from '../model/failure.ts';
import type { SourceGroup } from '../model/group.ts';
import type { Limits } from '../model/limits.ts';
import type { Found, Want } from '../model/snapshot.ts';
import type { SourceUser } from '../model/user.ts';
import { GROUP, type Kind, type Known, type KnownIds, USER } from './known.ts';
import { verdict } from './limits.ts';
import type { Printer } from './print.ts';
import { groupToText, userToText } from './record.ts';
import { type Staged, stagedMembers } from './stage.ts';
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

/** What decides whether, and how many, disappearances are looked up. */
export interface Confirming {
  limits: Limits;
  /** False believes an absence without a look-up. */
  confirmMissing: boolean;
  /** How many users and groups the last applied snapshot had. */
  applied: { users: number; groups: number };
}

/**
 * Looks up by id what a listing did not show, before that is believed. Only the provider's own "not found" or
 * "deleted" makes an object absent. Found: the record just read takes the place of the mirror's. Any other answer
 * leaves it as it was: unknown, a problem, looked up again by the next pass. When more vanished than the limits allow,
 * nobody is looked up: they are missing, which stops the plan. Objects that a listing showed twice with different
 * content are read once more, too.
 */
export async function confirm(staged: Staged, fetching: Fetching, confirming: Confirming): Promise<void> {
  const { file } = fetching;
  const { users, groups } = readings(fetching);
  await readAgain(users, staged.differing.users, file);
  await readAgain(groups, staged.differing.groups, file);
  await readEmptied(fetching, staged.emptied);
  const { limits, confirmMissing, applied } = confirming;
  // Only a listing of everybody says by leaving somebody out that they are gone; one of changes says nothing of them.
  const looksUp = confirmMissing || staged.absence === 'unchanged';
  const settle = async <T extends { id: string }>(
    reading: Reading<T>,
    key: 'deactivate' | 'removeGroups',
    base: number,
  ) => {
    // Of whom the listing itself says that nobody knows, nobody is asked again in this pass.
    const unclear = new Set(file.verdicts(reading.kind).flatMap(([slot, state]) => (state === 2 ? [slot] : [])));
    const ids = missingOf(reading.known, staged).filter((id) => !unclear.has(reading.known.slotOf(id)));
    const figure = { key, what: '', planned: ids.length, recent: 0, base, left: null };
    const state = looksUp ? 1 : 3;
    if (looksUp && verdict([figure], limits).length === 0) await lookUp(reading, ids, file);
    else for (const id of ids) file.putVerdict(reading.kind, reading.known.slotOf(id), state, null);
  };
  await settle(users, 'deactivate', applied.users);
  await settle(groups, 'removeGroups', applied.groups);
}

/** A group that lost everybody at once is believed only when it is empty twice. */
async function readEmptied(
  { known, connector, file, printer, signal }: Fetching,
  emptied: ReadonlySet<string>,
): Promise<void> {
  if (emptied.size === 0) return;
  for await (const found of connector.readMembers([...emptied], signal)) {
    const slot = known.groups.slotOf(found.id);
    if (found.is === 'present' && found.record.length > 0) {
      const print = printer.members();
      for (const member of found.record) print.add(member);
      file.putMembers(slot, print.value(), stagedMembers(found.record, known));
    } else if (found.is !== 'present') {
      file.dropMembers(slot);
      file.putUnread(slot, found.is === 'unknown' ? found.why : 'the group was deleted while it was read');
    }
  }
}

/**
 * Looks up those whom an earlier pass left as missing, before an approved plan is let happen. Whoever is found, or not
 * answered about, stays. Throws a Failure of code `unanswered` when there was no clear answer about anybody.
 */
export async function confirmMissing(
  fetching: Fetching,
  missing: { users: string[]; groups: string[] },
): Promise<void> {
  const { users, groups } = readings(fetching);
  const asked = missing.users.length + missing.groups.length;
  if (asked === 0) return;
  await lookUp(users, missing.users, fetching.file);
  await lookUp(groups, missing.groups, fetching.file);
  const unclear = [...fetching.file.verdicts(USER), ...fetching.file.verdicts(GROUP)].filter(
    ([, state]) => state === 2,
  );
  if (unclear.length < asked) return;
  const why = unclear[0]?.[2] ?? 'no answer';
  throw new Failure(
    'unanswered',
    `The identity provider answered about none of the ${asked} that are missing (${why}). Nothing was changed; the plan stays. Try again when it answers.`,
  );
}

/** What a look-up by id needs. */
export interface Fetching {
  known: Known;
  connector: Connector;
  file: StageFile;
  printer: Printer;
  want: Want;
  signal: AbortSignal;
}

function readings({ known, connector, printer, want, signal }: Fetching): {
  users: Reading<SourceUser>;
  groups: Reading<SourceGroup>;
} {
  return {
    users: {
      kind: USER,
      known: known.users,
      read: (ids) => connector.readUsers(ids, want, signal),
      mend: wellFormedUser,
      print: (user) => printer.user(user),
      text: userToText,
    },
    groups: {
      kind: GROUP,
      known: known.groups,
      read: (ids) => connector.readGroups(ids, want, signal),
      mend: wellFormedGroup,
      print: (group) => printer.group(group),
      text: groupToText,
    },
  };
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
  const { known, kind } = reading;
  for await (const found of reading.read([...ids])) {
    const slot = known.slotOf(found.id);
    if (found.is === 'present') {
      const record = reading.mend(found.record);
      known.prints[slot] = reading.print(record);
      file.putRecord(kind, slot, reading.text(record));
      continue;
    }
    // Seen a moment ago and not readable now: what the listing said is not used; the mirror keeps what it had.
    file.dropRecord(kind, slot);
    known.forget(slot);
    file.putVerdict(
      kind,
      slot,
      2,
      found.is === 'unknown' ? found.why : 'it was listed a moment ago, and is not there by id',
    );
  }
}

async function lookUp<T extends { id: string }>(reading: Reading<T>, ids: string[], file: StageFile): Promise<void> {
  if (ids.length === 0) return;
  const { known, kind } = reading;
  const unanswered = new Set(ids);
  for await (const found of reading.read(ids)) {
    if (!unanswered.delete(found.id)) continue;
    const slot = known.slotOf(found.id);
    if (found.is === 'absent') file.putVerdict(kind, slot, 3, null);
    else if (found.is === 'unknown') file.putVerdict(kind, slot, 2, found.why);
    else {
      const record = reading.mend(found.record);
      const print = reading.print(record);
      file.putVerdict(kind, slot, 0, null);
      if (known.prints[slot] === print) continue;
      known.prints[slot] = print;
      file.putRecord(kind, slot, reading.text(record));
    }
  }
  for (const id of unanswered) file.putVerdict(kind, known.slotOf(id), 2, 'the look-up by id gave no answer');
}
