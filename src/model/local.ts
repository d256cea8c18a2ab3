import type { Limits } from './limits.ts';
import type { Tables } from './rules.ts';
import type { Mode, Trigger } from './words.ts';

/** The name that stands for the directory itself where a source is told: its hand-made accounts, its local groups. */
export const LOCAL = 'local';

/** A group of the directory's own, as the configuration declares it. */
export interface LocalGroup {
  name: string;
  description: string | null;
  /** The expression over accounts that says who is in it. */
  members: string;
}

/** One run of the rules of local groups, as plain data. */
export interface LocalRequest {
  /** The directory file; for a dry run the private copy that it works on. */
  directory: string;
  /** What the configuration declares; what the directory has beside them by rule has left the file. */
  groups: readonly LocalGroup[];
  tables: Tables;
  /** The attributes of accounts beside the standard ones. */
  customAttributes: readonly string[];
  /** What stops an edited rule: the top level's. */
  limits: Pick<Limits, 'removeMembers'>;
  mode: Extract<Mode, 'rules' | 'approve'>;
  trigger: Trigger;
  /** Who asked for it. */
  actor: string;
  /** False works on a private copy, where nobody else is to be waited for. */
  commit: boolean;
  /** Milliseconds to wait for whoever holds the local groups or writes to the directory. */
  wait: number;
  /** The blocked plan to let happen, and why; only with mode `approve`. */
  approval?: { plan: string; reason: string | null };
  configSha256: string;
  version: string;
}
