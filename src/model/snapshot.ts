import type { Member, SourceGroup } from './group.ts';
import type { SourceUser } from './user.ts';

/** The answer to "is this id still there?". Only the provider's own "not found" or "deleted" is `absent`. */
export type Found<T> =
  | { id: string; is: 'present'; record: T }
  | { id: string; is: 'absent' }
  | { id: string; is: 'unknown'; why: string };

/**
 * One thing that a listing found. A group's members may come in several lists, the last of them marked; `sameMembers`
 * says that nobody joined or left this group since an earlier listing, told by a listing of changes only; `unread`
 * that this one group's members may not be read; `gone` that the provider says this group was deleted, `goneUser` this
 * user; `unclear` that it was asked for by id, and nobody knows. `elder` says of what a listing of changes tells that it
 * was made before the listing which this one goes on from: where it is not known, it was deleted then. `late` says the same of
 * what came with the end of a full listing: where nothing showed it before, it came back meanwhile.
 */
export type Item =
  | { user: SourceUser; elder?: boolean; late?: boolean }
  | { group: SourceGroup; elder?: boolean; late?: boolean }
  | { membersOf: string; list: readonly Member[]; last: boolean }
  | { sameMembers: string }
  | { unread: string; why: string }
  | { gone: string }
  | { goneUser: string }
  | { unclear: string; of: 'user' | 'group'; why: string };

/** The attributes, beside the standard ones, that rules read. */
export interface Want {
  users: readonly string[];
  groups: readonly string[];
}

/** How many objects a listing gave, and how many the provider counts; null where it does not count them. */
export interface Count {
  listed: number;
  expected: number | null;
}

export interface Counts {
  users: Count;
  groups: Count;
}

/** Where a later incremental listing starts. Opaque to everyone but the connector that made it. */
export type Cursor = string;

/**
 * A walk through one source. `absence` says what it means that an id was not listed. `items` may be walked once; only
 * after its end does `end()` answer. An error in the walk makes the whole listing worthless.
 */
export interface Listing {
  absence: 'vanished' | 'unchanged';
  items: AsyncIterable<readonly Item[]>;
  end(): { counts: Counts; cursor?: Cursor };
}
