import type { Mode, Outcome, Trigger } from './words.ts';

/** One run for one source, as plain data: it can be sent to a worker thread. */
export interface PassRequest {
  /** The directory file; for a dry run the private copy that it works on. */
  directory: string;
  source: PassSource;
  mode: Mode;
  trigger: Trigger;
  /** Who asked for it. */
  actor: string;
  /** Where the users and groups come from: the provider, or nowhere, so that the mirror as it is counts. */
  read: 'full' | 'none';
  /** False works on a private copy, where nobody else is to be waited for. */
  commit: boolean;
  /** How long to wait for whoever holds the source or writes to the directory, in milliseconds. */
  wait: number;
  configSha256: string;
  version: string;
}

/** What a pass needs to know of its source. */
export interface PassSource {
  name: string;
  type: string;
  nestedGroups: 'flatten' | 'direct';
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
  /** Milliseconds from start to end. */
  took: number;
}
