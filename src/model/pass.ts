import type { Limits } from './limits.ts';
import type { SourceRules } from './rules.ts';
import type { Mode, Outcome, Trigger } from './words.ts';

/** One run for one source, as plain data: it can be sent to a worker thread. */
export interface PassRequest {
  /** The directory file; for a dry run the private copy that it works on. */
  directory: string;
  source: PassSource;
  /** The name of every source in the configuration: one that the directory has beside them has left it. */
  sources: readonly string[];
  mode: Mode;
  trigger: Trigger;
  /** Who asked for it. */
  actor: string;
  /** What is asked of the provider: everything, the missing by id, or nothing, so that the mirror as it is counts. */
  read: 'full' | 'missing' | 'none';
  /** No incremental listing, whatever is due. */
  full?: boolean;
  /** False works on a private copy, where nobody else is to be waited for. */
  commit: boolean;
  /** How long to wait for whoever holds the source or writes to the directory, in milliseconds. */
  wait: number;
  /** The blocked plan to let happen, and why; only with mode `approve`. */
  approval?: { plan: string; reason: string | null };
  /**
   * The source itself is to go: nothing is wanted of it any more. With read `none`; `onMissing` says whether its accounts
   * are deactivated or deleted.
   */
  removal?: { reason: string | null };
  configSha256: string;
  version: string;
}

/** What a pass needs to know of its source. */
export interface PassSource {
  name: string;
  type: string;
  nestedGroups: 'flatten' | 'direct';
  /** What becomes of an account whose user is gone, or filtered. */
  onMissing: 'deactivate' | 'delete' | 'keep';
  /** False believes an absence without a look-up by id. */
  confirmMissing: boolean;
  /** Milliseconds after which an account that left is deleted; null: never. */
  deleteAfter: number | null;
  limits: Limits;
  /** Milliseconds from one full listing to the next, where the provider can list changes; left out: every one is full. */
  fullEvery?: number;
  /** Filters and transformations; left out where there are none. */
  rules?: SourceRules;
}

/** What a pass did, as plain data. */
export interface PassResult {
  source: string;
  /** The run's number in `directory`, where v1_changes and v1_runs tell the rest. */
  runId: number;
  directory: string;
  outcome: Outcome;
  /** What an operator should know beside the figures; the failure's sentence where it failed. */
  message: string | null;
  /** A stable word for the failure, or null. */
  code: string | null;
  seen: { users: number; groups: number; members: number };
  requests: number;
  problems: number;
  /** The plan that a limit stopped, or null. */
  blocked: BlockedPlan | null;
  /** Milliseconds from start to end. */
  took: number;
}

/** A plan that was stopped, as people are told of it. */
export interface BlockedPlan {
  /** The short id that `rosterd approve` takes. */
  id: string;
  /** Whether an earlier pass was stopped with the same plan. */
  again: boolean;
  /** Since when passes of the source have been stopped: ISO 8601 in UTC. */
  since: string;
  /** One sentence for each limit that is exceeded; it names the key. */
  limits: string[];
  /** What probably lies behind it, likeliest first. */
  causes: string[];
  /** What the plan would take away: a line each, the first few, and how many there are of a kind. */
  removals: { what: string; count: number; examples: string[] }[];
  /** Whether the source itself is to be removed. */
  removal: boolean;
  /** Accounts that the provider says are disabled: done meanwhile. */
  disabled: number;
}
