import type { Random } from '../random.ts';
import { refuse } from './errors.ts';
import type { TenantObject } from './kinds.ts';

/** What the first request of a delta query fixed: later requests have the token and nothing else. */
export interface Wanted {
  kind: 'user' | 'group';
  /** Null: the properties that are shown unless asked otherwise. */
  select: readonly string[] | null;
  /** Whether members, or the manager, are told of. */
  relation: boolean;
  /** Only these objects; null for all. */
  ids: readonly string[] | null;
}

/** One row to come: an object as it is then, or what is known of its change. */
export interface Row {
  object: TenantObject;
  /** Members or managers to tell of in this row. */
  related: readonly { object: TenantObject; gone: boolean }[];
  /** Set: the row says that the object is gone. */
  removed: 'changed' | 'deleted' | null;
  /** Properties that changed; null: all of them, as the object is new here. */
  changed: ReadonlySet<string> | null;
}

export interface DeltaState {
  wanted: Wanted;
  /** In the middle of an answer: what is still to come, from a place on. Null: nothing, ask for changes. */
  rows: { all: readonly Row[]; at: number; initial: boolean } | null;
  /** Which changes of the tenant's log have been told of, or will have been after the rows. */
  position: number;
}

/** Tokens of delta queries: opaque, and expired seven days after they were handed out. */
export interface DeltaTokens {
  make(state: DeltaState): string;
  /** @returns null when it has expired. Throws when it never was one. */
  read(token: string): DeltaState | null;
  /** Makes every token handed out so far expired. */
  expire(): void;
}

const LIFETIME_MS = 7 * 24 * 3_600_000;

export function deltaTokens(random: Random, now: () => number): DeltaTokens {
  const known = new Map<string, { state: DeltaState | null; made: number }>();
  return {
    make: (state) => {
      const token = Buffer.from(`delta ${random.uuid()} ${random.uuid()}`).toString('base64url');
      known.set(token, { state, made: now() });
      return token;
    },
    read: (token) => {
      const found = known.get(token);
      if (!found) throw refuse.request('Badly formed token.');
      if (now() - found.made >= LIFETIME_MS) found.state = null;
      return found.state;
    },
    expire: () => {
      for (const each of known.values()) each.state = null;
    },
  };
}
